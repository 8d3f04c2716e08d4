"""Script: the translation is not written in the letters of its language."""

import re

import polars as pl

from tasks.identify.script import letters, script_share, without_links

LIMIT = 0.3  # rejects none of 12,084 human lines, and 3 in Thai and Chinese if the names in them count (NTREX-128)
NAME = 3  # words; a source of so few may be a name, and stay as it is
LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ]+")


def script_score(source: pl.Series, target: pl.Series, *, script: str) -> pl.Series:
    """The share of each translation's letters that are of the language's script (ISO 15924, as Thai or Hant).

    Capitalised words that stand in the source too are left out, unless nothing is in the right script at all: names
    are copied in every language. A web or mail address does not count.
    Returns Float64 named "script"; null without letters, and for a source of at most three words that was copied.
    """
    text = without_links(target)
    share = script_share(text, script)
    copied = (source.str.strip_chars() == target.str.strip_chars()) & (_words(source) <= NAME)
    share = share.set(copied.fill_null(False), None)
    if script == "Latn":
        return share.alias("script")
    mixed = ((share > 0) & (share < 1)).fill_null(False)
    rows = pl.DataFrame({"share": share, "letters": letters(text), "source": source, "text": text}).filter(mixed)
    adjusted = [_without_names(*row) for row in rows.iter_rows()]
    return share.scatter(mixed.arg_true(), adjusted).alias("script")


def is_wrong_script(score: pl.Series) -> pl.Series:
    """Whether to reject."""
    return score < LIMIT


def _words(text: pl.Series) -> pl.Series:
    return text.str.count_matches(r"\S+")


def _without_names(share: float, count: int, source: str | None, text: str) -> float:
    known = set(LATIN_WORD.findall(source or ""))
    names = sum(len(word) for word in LATIN_WORD.findall(text) if word[0].isupper() and word in known)
    return min(1.0, share * count / max(1, count - names))
