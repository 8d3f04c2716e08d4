import polars as pl
import pytest

from tasks.checks.empty import empty_score, is_empty


@pytest.mark.parametrize(
    ("source", "target", "rejected"),
    [
        ("Good morning", "Guten Morgen", False),
        ("Good morning", "", True),
        ("Good morning", " … !", True),
        ("Good morning", None, True),  # nothing came back
        ("Catch 22", "22", False),
        ("สวัสดี", "\u200b", True),  # a zero-width space is no letter
        ("5 : 3", "", None),  # nothing to translate
        ("", None, None),
        (None, "text", None),
    ],
)
def test_rejects_only_where_there_was_something_to_translate(source, target, rejected):
    score = empty_score(pl.Series([source], dtype=pl.String), pl.Series([target], dtype=pl.String))
    assert is_empty(score).to_list() == [rejected]
