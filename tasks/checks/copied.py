"""Copied: the source came back untranslated."""

import re
from collections import Counter

import polars as pl

from tasks.identify.script import without_links

WORDS, CHARACTERS = 2, 4  # n-gram length in spaced and unspaced scripts: names are copied too, but seldom many in a row
SHORT = 4  # n-grams; a source with fewer may be a name or title, and stay as it is
LIMIT = 0.7  # rejects 21 of 157,092 human lines and 1 of 1,007 of any pair at most: names and the results of a match;
# and all lines left as they were but the 0.1 to 3.8 % that are too short (NTREX-128, 13 languages, both ways)
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def copied_score(source: pl.Series, target: pl.Series, *, spaced: bool) -> pl.Series:
    """The share of each source's n-grams of letters that stand in its translation too; case, digits and links do not count.

    spaced: whether the source language writes spaces between words; n-grams are 2 words, else 4 characters.
    Returns Float64 named "copied", 2 digits; null for sources of fewer than 4 n-grams, and where there is no translation.
    """
    pairs = zip(without_links(source).to_list(), without_links(target).to_list(), strict=True)
    return pl.Series("copied", [_share(*pair, spaced) for pair in pairs], dtype=pl.Float64)


def is_copied(score: pl.Series) -> pl.Series:
    """Whether to reject."""
    return score >= LIMIT


def _share(source: str | None, target: str | None, spaced: bool) -> float | None:
    if source is None or target is None:
        return None
    ours = _grams(source, spaced)
    if ours.total() < SHORT:
        return None
    return round((ours & _grams(target, spaced)).total() / ours.total(), 2)


def _grams(text: str, spaced: bool) -> Counter[tuple[str, ...]]:
    words = WORD.findall(text.casefold())
    parts, n = (words, WORDS) if spaced else ("".join(words), CHARACTERS)
    return Counter(zip(*(parts[i:] for i in range(n)), strict=False))
