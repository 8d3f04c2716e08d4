"""Loops: the decoder got stuck and repeats itself."""

from collections import Counter

import polars as pl

WORDS, CHARACTERS = 4, 12  # n-gram length in spaced and unspaced scripts
LIMIT = 3  # rejects 2 of 1,007 human Thai lines, 1 Japanese, 1 Somali, none in 9 other languages (NTREX-128)


def loop_score(text: pl.Series, *, spaced: bool) -> pl.Series:
    """How often the most repeated n-gram of each text occurs.

    text: String, one translation per row, NFC; null where nothing was translated.
    spaced: whether the language writes spaces between words; n-grams are 4 words, else 12 characters.
    Returns UInt32 named "loop": 0 for texts shorter than one n-gram, null for null.
    """
    n = WORDS if spaced else CHARACTERS

    def repeats(value: str) -> int:
        if spaced:
            words = value.split()
            if len(set(words)) == len(words):  # most titles; no word twice, no n-gram twice
                return int(len(words) >= n)
            grams = Counter(zip(*(words[i:] for i in range(n)), strict=False))
            return max(grams.values(), default=0)
        return max(Counter(value[i : i + n] for i in range(len(value) - n + 1)).values(), default=0)

    return text.map_elements(repeats, return_dtype=pl.UInt32).alias("loop")


def beyond_source(score: pl.Series, source_score: pl.Series) -> pl.Series:
    """The score for each time that the source repeats itself, rounded down: a chorus is no fault of the decoder.

    Without it, one English line that lists seven counties alike has its translation rejected in 8 of 12 languages.
    """
    return score // source_score.clip(lower_bound=1)


def is_loop(score: pl.Series) -> pl.Series:
    """Whether to reject: the decision stands apart from the score, so a new limit needs no new scoring."""
    return score >= LIMIT
