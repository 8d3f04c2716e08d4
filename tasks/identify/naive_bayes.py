"""Naive Bayes over byte n-grams, as langid does it (Lui and Baldwin 2012), for many texts at once.

The n-grams that a model knows form an automaton over bytes. All texts walk through it side by side, a byte of each at
a time, so that NumPy works on a column of them: half the time of text by text for 2 to 13 languages, two thirds for
123. No sum is left to BLAS, whose threads may change its last digits.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

AT_ONCE = 256  # texts of about one length


class Automaton(NamedTuple):
    """From state and byte to the next state, and which n-gram ends there."""

    moves: NDArray[np.uint32]  # rows of 256 states
    row: NDArray[np.int64]  # of each state, in moves
    output: NDArray[np.int64]  # of each state: number of the n-gram, or -1


def log_posteriors(
    texts: Sequence[bytes], automaton: Automaton, weights: NDArray[np.float16], prior: NDArray[np.float32]
) -> NDArray[np.float64]:
    """A row for each text and a column for each language, up to a constant a text; NaN for a text without known n-grams.

    weights: log-probability of each n-gram (row) in each language (column). prior: log-probability of each language.
    """
    found = np.full((len(texts), len(prior)), np.nan)
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]), reverse=True)
    for start in range(0, len(order), AT_ONCE):
        slab = order[start : start + AT_ONCE]
        places, counts = np.unique(_visits([texts[i] for i in slab], automaton, len(weights)), return_counts=True)
        rows, starts = np.unique(places // len(weights), return_index=True)
        times = np.log1p(counts).astype(np.float32)
        for row, first, last in zip(rows, starts, np.append(starts, len(places))[1:], strict=True):
            ngrams = weights[places[first:last] % len(weights)].astype(np.float32)
            found[slab[row]] = np.einsum("i,ij->j", times[first:last], ngrams) + prior
    return found


def _visits(texts: list[bytes], automaton: Automaton, size: int) -> NDArray[np.int64]:
    """Number of the text times `size`, plus number of the n-gram, for each n-gram in each text; longest text first."""
    width = len(texts[0])
    columns = np.frombuffer(b"".join(text.ljust(width, b"\0") for text in texts), np.uint8).reshape(len(texts), width).T
    alive = len(texts) - np.searchsorted([len(text) for text in reversed(texts)], np.arange(width), side="right")
    base = np.arange(len(texts)) * size
    state = np.zeros(len(texts), np.uint32)
    visits = [np.empty(0, np.int64)]
    for column, longer in zip(np.ascontiguousarray(columns), alive, strict=True):
        state = automaton.moves[(automaton.row[state[:longer]] << 8) + column[:longer]]
        ngram = automaton.output[state]
        visits.append((base[:longer] + ngram)[ngram >= 0])
    return np.concatenate(visits)
