import polars as pl
import pytest

from tasks.checks.loop import beyond_source, is_loop, loop_score


@pytest.mark.parametrize(
    ("text", "spaced", "rejected"),
    [
        ("the minister said on Monday that the plan was good", True, False),
        ("I am so sorry " * 3, True, True),
        ("very very very good", True, False),  # emphasis, shorter than an n-gram's repeats
        ("我非常非常抱歉我现在就要回家了" * 3, False, True),
        ("", True, False),
        (None, True, None),
    ],
)
def test_rejects_only_what_repeats(text, spaced, rejected):
    score = loop_score(pl.Series([text], dtype=pl.String), spaced=spaced)
    assert is_loop(score).to_list() == [rejected]


@pytest.mark.parametrize(
    ("source", "target", "rejected"),
    [
        ("You are not alone my friend. " * 3, "Du bist nicht allein mein Freund. " * 3, False),  # a chorus
        ("You are not alone my friend. " * 3, "Du bist nicht allein mein Freund. " * 9, True),
        ("You are not alone.", "Du bist nicht allein. " * 3, True),
        ("", "Du bist nicht allein. " * 3, True),
        ("You are not alone.", None, None),
    ],
)
def test_what_the_source_repeats_may_be_repeated(source, target, rejected):
    ours, theirs = (loop_score(pl.Series([text], dtype=pl.String), spaced=True) for text in (target, source))
    assert is_loop(beyond_source(ours, theirs)).to_list() == [rejected]


@pytest.mark.parametrize(
    ("text", "times"),
    [("one two three", 0), ("one two three four", 1), ("one two one two", 1), ("one two three four " * 2, 2), ("", 0), (None, None)],
)
def test_how_often_the_most_repeated_four_words_occur(text, times):
    assert loop_score(pl.Series([text], dtype=pl.String), spaced=True).to_list() == [times]
