"""Estimate: what a build would translate and how long it would take, writing nothing."""

import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from flows.build import Request, open_engine
from flows.progress import Silent
from flows.shortlists import restrict
from schemas.languages import language
from schemas.plan import Plan
from tasks.memory import Memory, key
from tasks.seen import Seen
from tasks.segment import texts
from tasks.stage import Staged, stage
from tasks.store import LocalStore

SAMPLE = 64  # missing sentences translated, and thrown away, to learn this machine's speed
AT_ONCE = 100_000  # sentences looked up together


def estimate(request: Request) -> dict[str, Any]:
    """rows, segments, tokens and seconds in all; per language: distinct sentences, in the memory, missing."""
    recipe = request.recipe
    engine = open_engine(request, Silent())
    memory = Memory(request.home / "memory")
    last = LocalStore(request.home / "releases").latest(recipe.name)
    restrict(recipe, engine, last.manifest if last else None)
    count, found = 0, {code: _Missing() for code in recipe.translate.into}
    with tempfile.TemporaryDirectory(prefix="babelmill-plan-") as folder:
        plan, staged = stage(recipe, Path(folder) / "source", request.limit, request.strict)
        for sentences in _distinct(plan, staged, recipe.language):
            keys = pl.Series("key", [key(recipe.language, text) for text in sentences], dtype=pl.Binary)
            count += len(sentences)
            for code, missing in found.items():
                known = memory.look_up(engine.fingerprint(language(code)), code, keys)
                missing.add(pl.DataFrame({"key": keys, "text": sentences}).join(known, on="key", how="anti"))
    languages, tokens, seconds = {}, 0, 0.0
    for code, missing in found.items():
        languages[code] = {"sentences": count, "from_memory": count - missing.count, "missing": missing.count}
        if missing.count:
            sample = missing.sample["text"].to_list()
            shown = Silent()
            start = time.monotonic()
            engine.translate(sample, language(recipe.language), language(code), partial(shown.add, code))
            share = missing.count / len(sample)
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


class _Missing:
    """How many sentences the memory lacks, and a sample of them: those of the smallest keys, so a fair draw, in any order."""

    def __init__(self) -> None:
        self.count = 0
        self.sample = pl.DataFrame(schema={"key": pl.Binary, "text": pl.String})

    def add(self, rows: pl.DataFrame) -> None:
        self.count += rows.height
        self.sample = pl.concat([self.sample, rows]).sort("key").head(SAMPLE)


def _distinct(plan: Plan, staged: Staged, source: str) -> Iterator[pl.Series]:
    """The distinct sentences of a corpus, some AT_ONCE at a time: look-ups of many keys cost little more than of few."""
    seen, waiting = Seen(), pl.Series(dtype=pl.String)
    for chunk in plan.chunks(source):
        sentences = texts(staged.segments(chunk))
        again = pl.Series(seen.add(sentences.to_list()), dtype=pl.Boolean)
        waiting = pl.concat([waiting, sentences.filter(~again)])
        if len(waiting) >= AT_ONCE:
            yield waiting
            waiting = waiting.clear()
    if len(waiting):
        yield waiting
