"""Switch: mix two languages in one text by putting the translations of its entities in their places (EntityCS)."""

from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import xxhash

from schemas.languages import Language
from schemas.spans import Span
from tasks.tokens import tokens

OTHER = "other"  # tag of punctuation, digits and symbols, which are of no language


class Switch(NamedTuple):
    """One stretch in the embedded language."""

    start: int  # code points in the switched text, the marker not counted in
    end: int
    source: str  # what stood there
    language: str  # canonical code
    method: str  # entity


class Switched(NamedTuple):
    """A text in two languages."""

    text: str
    spans: list[Span | None]  # the given ones at their new places, in their order; None where one could not stay
    switches: list[Switch]
    tokens: list[str]  # markers are none
    tags: list[str]  # of each token: canonical language code, or other


class _Cut(NamedTuple):
    """A stretch of the text that is replaced, and where its form and the markers around it stand afterwards."""

    start: int
    end: int
    outer: tuple[int, int]  # with markers
    inner: tuple[int, int]


def switch(
    text: str,
    spans: Sequence[Span],
    replacements: Sequence[str | None],
    *,
    matrix: Language,
    embedded: Language,
    rate: float,
    seed: str,
    markers: bool = True,
) -> Switched:
    """The text with some spans replaced, after EntityCS (Whitehouse, Christopoulou, Iacobacci 2022).

    spans: inside the text, none empty. replacements: for each span its form in the embedded language; None or empty where
    it has none. Of spans that overlap only the longest can be replaced; one at the same place as it moves with it, one
    around it stretches, one inside it or across its edge is None.
    rate: share of the replaceable spans that are replaced, each drawn by itself from `seed` (recipe's seed and row id);
    what a low rate replaces, a higher one does too.
    markers: whether a replaced span stands in <xx>...</xx>, xx the embedded language as EntityCS writes it (ISO 639-1,
    else 639-3). A text may hold such marks of its own, so only the offsets of `switches` tell where a switch is.
    """
    name = embedded.iso639_1 or embedded.iso639_3
    opening, closing = (f"<{name}>", f"</{name}>") if markers else ("", "")
    parts: list[str] = []
    cuts: list[_Cut] = []
    switches: list[Switch] = []
    length = done = 0  # of what is written, of what is read
    for i in _replaced(spans, replacements, rate, seed):
        span, form = spans[i], replacements[i] or ""
        begin = length + span.start - done
        start = begin + len(opening)
        end = start + len(form)
        parts += [text[done : span.start], opening, form, closing]
        length, done = end + len(closing), span.end
        cuts.append(_Cut(span.start, span.end, (begin, length), (start, end)))
        switches.append(Switch(start, end, span.of(text), embedded.code, "entity"))
    switched = "".join([*parts, text[done:]])
    tagged = list(_tagged(switched, cuts, matrix, embedded))
    return Switched(
        switched,
        [_moved(span, cuts) for span in spans],
        switches,
        [token for token, _ in tagged],
        [tag for _, tag in tagged],
    )


def _replaced(spans: Sequence[Span], replacements: Sequence[str | None], rate: float, seed: str) -> list[int]:
    """Which spans are replaced, in the order of the text; they do not overlap."""
    able = [i for i, form in enumerate(replacements) if form]
    able.sort(key=lambda i: (spans[i].start - spans[i].end, spans[i].start))  # longest first, then from the left, then as given
    chosen: list[tuple[int, int, int]] = []  # start, end, which; in the order of the text and apart from one another
    for i in able:
        span = spans[i]
        at = bisect(chosen, (span.start, span.end, i))
        if (at == 0 or chosen[at - 1][1] <= span.start) and (at == len(chosen) or chosen[at][0] >= span.end):
            chosen.insert(at, (span.start, span.end, i))
    return [i for *_, i in chosen if _draw(seed, i) < rate]


def _draw(seed: str, index: int) -> float:
    """A number in [0, 1): the upper 53 bits, all that a float holds, so that it never rounds to 1."""
    return float(xxhash.xxh3_64_intdigest(f"{seed}\0{index}".encode("utf-8", "surrogatepass")) >> 11) * 2.0**-53


def _moved(span: Span, cuts: Sequence[_Cut]) -> Span | None:
    """The span in the switched text; None if a cut took a part of it."""
    at = bisect(cuts, span.start, key=_end)
    if at < len(cuts) and (cuts[at].start, cuts[at].end) == (span.start, span.end):
        return replace(span, start=cuts[at].inner[0], end=cuts[at].inner[1])
    start, end = _edge(span.start, cuts), _edge(span.end, cuts)
    return None if start is None or end is None else replace(span, start=start, end=end)


def _edge(place: int, cuts: Sequence[_Cut]) -> int | None:
    """A place between two letters of the text in the switched text; None inside a cut."""
    done = bisect(cuts, place, key=_end)
    if done < len(cuts) and cuts[done].start < place:
        return None
    return place + (cuts[done - 1].outer[1] - cuts[done - 1].end if done else 0)


def _end(cut: _Cut) -> int:
    return cut.end


def _tagged(switched: str, cuts: Sequence[_Cut], matrix: Language, embedded: Language) -> Iterator[tuple[str, str]]:
    """Every token and its tag; none reaches over a switch point."""
    done = 0
    for cut in cuts:
        yield from _tags(switched[done : cut.outer[0]], matrix)
        yield from _tags(switched[slice(*cut.inner)], embedded)
        done = cut.outer[1]
    yield from _tags(switched[done:], matrix)


def _tags(text: str, language: Language) -> Iterator[tuple[str, str]]:
    for start, end in tokens(text, language):
        token = text[start:end]
        yield token, language.code if any(map(str.isalpha, token)) else OTHER
