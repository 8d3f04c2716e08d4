"""CoNLL: spans as the tags of tokens, one token a line (Ramshaw and Marcus 1995; Tjong Kim Sang and De Meulder 2003)."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple, get_args

from schemas.errors import SourceError
from schemas.spans import Span

Bounds = tuple[int, int]  # of a token: code points, [start, end)
Scheme = Literal["BIO", "BIOES", "BILOU", "IOB1"]
LETTERS: dict[Scheme, str] = {"BIO": "BIIB", "BIOES": "BIES", "BILOU": "BILU", "IOB1": "IIII"}  # first, middle, last, only
TAG = re.compile(r"O|[BIELSU](-\S.*)?")


class Sentence(NamedTuple):
    """Consecutive token lines of a file."""

    line: int  # of the first token, from 1
    tokens: list[str]
    tags: list[str]
    lines: list[str]  # as they stand, without line ends; of the tokens alone
    fault: tuple[int, str] | None = None  # line, and why the sentence cannot be used


def sentences(lines: Iterable[tuple[int, str, str | None]], token: int = 0, tag: int = -1) -> Iterator[Sentence]:
    """The sentences of a file, between blank lines, -DOCSTART- lines and comments (which stand before a sentence).

    lines: number, text, and why the line cannot be read, if so. Columns are cut at tabs where a line has one, else at spaces.
    """
    part: list[tuple[int, str, str | None]] = []
    for number, line, unread in lines:
        columns = cut(line)
        if unread is None and (not columns or columns[0].startswith("-DOCSTART-") or (not part and _comment(line, columns, tag))):
            if part:
                yield _sentence(part, token, tag)
            part = []
        else:
            part.append((number, line, unread))
    if part:
        yield _sentence(part, token, tag)


def cut(line: str) -> list[str]:
    """The columns of a line, none of a blank one."""
    if not line.strip(" \t\r"):
        return []
    return line.removesuffix("\r").split("\t") if "\t" in line else [c for c in line.removesuffix("\r").split(" ") if c]


def _comment(line: str, columns: list[str], tag: int) -> bool:
    """A line that begins with # and is no token: `# key = value`, or one without a tag where tags stand."""
    return line.startswith("#") and (" = " in line or not TAG.fullmatch(_at(columns, tag) or ""))


def _at(columns: list[str], index: int) -> str | None:
    return columns[index] if -len(columns) <= index < len(columns) else None


def _sentence(part: list[tuple[int, str, str | None]], token: int, tag: int) -> Sentence:
    rows = [cut(line) for _, line, _ in part]
    fault = None
    for (number, _, unread), columns in zip(part, rows, strict=True):
        fault = fault or ((number, reason) if (reason := unread or _fault(columns, rows[0], token, tag)) else None)
    tokens = [_at(columns, token) or "" for columns in rows]
    tags = [_at(columns, tag) or "" for columns in rows]
    return Sentence(part[0][0], tokens, tags, [line for _, line, _ in part], fault)


def _fault(columns: list[str], first: list[str], token: int, tag: int) -> str | None:
    word, mark = _at(columns, token), _at(columns, tag)
    if len(columns) < 2 or word is None or mark is None:
        return f"{len(columns)} columns; a token and its tag are needed"
    if len(columns) != len(first):
        return f"{len(columns)} columns, but {len(first)} at the start of the sentence"
    if not word:
        return "an empty token"
    if not TAG.fullmatch(mark):
        return f"tag {mark!r} is neither O nor B, I, E, L, S or U with a label (B-PER)"
    return None


def joined(tokens: Sequence[str]) -> tuple[str, list[Bounds]]:
    """The tokens with a space between each two, and where they stand."""
    bounds = []
    at = 0
    for token in tokens:
        bounds.append((at, at + len(token)))
        at += len(token) + 1
    return " ".join(tokens), bounds


def decode(tags: Sequence[str], bounds: Sequence[Bounds]) -> list[Span]:
    """The spans that tags of any scheme say, repaired as conlleval does: where none can go on, I or E begins one."""
    spans: list[Span] = []
    going = False
    for tag, (start, end) in zip(tags, bounds, strict=True):
        letter, _, label = tag.partition("-")
        if letter == "O":
            going = False
            continue
        if going and letter in "IEL" and label == spans[-1].label:
            spans[-1] = Span(spans[-1].start, end, label, None, spans[-1].group)
        else:
            spans.append(Span(start, end, label, None, len(spans)))
        going = letter in "BI"
    return spans


class Encoded(NamedTuple):
    """Tags of tokens."""

    tags: list[str]
    left_out: list[Span]  # what tags cannot say: it shares a token with a longer span, or has none


