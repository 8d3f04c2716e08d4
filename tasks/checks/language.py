"""Language: the translation is in another language than asked for, or was never translated."""

import polars as pl

from schemas.languages import Language, language
from tasks.identify import LanguageIdentifier
from tasks.identify.script import letters

LETTERS = 20  # fewer are too little to go by
LIMIT = 0.8  # flags 0 to 2 of 1,007 human lines a language, and 99.9 % of English or other ones in its place (NTREX-128)


def language_score(target: pl.Series, *, target_language: Language, identifier: LanguageIdentifier) -> pl.Series:
    """How sure it is that each translation is in another language.

    Two looks: which of all known languages it is; where that is another one, how sure that is between the two alone.
    So the near ones do no harm: 10 % of human Indonesian looks most like Malay, 0.1 % with a sureness of 0.8.
    Returns Float64 named "language", 0 to 1; null for under 20 letters, where the identifier can't tell, and
    everywhere if it does not support the target language.
    """
    unknown = pl.Series("language", [None] * len(target), dtype=pl.Float64)
    if not identifier.supports(target_language):
        return unknown
    rows = (letters(target) >= LETTERS).fill_null(False).arg_true()
    text = target.gather(rows)
    found = identifier.identify(text, ())["language"]
    score = pl.zeros(len(text), dtype=pl.Float64, eager=True).set(found.is_null(), None)
    for code in found.unique().drop_nulls().sort():
        if code != target_language.code:
            second = (found == code).fill_null(False).arg_true()
            pair = identifier.identify(text.gather(second), (target_language, language(code)))
            other = pl.when(pl.col("language") == code).then("language_score").otherwise(0.0)
            score = score.scatter(second, pair.select(other).to_series())
    return unknown.scatter(rows, score)


def is_wrong_language(score: pl.Series) -> pl.Series:
    """Whether to flag."""
    return score >= LIMIT
