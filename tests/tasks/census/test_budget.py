import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.census.budget import Budget


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


@given(st.integers(1, 8), st.lists(st.floats(0, 30), min_size=1, max_size=60), st.lists(st.floats(0, 20), max_size=8))
def test_no_stretch_of_a_window_has_more_calls(calls, pauses, spent):
    clock = Clock()
    spent = spent[:calls]
    made = sorted(clock.now - ago for ago in spent)
    budget = Budget(calls, 10, spent=spent, clock=clock, sleep=clock.sleep)
    for pause in pauses:
        clock.now += pause
        budget.take()
        made.append(clock.now)
    assert all(later - earlier >= 10 - 1e-6 for earlier, later in zip(made, made[calls:], strict=False))
    assert budget.made == len(pauses)


def test_calls_within_the_budget_do_not_wait():
    clock = Clock()
    budget = Budget(500, clock=clock, sleep=clock.sleep)
    for _ in range(500):
        budget.take()
    assert clock.now == 1000
    budget.take()
    assert clock.now == 1300


@pytest.mark.parametrize(
    ("headers", "calls", "waits"),
    [
        ({"RateLimit": '"api";r=0;t=55'}, 1, 56),
        ({"RateLimit": '"api";r=1;t=55'}, 1, 0),
        ({"RateLimit-Policy": '"fixed window";"api";q=2;w=60'}, 3, 60),  # below ours: obeyed
        ({"RateLimit-Policy": '"fixed window";"api";q=1000;w=300'}, 10, 0),
        ({"RateLimit-Policy": '"fixed window";"api";q=1000;w=300'}, 11, 300),  # above ours: ours holds
        ({"RateLimit": "nonsense"}, 1, 0),
    ],
)
def test_the_server_is_heard(headers, calls, waits):
    clock = Clock()
    budget = Budget(10, clock=clock, sleep=clock.sleep)
    budget.heard(headers)
    for _ in range(calls):
        budget.take()
    assert clock.now == 1000 + waits
