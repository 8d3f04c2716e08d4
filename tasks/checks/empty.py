"""Empty: there was something to translate, and nothing came back."""

import polars as pl

LETTER_OR_DIGIT = r"[\p{L}\p{N}]"


def empty_score(source: pl.Series, target: pl.Series) -> pl.Series:
    """How many letters and digits each translation has.

    Returns UInt32 named "empty": 0 where there is no translation, null where the source has no letters itself.
    """
    counts = target.str.count_matches(LETTER_OR_DIGIT).fill_null(0)
    return counts.set(~source.str.contains(r"\p{L}").fill_null(False), None).alias("empty")


def is_empty(score: pl.Series) -> pl.Series:
    """Whether to reject: none of 12,084 human translations is without a letter or digit (NTREX-128)."""
    return score == 0
