"""Estimate: what a build would translate and how long it would take, writing nothing."""

import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from flows.build import Request, open_engine
from flows.progress import Silent
from schemas.languages import language
from schemas.plan import Chunk, Plan
from tasks.memory import Memory, key
from tasks.segment import texts
from tasks.stage import Staged, stage

SAMPLE = 64  # missing sentences translated, and thrown away, to learn this machine's speed


def estimate(request: Request) -> dict[str, Any]:
    """rows, segments, tokens and seconds in all; per language: distinct sentences, in the memory, missing."""
    recipe = request.recipe
    engine = open_engine(request)
    memory = Memory(request.home / "memory")
    with tempfile.TemporaryDirectory(prefix="babelmill-plan-") as folder:
        plan, staged = stage(recipe, Path(folder) / "source", request.limit, request.strict)
        sentences = _distinct(plan, staged, recipe.language)
    keys = pl.Series("key", [key(recipe.language, text) for text in sentences], dtype=pl.Binary)
    languages, tokens, seconds = {}, 0, 0.0
    for code in recipe.translate.into:
        known = memory.look_up(engine.identity.fingerprint, code, keys)["key"]
        missing = sentences.filter(~keys.is_in(known.to_list())).to_list()
        languages[code] = {
            "sentences": len(sentences),
            "from_memory": len(sentences) - len(missing),
            "missing": len(missing),
        }
        if missing:
            by_length, size = sorted(missing, key=len), min(SAMPLE, len(missing))
            sample = [by_length[i * len(missing) // size] for i in range(size)]
            shown = Silent()
            start = time.monotonic()
            engine.translate(sample, language(recipe.language), language(code), partial(shown.add, code))
            share = len(missing) / len(sample)
            seconds += (time.monotonic() - start) * share
            tokens += round(shown.tokens * share)
    ranges = [r for split in plan.splits.values() for r in split]
    return {
        "rows": sum(r.rows for r in ranges),
        "set_aside": sum(r.set_aside for r in ranges),
        "segments": sum(r.segments for r in ranges),
        "tokens": tokens,
        "seconds": round(seconds, 1),
        "languages": languages,
    }


def _distinct(plan: Plan, staged: Staged, source: str) -> pl.Series:
    chunks: list[Chunk] = plan.chunks(source)
    return pl.concat([texts(staged.segments(chunk)) for chunk in chunks]).unique(maintain_order=True)
