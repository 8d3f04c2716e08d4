"""langdetect: 55 languages, seeded, restricted to those expected; no Georgian, Guarani or Haitian Creole.

The library keeps one detector factory for the whole process, unseeded and filled in the order in which the disk lists
its files. We touch none of that: each set of expected languages gets a factory of its own, with seed 0 (unseeded, 18
of 1,599 headlines differed between two runs) and its profiles in alphabetical order.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import polars as pl

from schemas.languages import Language
from tasks.identify.decide import UNKNOWN, Answer, decide

PROFILES = {"nob": "no", "cmn_Hans": "zh-cn", "cmn_Hant": "zh-tw"}  # where its name is not our ISO 639-1 code
UNTRAINED = {"arb_Latn"}
SEED = 0


class Langdetect:
    """Safe to share between threads: a filled factory is only read, and each text has its own detector."""

    name = "langdetect"

    def __init__(self) -> None:
        from langdetect.detector_factory import PROFILES_DIRECTORY

        self._folder = Path(PROFILES_DIRECTORY)
        self._profiles = frozenset(path.name for path in self._folder.iterdir())
        self._lock = Lock()
        self._restricted = lru_cache(maxsize=16)(self._factory)  # all 55 languages take 50 MB

    def supports(self, language: Language) -> bool:
        """Whether it has a profile of the language."""
        return self._profile(language) is not None

    def identify(self, text: pl.Series, expected: Sequence[Language] = ()) -> pl.DataFrame:
        """See LanguageIdentifier."""
        return decide(text, expected, self)

    def classify(self, texts: Sequence[str], candidates: Sequence[Language]) -> list[Answer]:
        """The best of the candidates for each text; unknown where it finds no n-gram or no language reaches 0.1."""
        codes = {self._profile(language): language.code for language in candidates}
        with self._lock:
            factory = self._restricted(frozenset(codes))
        return [_best(factory.create(), text, codes) for text in texts]

    def _profile(self, language: Language) -> str | None:
        if language.code in UNTRAINED:
            return None
        names = (PROFILES.get(language.code), PROFILES.get(language.iso639_3), language.iso639_1)
        return next((name for name in names if name in self._profiles), None)

    def _factory(self, profiles: frozenset[str]) -> Any:
        from langdetect.detector_factory import DetectorFactory

        factory = DetectorFactory()
        factory.set_seed(SEED)
        factory.load_json_profile([(self._folder / name).read_text(encoding="utf-8") for name in sorted(profiles)])
        return factory


def _best(detector: Any, text: str, codes: dict[str | None, str]) -> Answer:
    from langdetect import LangDetectException

    detector.append(text)
    try:
        found = detector.get_probabilities()
    except LangDetectException:  # "No features in text."
        return UNKNOWN
    return (codes[found[0].lang], found[0].prob) if found else UNKNOWN
