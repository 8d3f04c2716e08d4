"""Which language a text is in: by its script where that decides, else by a model among the languages expected."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Protocol

import polars as pl

from schemas.errors import RecipeError, did_you_mean
from schemas.languages import Language


class LanguageIdentifier(Protocol):
    """A back-end. The same text, expected languages and version give the same answer, in any order and thread."""

    name: str

    def supports(self, language: Language) -> bool:
        """Whether its model knows the language; what it does not know may still be decided by script (Georgian)."""
        ...

    def identify(self, text: pl.Series, expected: Sequence[Language]) -> pl.DataFrame:
        """One row per text: language (String, as fin_Latn) and language_score (Float64, 0 to 1, 3 digits).

        expected: the closed set to choose from, with every language of the registry where it is empty.
        Both columns are null where there are no letters, no expected language has the text's script, or it can't tell.
        A language of the set that it does not support makes it ask among all the languages it knows, and answer null
        where none of the expected ones wins: a Guarani text is not English because only English was left to choose.
        """
        ...


def _py3langid() -> LanguageIdentifier:
    from tasks.identify.py3langid_backend import Py3langid

    return Py3langid()


def _langdetect() -> LanguageIdentifier:
    from tasks.identify.langdetect_backend import Langdetect

    return Langdetect()


IDENTIFIERS: dict[str, Callable[[], LanguageIdentifier]] = {"py3langid": _py3langid, "langdetect": _langdetect}


def identifier(name: str = "py3langid") -> LanguageIdentifier:
    """The back-end "py3langid" or "langdetect", made once per process: py3langid loads its model in 0.6 s."""
    return _back_end(name)


def identify(text: pl.Series, *, expected: Sequence[Language] | None = None, identifier: str = "py3langid") -> pl.DataFrame:
    """The columns language and language_score of each text, as LanguageIdentifier.identify gives them."""
    return _back_end(identifier).identify(text, expected or ())


@cache
def _back_end(name: str) -> LanguageIdentifier:
    if name not in IDENTIFIERS:
        raise RecipeError(f"unknown language identifier {name!r}.{did_you_mean(name, IDENTIFIERS)}")
    return IDENTIFIERS[name]()
