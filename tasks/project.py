"""Project: carry the spans of a text over to its translation, occurrence by occurrence, along an alignment."""

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.spans import Projected, Span
from tasks.align import Alignment

FLOOR = 0.05  # of a link's weight, and of a place's score: below it there is no link
EDGES = 64  # first and last words that a place may begin and end with; keeps long spans fast
COPIED = 0.9  # how sure a name or number is that stands in the translation as it is

Place = tuple[float, int, int, str]  # score, code points in the piece's target, method


class Piece(NamedTuple):
    """A sentence of a field and its translation, and where both begin in their field (code points)."""

    source_start: int
    source: str
    target_start: int
    target: str


def project(spans: Sequence[Span], pieces: Sequence[Piece], alignments: Sequence[Alignment], method: str) -> list[Projected]:
    """What became of each span, in their order. Links never cross a sentence; a span over two sentences is dropped.

    spans: of the source field, each inside it. pieces: its sentences in order, an alignment for each.
    A place is the run of target tokens that holds most of the span's links and least of other words' (the best F-measure
    of link weights). Where spans that lie apart in the source want the same words, the surest has them. Reasons for
    dropping: "no text", "crosses sentences", "empty translation", "no link", "taken".
    """
    starts = [piece.source_start for piece in pieces]
    ends = [piece.source_start + len(piece.source) for piece in pieces]
    found: list[Projected | None] = [None] * len(spans)
    of_piece: dict[int, list[int]] = {}
    for number, span in enumerate(spans):
        first, last = bisect_right(ends, span.start), bisect_left(starts, span.end) - 1
        if first > last:
            found[number] = _dropped("no text")
        elif first < last:
            found[number] = _dropped("crosses sentences")
        elif not pieces[first].target.strip():
            found[number] = _dropped("empty translation")
        else:
            of_piece.setdefault(first, []).append(number)
    for at, numbers in of_piece.items():
        piece = pieces[at]
        inside = [(max(spans[n].start - piece.source_start, 0), min(spans[n].end - piece.source_start, len(piece.source))) for n in numbers]
        for number, place in zip(numbers, _places(inside, piece, alignments[at], method), strict=True):
            if isinstance(place, str):
                found[number] = _dropped(place)
            else:
                score, start, end, how = place
                moved = replace(spans[number], start=piece.target_start + start, end=piece.target_start + end)
                found[number] = Projected(moved, round(score, 2), how, None)
    return [one for one in found if one is not None]


def _dropped(reason: str) -> Projected:
    return Projected(None, None, None, reason)


def _places(spans: Sequence[tuple[int, int]], piece: Piece, alignment: Alignment, method: str) -> list[Place | str]:
    """For each span of a piece its place, or why it has none."""
    field = _Field(piece, alignment, method)
    free = np.zeros(len(alignment.target), bool)
    wanted = {number: place for number, span in enumerate(spans) if (place := field.best(span, free))}
    places: list[Place | str] = ["no link"] * len(spans)
    for number in sorted(wanted, key=lambda number: (-wanted[number][0], spans[number], number)):  # the surest first
        places[number] = field.take(spans[number], wanted[number]) or "taken"
    return places