def encode(spans: Sequence[Span], bounds: Sequence[Bounds], scheme: Scheme = "BIO") -> Encoded:
    """The tags of tokens. A token that a span touches is its own; of spans that share one the longest stays, then the first.

    bounds: of the tokens, in order and apart from one another.
    """
    starts, ends = [start for start, _ in bounds], [end for _, end in bounds]
    owners: list[int | None] = [None] * len(bounds)
    left_out = []
    for number in sorted(range(len(spans)), key=lambda i: (spans[i].start - spans[i].end, spans[i].start, i)):
        span = spans[number]
        first, last = bisect_right(ends, span.start), bisect_left(starts, span.end)
        if first >= last or any(owner is not None for owner in owners[first:last]):
            left_out.append(number)
        else:
            owners[first:last] = [number] * (last - first)
    labels = [None if owner is None else spans[owner].label for owner in owners]
    around = [None, *owners, None]
    tags = [
        "O" if owner is None else _tag(scheme, owner != around[i], owner != around[i + 2], labels[i], i > 0 and labels[i - 1] == labels[i])
        for i, owner in enumerate(owners)
    ]
    return Encoded(tags, [spans[i] for i in sorted(left_out)])


def _tag(scheme: Scheme, first: bool, last: bool, label: str | None, touches: bool) -> str:
    """touches: whether the token before has the same label; IOB1 needs a B only there."""
    letter = "B" if scheme == "IOB1" and first and touches else LETTERS[scheme][3 if first and last else 0 if first else 2 if last else 1]
    return f"{letter}-{label}" if label else letter


def recoded(tags: Sequence[str], scheme: Scheme) -> list[str]:
    """The tags in another scheme; a label of its own for each span, so none is left out."""
    bounds = [(i, i + 1) for i in range(len(tags))]
    return encode(decode(tags, bounds), bounds, scheme).tags


def repaired(tags: Sequence[str], scheme: Scheme) -> int:
    """How many tags are not as the scheme would have them, of the spans that `decode` sees."""
    return sum(given != right for given, right in zip(tags, recoded(tags, scheme), strict=True))


def scheme_of(tagged: Iterable[Sequence[str]]) -> Scheme:
    """The scheme of a file: the one with the fewest repairs, BIO before others."""
    totals: dict[Scheme, int] = dict.fromkeys(get_args(Scheme), 0)
    for tags in tagged:
        for scheme in totals:
            totals[scheme] += repaired(tags, scheme)
    return min(totals, key=lambda scheme: totals[scheme])


def tagged(
    text: str, spans: Sequence[Span], tokens: Callable[[str], Sequence[Bounds]], scheme: Scheme = "BIO"
) -> tuple[list[str], Encoded]:
    """The tokens and tags of a text. tokens: finds the bounds of its tokens (tasks.tokens for a language)."""
    bounds = tokens(text)
    assert all(a[1] <= b[0] for a, b in pairwise(bounds)), "tokens overlap"
    return [text[start:end] for start, end in bounds], encode(spans, bounds, scheme)


def dumps(tagged: Iterable[tuple[Sequence[str], Sequence[str]]], separator: str = "\t") -> str:
    """A file of sentences (tokens, tags), a blank line after each. Raises SourceError for what would add a column or line."""
    parts = []
    for tokens, tags in tagged:
        for word in (*tokens, *tags):
            if not word or separator in word or "\n" in word or (separator == " " and "\t" in word):
                raise SourceError(f"{word!r} cannot stand in a column of CoNLL that ends with {separator!r}. Mend the token or label.")
        parts.append("".join(f"{token}{separator}{tag}\n" for token, tag in zip(tokens, tags, strict=True)) + "\n")
    return "".join(parts)


def retagged(content: str, change: Callable[[Sentence], Sequence[str]], token: int = 0, tag: int = -1) -> str:
    """A file whose tags alone are changed: other columns, comments, blank lines and line ends stay. Faulty sentences too."""
    lines = content.split("\n")
    for sentence in sentences(((i, line, None) for i, line in enumerate(lines)), token, tag):
        if sentence.fault is None:
            for i, new in enumerate(change(sentence), sentence.line):
                lines[i] = _replaced(lines[i], tag, new)
    return "\n".join(lines)


def _replaced(line: str, tag: int, new: str) -> str:
    body = line.removesuffix("\r")
    columns = [m.span() for m in re.finditer("[^\t]*" if "\t" in body else "[^ ]+", body)]
    if "\t" in body:  # an empty match follows each column that has letters
        columns = [span for i, span in enumerate(columns) if i == 0 or span[0] > columns[i - 1][1]]
    start, end = columns[tag]
    return line[:start] + new + line[end:]
