"""Pieces: which sentences of a text and of its translation belong together, where nobody has kept account (Gale & Church 1993)."""

import re
from collections.abc import Mapping, Sequence
from itertools import accumulate

from schemas.languages import Language
from tasks.align import Bounds
from tasks.project import Piece
from tasks.segment import sentences

SPREAD = 6.8  # variance of the length of a translation for each code point (Gale & Church)
SENTENCES = {(1, 1): 0.0, (1, 2): 2.0, (2, 1): 2.0, (2, 2): 4.0, (1, 3): 3.5, (3, 1): 3.5}  # put together -> what it costs
UNMARKED = {"Thai", "Laoo"}  # scripts without a sentence mark: what stands between spaces is put together to the source's sentences
PHRASES = {(1, count): 0.0 for count in range(1, 16)}
MOST = 400  # sentences of a text; longer ones stay in one piece


def pieces(source: str, target: str, source_language: Language, target_language: Language) -> list[Piece]:
    """A text and its translation cut into pieces of a few sentences, in order, by their lengths.

    As many sentences on both sides are paired one to one. Where no pairing covers both texts they stay whole.
    """
    ours, theirs, merges = _bounds(source, source_language), _bounds(target, target_language), SENTENCES
    if target_language.script in UNMARKED and len(ours) != len(theirs):
        theirs, merges = [match.span() for match in re.finditer(r"\S+", target)], PHRASES
    if len(ours) == len(theirs):
        pairs = [(i, i + 1, i, i + 1) for i in range(len(ours))]
    else:
        pairs = _paired([b - a for a, b in ours], [b - a for a, b in theirs], merges) if 0 < max(len(ours), len(theirs)) <= MOST else []
    found = []
    for a, b, c, d in pairs:
        start, begin = ours[a][0], theirs[c][0]
        found.append(Piece(start, source[start : ours[b - 1][1]], begin, target[begin : theirs[d - 1][1]]))
    return found or [Piece(0, source, 0, target)]


def _bounds(text: str, language: Language) -> list[Bounds]:
    """Where each sentence stands, code points."""
    bounds, at = [], 0
    for sentence, separator in sentences(text, language):
        if sentence:
            bounds.append((at, at + len(sentence)))
        at += len(sentence) + len(separator)
    return bounds


def _paired(ours: Sequence[int], theirs: Sequence[int], merges: Mapping[tuple[int, int], float]) -> list[tuple[int, int, int, int]]:
    """The cheapest way to go through sentences of these lengths; empty where `merges` do not suffice."""
    before, behind = [0, *accumulate(ours)], [0, *accumulate(theirs)]
    ratio = behind[-1] / max(before[-1], 1)
    best: dict[tuple[int, int], tuple[float, tuple[int, int]]] = {(0, 0): (0.0, (0, 0))}
    for i in range(len(before)):
        for j in range(len(behind)):
            if (i, j) not in best:
                continue
            for (x, y), cost in merges.items():
                if i + x >= len(before) or j + y >= len(behind):
                    continue
                wanted, there = (before[i + x] - before[i]) * ratio, behind[j + y] - behind[j]
                total = best[i, j][0] + cost + (wanted - there) ** 2 / (SPREAD * (wanted + there) + 2)
                if (i + x, j + y) not in best or total < best[i + x, j + y][0]:
                    best[i + x, j + y] = total, (i, j)
    steps, at = [], (len(ours), len(theirs))
    while at in best and at != (0, 0):
        last = best[at][1]
        steps.append((last[0], at[0], last[1], at[1]))
        at = last
    return steps[::-1]
