"""Align: which words of a sentence its translation renders where. An aligner is anything that satisfies `Aligner`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Bounds = tuple[int, int]  # code points, [start, end)


@dataclass(frozen=True)
class Alignment:
    """The links between the tokens of a sentence and those of its translation."""

    source: list[Bounds]
    target: list[Bounds]
    weights: NDArray[np.float32]
    """[source tokens, target tokens], 0 to 1: how sure the link is, after both directions were put together."""


class Aligner(Protocol):
    """Aligns pairs of sentences; safe to call from several threads."""

    name: str

    def align(self, pairs: Sequence[tuple[str, str]]) -> list[Alignment]:
        """One alignment per (sentence, translation), in their order; empty texts have no tokens."""
