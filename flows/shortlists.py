"""Shortlists: which languages of a build are written with a part of the vocabulary, as what a sample of the corpus shows."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from schemas.errors import RecipeError
from schemas.languages import Language, language
from schemas.manifest import Manifest
from schemas.plan import Plan
from schemas.recipe import CTranslate2, Recipe
from schemas.recipe import Shortlist as Options
from tasks.claims import Claims
from tasks.memory import Memory, key
from tasks.recall import recall
from tasks.segment import texts
from tasks.shortlist import Shortlist
from tasks.stage import Staged
from tasks.translate import Translator
from tasks.translate.engine_ctranslate2 import CTranslate2Translator

CHUNKS = 16  # of the corpus, spread evenly, that the sample is drawn from

Trial = Callable[[CTranslate2Translator, Language, Shortlist, int], dict[str, Any]]
"""Translates a sample of so many sentences with the whole vocabulary and with the list: sentences, identical (share), chrf."""


def restrict(
    recipe: Recipe, engine: Translator, last: Manifest | None, trial: Trial | None = None, say: Callable[[str], None] = lambda _: None
) -> dict[str, dict[str, Any]]:
    """Give the engine its shortlists, and return what is known of each, by language; empty where the recipe wants none.

    What the last version learnt of the same list and engine stays, so that the memory keeps answering; without a trial, other
    languages are left with the whole vocabulary.
    """
    if not (isinstance(recipe.translate, CTranslate2) and recipe.translate.shortlist and isinstance(engine, CTranslate2Translator)):
        return {}
    options = recipe.translate.shortlist
    kept: dict[str, Any] = last.learnt.get("shortlist", {}) if last and not recipe.refit else {}
    found = {}
    for target in map(language, recipe.translate.into):
        pieces = engine.shortlist(target, _lines(options, target))
        if pieces is None:
            say(f"Shortlist for {target.code}: nearly the whole vocabulary; not used")
            found[target.code] = {"used": False}
            continue
        of = {"engine": engine.identity.fingerprint, "digest": pieces.digest, "pieces": len(pieces.pieces)}
        told = kept.get(target.code, {})
        if not of.items() <= told.items():
            if trial is None:
                continue
            told = of | trial(engine, target, pieces, options.sample)
        told = told | {"used": told["chrf"] >= options.floor}
        engine.restrict(target, pieces if told["used"] else None)
        verdict = "used" if told["used"] else f"not used, the floor is {options.floor:g}"
        say(
            f"Shortlist for {target.code}: {told['pieces']:,} pieces; {told['identical']:.1%} of {told['sentences']} sentences "
            f"identical, chrF {told['chrf']:.1f}: {verdict}"
        )
        found[target.code] = told
    return found


def trial(recipe: Recipe, memory: Memory, plan: Plan, staged: Staged) -> Trial:
    """A trial over the corpus. The memory keeps its translations: a part of them is needed soon."""

    @cache
    def sentences(count: int) -> pl.Series:
        return _sample(plan, staged, recipe.language, count)

    def compare(engine: CTranslate2Translator, target: Language, pieces: Shortlist, count: int) -> dict[str, Any]:
        said = []
        for vocabulary in (None, pieces):
            engine.restrict(target, vocabulary)
            answers = recall(sentences(count), language(recipe.language), target, engine=engine, memory=memory, claims=Claims())
            said.append(answers.sort("text")["translation"].to_list())
        return _compared(*said)

    return compare


def _compared(whole: list[str], ours: list[str]) -> dict[str, Any]:
    """Share of identical hypotheses and chrF (Popović 2015, https://aclanthology.org/W15-3049) of ours against the whole vocabulary's."""
    from sacrebleu.metrics.chrf import CHRF

    same = sum(a == b for a, b in zip(ours, whole, strict=True))
    chrf = CHRF().corpus_score(ours, [whole]).score if whole else 100.0
    return {"sentences": len(whole), "identical": round(same / max(len(whole), 1), 4), "chrf": round(chrf, 2)}


def _lines(options: Options, target: Language) -> Iterator[str] | None:
    """The text of a language, line by line. Raises RecipeError if it is not there."""
    if options.text is None:
        return None
    path = Path(options.text.replace("{language}", target.code))
    if not path.is_file():
        raise RecipeError(f"translate.shortlist.text: there is no file {path} for {target.code}. Leave text out to list the whole script.")
    return _stripped(path)


def _stripped(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", errors="replace") as stream:
        yield from (line.strip() for line in stream)


def _sample(plan: Plan, staged: Staged, source: str, count: int) -> pl.Series:
    """Sentences of the corpus, those with the smallest keys: a fair draw that no order changes."""
    chunks = plan.chunks(source)
    some = chunks[:: max(1, len(chunks) // CHUNKS)]
    sentences = pl.concat([texts(staged.segments(chunk)) for chunk in some]).unique(maintain_order=True).to_list()
    return pl.Series(sorted(sentences, key=lambda text: key(source, text))[:count], dtype=pl.String)
