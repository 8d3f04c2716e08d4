"""Fit: what needs the whole corpus, in one pass over the chunks. The last version's stays, so that unchanged rows stay unchanged."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from flows.steps import Job, Learnt, Translated
from schemas.languages import language
from schemas.manifest import Manifest
from tasks.align import Aligner
from tasks.align.attention import AttentionAligner
from tasks.align.statistical import Priors, StatisticalAligner
from tasks.align.statistical import fit as fit_priors
from tasks.checks.length_ratio import LengthRatios
from tasks.materialise import flush, guarded


def fit(job: Job, translated: Sequence[Translated], last: Manifest | None) -> tuple[Learnt, dict[str, Aligner]]:
    """What was learnt, as the manifest keeps it: per language the usual length of a translation, and the aligner's priors."""
    kept: dict[str, Any] = {} if last is None or job.recipe.refit else last.learnt
    medians: dict[str, float | str | None] = {}
    for target in job.recipe.translate.into:
        total = LengthRatios()
        for chunk in translated:
            if chunk.chunk.language == target:
                total = total.merge(chunk.ratios)
        medians[target] = kept.get("length-ratio", {}).get(target) or total.median()
    learnt: Learnt = {"length-ratio": medians}
    if job.recipe.project is None:
        return learnt, {}
    if job.recipe.project.aligner == "attention":
        source = language(job.recipe.language)
        return learnt, {code: AttentionAligner(job.engine, source, language(code)) for code in job.recipe.translate.into}
    priors = {code: _priors(job, code, kept.get("priors", {}).get(code)) for code in job.recipe.translate.into}
    learnt["priors"] = {code: found.digest for code, found in priors.items()}
    return learnt, {code: StatisticalAligner(found, language(job.recipe.language), language(code)) for code, found in priors.items()}


def _priors(job: Job, code: str, digest: str | None) -> Priors:
    """The aligner's priors for a language: those of the last version, or new ones, kept by their digest."""
    if digest and (kept := _file(job, digest)).is_file():
        return Priors.load(kept)
    job.progress.say(f"Fitting the aligner for {code}")
    found = fit_priors(_pairs(job, code), language(job.recipe.language), language(code))
    place = _file(job, found.digest)
    mine = place.with_name(f".{place.name}-{os.urandom(4).hex()}")  # whole or not there, however many builds write it
    found.save(mine)
    with guarded(place):
        flush(mine)
        mine.rename(place)
    return found


def _file(job: Job, digest: str) -> Path:
    return job.priors / f"{digest}.parquet"


def _pairs(job: Job, code: str) -> Iterator[tuple[str, str]]:
    for chunk in job.plan.chunks(code):
        frame = pl.read_parquet(job.work / "pieces" / code / f"{chunk.stem}.parquet", columns=["source", "target"], glob=False)
        yield from frame.iter_rows()
