"""py3langid: naive Bayes over byte n-grams, 140 languages, restricted to those expected. It takes no seed."""

from collections.abc import Sequence
from copy import copy
from functools import lru_cache
from threading import Lock
from typing import Any

import polars as pl

from schemas.languages import Language
from tasks.identify.decide import UNKNOWN, Answer, decide

LABELS = {"grn": "gug", "nob": "no"}  # where its label is neither our ISO 639-1 nor our ISO 639-3 code
UNTRAINED = {"ace_Arab", "arb_Latn"}  # the label is there, the script was not in its training


class Py3langid:
    """Safe to share between threads: a classifier only reads its tables, and each set of languages has its own."""

    name = "py3langid"

    def __init__(self) -> None:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier

        self._model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        self._labels = frozenset(self._model.labels)
        self._lock = Lock()
        self._restricted = lru_cache(maxsize=64)(self._restrict)  # 13 languages take 2.6 MB

    def supports(self, language: Language) -> bool:
        """Whether it has a class for the language."""
        return self._label(language) is not None

    def identify(self, text: pl.Series, expected: Sequence[Language] = ()) -> pl.DataFrame:
        """See LanguageIdentifier."""
        return decide(text, expected, self)

    def classify(self, texts: Sequence[str], candidates: Sequence[Language]) -> list[Answer]:
        """The best of the candidates for each text; unknown where no n-gram of the model occurs."""
        codes = {self._label(language): language.code for language in candidates}
        with self._lock:
            classify = self._restricted(frozenset(codes)).classify
        even = 1.001 / len(codes)  # what an identifier without any evidence answers
        found = (classify(text) for text in texts)
        return [(codes[label], score) if score > even else UNKNOWN for label, score in found]

    def _label(self, language: Language) -> str | None:
        if language.code in UNTRAINED:
            return None
        names = (LABELS.get(language.iso639_3), language.iso639_1, language.iso639_3)
        return next((name for name in names if name in self._labels), None)

    def _restrict(self, labels: frozenset[str]) -> Any:
        restricted = copy(self._model)
        restricted.set_languages(labels)
        return restricted
