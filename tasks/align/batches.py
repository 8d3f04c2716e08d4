"""Batches: pairs of about the same length side by side in one array, so that numpy works on many at once."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from tasks.align.hmm import Floats, Ids

STEP = 4  # lengths are rounded up to a multiple of it
CELLS = 400_000  # source x target x pairs of a batch: about 20 MB while it is in work


class Batch(NamedTuple):
    """Some pairs of the same rounded lengths. Ids are above 0; 0 fills up."""

    rows: list[int]  # which pairs
    source: Ids  # [pairs, source tokens]
    target: Ids  # [pairs, target tokens]

    @property
    def alive(self) -> tuple[Floats, Floats]:
        """1 where there is a token, of source and target."""
        return (self.source > 0).astype(np.float32), (self.target > 0).astype(np.float32)


def batches(pairs: Sequence[tuple[Sequence[int], Sequence[int]]]) -> Iterator[Batch]:
    """The pairs that have tokens on both sides, each in one batch. What a pair is filled up to depends on it alone."""
    groups: dict[tuple[int, int], list[int]] = {}
    for row, (source, target) in enumerate(pairs):
        if source and target:
            groups.setdefault((-(-len(source) // STEP) * STEP, -(-len(target) // STEP) * STEP), []).append(row)
    for (ours, theirs), rows in sorted(groups.items()):
        size = max(1, CELLS // (ours * theirs))
        for start in range(0, len(rows), size):
            some = rows[start : start + size]
            yield Batch(some, _filled([pairs[row][0] for row in some], ours), _filled([pairs[row][1] for row in some], theirs))


def _filled(lines: Sequence[Sequence[int]], length: int) -> Ids:
    filled = np.zeros((len(lines), length), np.int64)
    for row, line in enumerate(lines):
        filled[row, : len(line)] = line
    return filled
