"""py3langid: naive Bayes over byte n-grams, 140 languages, restricted to those expected. It takes no seed."""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from threading import Lock

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.languages import Language
from tasks.identify.decide import UNKNOWN, Answer, decide
from tasks.identify.naive_bayes import Automaton, log_posteriors

LABELS = {"grn": "gug", "nob": "no"}  # where its label is neither our ISO 639-1 nor our ISO 639-3 code
UNTRAINED = {"ace_Arab", "arb_Latn"}  # the label is there, the script was not in its training


class Py3langid:
    """Safe to share between threads: a classifier only reads its tables, and each set of languages has its own."""

    name = "py3langid"

    def __init__(self) -> None:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier

        model = LanguageIdentifier.from_model_file(MODEL_FILE)
        moves, row = np.asarray(model.tk_nextmove, np.uint32), np.asarray(model.tk_row, np.int64)
        self._automaton = Automaton(moves, row, np.asarray(model.tk_output, np.int64))
        self._weights, self._prior, self._classes = model.nb_ptc, model.nb_pc, list(model.nb_classes)
        self._labels = frozenset(self._classes)
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
            labels, weights, prior = self._restricted(frozenset(codes))
        encoded = [_encoded(text) for text in texts]
        scores = log_posteriors(encoded, self._automaton, weights, prior)
        scores /= np.sqrt([[max(1, len(text))] for text in encoded])  # py3langid's temperature: sure, but not too sure, of long texts
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        scores /= scores.sum(axis=1, keepdims=True)
        names = list(dict.fromkeys(labels))
        chances = np.stack([scores[:, [label == name for label in labels]].sum(axis=1) for name in names], axis=1)
        best, even = chances.argmax(axis=1), 1.001 / len(codes)  # even: no evidence but the prior
        found = zip(best, chances.max(axis=1), strict=True)
        return [(codes[names[place]], float(score)) if score > even else UNKNOWN for place, score in found]

    def _label(self, language: Language) -> str | None:
        if language.code in UNTRAINED:
            return None
        names = (LABELS.get(language.iso639_3), language.iso639_1, language.iso639_3)
        return next((name for name in names if name in self._labels), None)

    def _restrict(self, labels: frozenset[str]) -> tuple[list[str], NDArray[np.float16], NDArray[np.float32]]:
        """Classes, weights and prior of these labels; some labels have two classes (Serbian under sr and srl)."""
        if labels == self._labels:
            return self._classes, self._weights, self._prior
        columns = [place for place, label in enumerate(self._classes) if label in labels]
        return [self._classes[place] for place in columns], self._weights[:, columns], self._prior[columns]


def _encoded(text: str) -> bytes:
    """As the model was trained: NFC, headlines all in capitals in small letters."""
    return unicodedata.normalize("NFC", text.lower() if text.isupper() else text).encode("utf-8", "surrogatepass")
