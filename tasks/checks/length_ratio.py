"""Length ratio: the translation is far longer or shorter than the corpus leads to expect."""

import math
from collections import Counter
from typing import Self

import polars as pl

BIN = 0.02  # of log2, so a median is exact to 0.7 %
FACTOR = 2.5  # flags 0 or 1 of 1,007 human lines in 11 languages, 3 in Chinese, and 82 to 92 % of those cut to a third;
# 3, as in bicleaner-hardrules, flags none and 50 to 56 %; 2 flags 11 human lines in Chinese (NTREX-128)
PAIRS = 50  # fewer give no median
SHORT = 10  # characters of source; below, one word more doubles the length


class LengthRatios:
    """How often each ratio of characters, target to source, occurs: a histogram, whose size does not grow with rows.

    Fed in any batches and merged in any order, the same pairs give the same counts, and so the same bytes.
    """

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def update(self, source: pl.Series, target: pl.Series) -> None:
        """Count pairs; those with a short source or without a translation are passed over."""
        bins = (_log_ratio(source, target) / BIN).round().cast(pl.Int64).drop_nulls()  # ratios 1, 2, 1/2 mid-bin
        self._counts.update(bins.to_list())

    def merge(self, other: "LengthRatios") -> Self:
        """Add the counts of another batch to these, and return this."""
        self._counts.update(other._counts)
        return self

    def median(self) -> float | None:
        """The median ratio to 5 digits; None below 50 pairs."""
        total = self._counts.total()
        if total < PAIRS:
            return None
        seen = 0
        for place in sorted(self._counts):
            seen += self._counts[place]
            if 2 * seen >= total:
                break
        return float(f"{2.0 ** (place * BIN):.5g}")


def length_ratio_score(source: pl.Series, target: pl.Series, *, median: float | None) -> pl.Series:
    """How many times longer (2.0) or shorter (0.5) than by the median ratio each translation is.

    Returns Float64 named "length-ratio", 3 digits; null without a median or a translation, and for short sources.
    """
    usual = math.nan if median is None else math.log2(median)
    times = 2.0 ** (_log_ratio(source, target) - usual)
    return times.round(3).fill_nan(None).alias("length-ratio")


def is_odd_length(score: pl.Series) -> pl.Series:
    """Whether to flag."""
    return (score > FACTOR) | (score < 1 / FACTOR)


def _log_ratio(source: pl.Series, target: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"source": source.str.len_chars(), "target": target.str.len_chars()})
    counted = (pl.col("source") >= SHORT) & (pl.col("target") > 0)
    return frame.select(pl.when(counted).then((pl.col("target") / pl.col("source")).log(2))).to_series()