class _Field:
    """The words of one translated sentence, and which spans have them already."""

    def __init__(self, piece: Piece, alignment: Alignment, method: str) -> None:
        self.piece, self.method = piece, method
        self.source, self.target = alignment.source, alignment.target
        self.weights = alignment.weights.astype(np.float64)
        self.totals = np.concatenate([[0.0], np.cumsum(self.weights.sum(axis=0))])
        self.starts, self.ends = [a for a, _ in self.source], [b for _, b in self.source]
        self.target_starts, self.target_ends = [a for a, _ in self.target], [b for _, b in self.target]
        self.words = np.array([_is_word(piece.target[a]) for a in self.target_starts], bool)
        self.first_end = np.full(len(self.target), len(piece.source) + 1)  # of the spans that have a word, the first end
        self.last_start = np.full(len(self.target), -1)  # and the last start

    def best(self, span: tuple[int, int], barred: NDArray[np.bool_]) -> Place | None:
        """The best place of a span, without the barred words; None if no link is above FLOOR."""
        places = [place for place in (self._copied(span, barred), self._linked(span, barred)) if place]
        return max(places, key=lambda place: place[0], default=None)

    def take(self, span: tuple[int, int], place: Place) -> Place | None:
        """The place, or the next best if spans that lie apart from this one have some of its words."""
        barred = (self.first_end <= span[0]) | (self.last_start >= span[1])
        if barred[self._covered(place)].any():
            again = self.best(span, barred)
            if again is None:
                return None
            place = again
        covered = self._covered(place)
        self.first_end[covered] = np.minimum(self.first_end[covered], span[1])
        self.last_start[covered] = np.maximum(self.last_start[covered], span[0])
        return place

    def _covered(self, place: Place) -> slice:
        return slice(bisect_right(self.target_ends, place[1]), bisect_left(self.target_starts, place[2]))

    def _linked(self, span: tuple[int, int], barred: NDArray[np.bool_]) -> Place | None:
        rows = self.weights[bisect_right(self.ends, span[0]) : bisect_left(self.starts, span[1])]
        if not rows.size:
            return None
        links = rows.sum(axis=0)
        linked = (links >= FLOOR) & ~barred
        first, last = (_is_word(self.piece.source[at]) for at in (span[0], span[1] - 1))
        begin = np.flatnonzero(linked & self.words if first else linked)[:EDGES]
        end = np.flatnonzero(linked & self.words if last else linked)[-EDGES:]
        if not begin.size or not end.size:
            return None
        sums = np.concatenate([[0.0], np.cumsum(links)])
        bars = np.concatenate([[0], np.cumsum(barred)])
        held = sums[end + 1][None, :] - sums[begin][:, None]
        all_there = self.totals[end + 1][None, :] - self.totals[begin][:, None]
        allowed = (end[None, :] >= begin[:, None]) & (bars[end + 1][None, :] == bars[begin][:, None])
        measure = np.where(allowed, 2 * held / (sums[-1] + all_there + 1e-9), 0).round(6)
        start, stop = np.unravel_index(int(measure.argmax()), measure.shape)
        run = slice(int(begin[start]), int(end[stop]) + 1)
        score = float(measure[start, stop]) * float(rows[:, run].max(initial=0))
        if score < FLOOR:
            return None
        return score, self.target[run.start][0], self.target[run.stop - 1][1], self.method

    def _copied(self, span: tuple[int, int], barred: NDArray[np.bool_]) -> Place | None:
        """Where the surface form stands, if source and target have it equally often: the n-th is the n-th."""
        surface = self.piece.source[span[0] : span[1]]
        theirs = _occurrences(surface, self.piece.target, set(self.target_starts), set(self.target_ends))
        if not theirs:
            return None
        ours = _occurrences(surface, self.piece.source, set(self.starts), set(self.ends))
        if len(ours) != len(theirs) or span[0] not in ours:
            return None
        start = theirs[ours.index(span[0])]
        place = (COPIED, start, start + len(surface), "copy")
        return None if barred[self._covered(place)].any() else place


def _occurrences(surface: str, text: str, starts: set[int], ends: set[int]) -> list[int]:
    """Where a surface form stands as whole tokens, one after the other."""
    places, at = [], text.find(surface)
    while at >= 0:
        whole = at in starts and at + len(surface) in ends
        if whole:
            places.append(at)
        at = text.find(surface, at + (len(surface) if whole else 1))
    return places


def _is_word(letter: str) -> bool:
    """Whether a token that begins so is a word, a number or a symbol, and no punctuation mark."""
    return unicodedata.category(letter)[0] != "P"
