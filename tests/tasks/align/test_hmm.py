"""The forward-backward sums against the same model counted out path by path."""

from itertools import product

import numpy as np
import pytest

from tasks.align.hmm import NONE, REACH, learnt_jumps, posteriors, start_jumps


def counted_out(words: np.ndarray, none: np.ndarray, jumps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Posteriors and expected jumps of one pair, from the probability of every path."""
    length, origins = words.shape
    found, counts, total = np.zeros((length, origins)), np.zeros(2 * REACH + 1), 0.0
    for path in product(range(-1, origins), repeat=length):  # -1: from none
        place, chance, taken = 0, 1.0, []
        for j, origin in enumerate(path):
            if origin < 0:
                chance *= NONE * none[j]
                continue
            reach = {k: jumps[np.clip(k - place, -REACH, REACH) + REACH] for k in range(1, origins + 1)}
            taken.append(int(np.clip(origin + 1 - place, -REACH, REACH)) + REACH)
            chance *= (1 - NONE) * reach[origin + 1] / sum(reach.values()) * words[j, origin]
            place = origin + 1
        total += chance
        for j, origin in enumerate(path):
            if origin >= 0:
                found[j, origin] += chance
        for jump in taken:
            counts[jump] += chance
    return found / total, counts / total


@pytest.mark.parametrize(("length", "origins"), [(1, 1), (1, 3), (4, 1), (3, 4), (5, 3)])
def test_posteriors_are_those_of_all_paths(length: int, origins: int) -> None:
    rng = np.random.default_rng(length * 10 + origins)
    words, none = rng.random((1, 5, 4), np.float32), rng.random((1, 5), np.float32)
    states, steps = np.zeros((1, 4), np.float32), np.zeros((1, 5), np.float32)
    states[0, :origins], steps[0, :length] = 1, 1
    found, counts = posteriors(words, none, states, steps, start_jumps())
    expected, jumps = counted_out(words[0, :length, :origins], none[0], start_jumps())
    assert found[0, :length, :origins] == pytest.approx(expected, abs=1e-5)
    assert counts == pytest.approx(jumps, abs=1e-5)
    assert not found[0, length:].any()  # what fills up
    assert not found[0, :, origins:].any()


def test_words_that_nothing_explains_come_from_none() -> None:
    words = np.full((1, 200, 200), 1e-12, np.float32)
    found, _ = posteriors(words, np.full((1, 200), 0.01, np.float32), *(np.ones((1, 200), np.float32),) * 2, start_jumps())
    assert np.isfinite(found).all()
    assert found.sum() < 1


def test_jumps_nobody_made_stay_possible() -> None:
    counts = np.zeros(2 * REACH + 1)
    counts[REACH + 1] = 1000
    assert learnt_jumps(counts).min() > 0.005
    assert learnt_jumps(np.zeros(2 * REACH + 1)).min() > 0
