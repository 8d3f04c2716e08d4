import polars as pl
import pytest

from tasks.checks.truncated import is_truncated, truncated_score


@pytest.mark.parametrize(
    ("columns", "rejected"),
    [
        ({"target": ["a", "b"], "truncated": [True, False]}, [True, False]),
        ({"target": ["a", "b"], "truncated": [None, True]}, [False, True]),
        ({"target": ["a", "b"]}, [False, False]),  # an engine that says nothing
    ],
)
def test_takes_the_engine_at_its_word(columns, rejected):
    assert is_truncated(truncated_score(pl.DataFrame(columns))).to_list() == rejected
