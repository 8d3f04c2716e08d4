"""Truncated: the engine reached its length limit, so the end of the text is missing."""

import polars as pl


def truncated_score(pairs: pl.DataFrame) -> pl.Series:
    """What the engine said of each pair.

    Returns Boolean named "truncated"; false where the column `truncated` is null or absent.
    """
    if "truncated" not in pairs.columns:
        return pl.Series("truncated", [False] * pairs.height, dtype=pl.Boolean)
    return pairs["truncated"].fill_null(False)


def is_truncated(score: pl.Series) -> pl.Series:
    """Whether to reject: the engine's word is enough."""
    return score
