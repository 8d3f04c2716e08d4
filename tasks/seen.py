"""Seen: which values came before, at 16 bytes a value whatever their length."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import xxhash
from numpy.typing import NDArray

Digests = NDArray[np.uint64]
"""xxh3-128 as two columns, its halves."""


class Seen:
    """The digests of all values so far, in sorted runs.

    A run is merged with the one before it while it is half as long or longer, so that there are few of them and each
    digest is moved few times (O'Neil et al. 1996, The log-structured merge-tree). A Python set takes 100 bytes a value.
    """

    def __init__(self) -> None:
        self._runs: list[Digests] = []

    def add(self, values: Sequence[object], group: str = "") -> list[bool]:
        """Whether each value came before in its group, in this call or in an earlier one. All have come from now on."""
        digests = [xxhash.xxh3_128_digest(f"{group}\0{value}".encode()) for value in values]
        first = pl.Series(digests, dtype=pl.Binary).is_first_distinct().to_numpy()
        run = np.frombuffer(b"".join(digests), np.uint64).reshape(-1, 2)
        again = ~first
        for old in self._runs:
            again |= _in(old, run)
        self._keep(run[~again])
        return [bool(value) for value in again]

    def _keep(self, run: Digests) -> None:
        if not len(run):
            return
        run = _sorted(run)
        while self._runs and len(run) * 2 >= len(self._runs[-1]):
            run = _sorted(np.concatenate([self._runs.pop(), run]))
        self._runs.append(run)


def _sorted(run: Digests) -> Digests:
    return run[np.argsort(run[:, 0], kind="stable")]


def _in(old: Digests, digests: Digests) -> NDArray[np.bool_]:
    """Which digests a run has; it holds no two with the same first half (of a million values: 3e-8)."""
    at = np.minimum(np.searchsorted(old[:, 0], digests[:, 0]), len(old) - 1)
    return np.asarray((old[at] == digests).all(axis=1))
