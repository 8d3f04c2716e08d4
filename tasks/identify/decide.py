"""The decision that all back-ends share: the script first, then a model among the languages the script permits."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Protocol

import polars as pl

from schemas.languages import Language, languages
from tasks.identify.script import main_script, permits

LONGEST = 1000  # characters read of each text; bounds the time; headlines of 50 are told at 99.7 %
UNDECIDED = 0.5  # factor on the score where nothing tells the answer from another one
Answer = tuple[str | None, float | None]
UNKNOWN: Answer = (None, None)


class Model(Protocol):
    """What a back-end adds to the script."""

    def supports(self, language: Language) -> bool:
        """Whether the model was trained on the language."""
        ...

    def classify(self, texts: Sequence[str], candidates: Sequence[Language]) -> list[Answer]:
        """The code and probability of the best of two or more supported candidates; (None, None) if it can't tell."""
        ...


def decide(text: pl.Series, expected: Sequence[Language], model: Model) -> pl.DataFrame:
    """The language of each text and its score; null where it has no letters or no expected language has its script.

    expected: a closed set; empty for all of the registry. Where the script leaves one language of the set, that is
    the answer and the share of its letters the score; else the model chooses among those left.
    """
    among = tuple(expected) or languages()
    head = text.str.head(LONGEST)
    scripts = main_script(head).with_row_index("row").drop_nulls()
    answers = [UNKNOWN] * len(text)
    for part in scripts.partition_by("script"):
        script, rows = part["script"][0], part["row"].to_list()
        found = _among(head.gather(rows).to_list(), part["share"].to_list(), script, _permitted(script, among), model)
        for row, (code, score) in zip(rows, found, strict=True):
            answers[row] = (code, None if score is None else round(score, 3))
    return pl.DataFrame(answers, schema={"language": pl.String, "language_score": pl.Float64}, orient="row")


def _among(texts: list[str], shares: list[float], script: str, expected: Sequence[Language], model: Model) -> list[Answer]:
    """The answers for texts of one script, given the expected languages that it permits."""
    candidates = _one_script_each(expected)
    scripts = Counter(entry.iso639_3 for entry in expected)
    certainty = {code: 1.0 if scripts[entry.iso639_3] == 1 else UNDECIDED for code, entry in candidates.items()}
    known = {code: entry for code, entry in candidates.items() if model.supports(entry)}
    everywhere = _one_script_each(_permitted(script, languages()))
    if len(candidates) == 1 and (known or len(everywhere) == 1):  # the script says it all
        (code,) = candidates
        return [(code, share * certainty[code]) for share in shares]
    if not known:
        return [UNKNOWN] * len(texts)
    if len(known) < len(candidates):  # lest a text in the language no model knows be taken for one of the others
        known |= {code: entry for code, entry in everywhere.items() if model.supports(entry)}
    if len(known) == 1:
        (code,) = known
        return [(code, share * UNDECIDED) for share in shares]
    found = model.classify(texts, list(known.values()))
    return [(code, score * certainty[code]) if code in certainty and score is not None else UNKNOWN for code, score in found]


@cache
def _permitted(script: str, among: tuple[Language, ...]) -> tuple[Language, ...]:
    return tuple(entry for entry in among if permits(script, entry.script))


def _one_script_each(permitted: Iterable[Language]) -> dict[str, Language]:
    """By code; a language whose two scripts the text permits (Hans and Hant without a mark) is there in the first."""
    first = {entry.iso639_3: entry for entry in sorted(permitted, key=lambda entry: entry.code, reverse=True)}
    return {entry.code: entry for entry in sorted(first.values(), key=lambda entry: entry.code)}
