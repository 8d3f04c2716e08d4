import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.seen import Seen


@pytest.mark.parametrize(
    ("calls", "again"),
    [
        ([["a", "b", "a"]], [[False, False, True]]),
        ([["a"], ["b", "a"], ["b"]], [[False], [False, True], [True]]),
        ([[1], ["1"]], [[False], [True]]),  # as ids they are written alike
        ([[], ["a"], []], [[], [False], []]),
    ],
)
def test_what_came_before(calls, again):
    seen = Seen()
    assert [seen.add(values) for values in calls] == again


def test_groups_do_not_mix():
    seen = Seen()
    assert [seen.add(["a"], group) for group in ("train", "test", "train")] == [[False], [False], [True]]


@given(st.lists(st.lists(st.integers(0, 60))))
def test_it_says_what_a_set_would_say(calls):
    seen, known = Seen(), set()
    for values in calls:
        expected = []
        for value in values:
            expected.append(value in known)
            known.add(value)
        assert seen.add(values) == expected


def test_a_value_takes_16_bytes():
    seen = Seen()
    for start in range(0, 50_000, 500):
        seen.add(range(start, start + 500))
    assert sum(run.nbytes for run in seen._runs) == 50_000 * 16
    assert len(seen._runs) <= 8
