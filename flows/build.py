"""Build: from a recipe to a release."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from flows import account
from flows.behaviors import CONFIG as BEHAVIORS
from flows.behaviors import write_behaviors
from flows.fit import fit
from flows.locks import alone, lock_of
from flows.progress import Progress, Silent
from flows.runners import Runner
from flows.shortlists import restrict, trial
from flows.steps import Job, Learnt, derive_chunk, gather_rejects, translate_chunk, write_part
from schemas import manifest as m
from schemas.errors import WarehouseError
from schemas.languages import language
from schemas.plan import Plan
from schemas.recipe import HubRelease, Recipe
from tasks.card import write_card
from tasks.licence import warnings
from tasks.materialise import guarded
from tasks.memory import Memory
from tasks.report import write_report
from tasks.stage import stage
from tasks.store import LocalStore, Release
from tasks.translate import Machine, Translator, translator


@dataclass(frozen=True)
class Request:
    """A recipe and how to run it."""

    recipe: Recipe
    home: Path  # the warehouse
    preview: str | None = None  # name of the preview to write instead of a version
    limit: int | None = None  # source rows of each split at most
    strict: bool = False  # stop at the first source row that cannot be read
    store: Path | None = None  # where releases go, if not to the warehouse
    machine: Machine = field(default_factory=Machine)


@dataclass(frozen=True)
class Built:
    """A release, and what it took."""

    release: Release
    run: dict[str, Any] = field(default_factory=dict)


def build(request: Request, runner: Runner, progress: Progress | None = None) -> Built:
    """Build one release of a recipe; safe to run again after any interruption."""
    progress = progress or Silent()
    recipe, clock = request.recipe, Clock()
    store = LocalStore((request.store or request.home / "releases") if request.preview is None else request.home / "previews")
    with ExitStack() as folders:
        folders.enter_context(alone(lock_of(request.home, "build", recipe.name, request.preview), recipe.name, progress.say))
        with clock("open"):
            engine = open_engine(request, progress)
        staging = folders.enter_context(store.staging())
        work = folders.enter_context(LocalStore(request.home / "work").staging())
        last = store.latest(recipe.name) if request.preview is None else None

        progress.say(f"Reading {recipe.source.name}")
        with clock("read"):
            plan, staged = stage(recipe, work / "source", request.limit, request.strict)
        memory = Memory(request.home / "memory")
        with clock("shortlist"):
            shortlists = restrict(recipe, engine, last.manifest if last else None, trial(recipe, memory, plan, staged), progress.say)
        job = Job(
            recipe,
            engine,
            memory,
            plan,
            staged,
            work,
            staging,
            account.signature(recipe, plan, engine),
            request.home / "priors",
            progress,
        )
        targets = [chunk for code in recipe.translate.into for chunk in plan.chunks(code)]
        progress.plan({code: _sentences(plan) for code in recipe.translate.into})

        with clock("translate"):
            translated = runner.each("translate", partial(translate_chunk, job), targets)
        for code in recipe.translate.into:
            job.memory.compact(engine.fingerprint(language(code)), code)
        with clock("fit"):
            learnt, aligners = fit(job, translated, last.manifest if last else None)
            learnt |= {"shortlist": shortlists} if shortlists else {}
        progress.say("Checking and writing")
        with clock("write"):
            chunks = [*plan.chunks(recipe.language), *targets]
            derived = runner.each("derive", partial(derive_chunk, job, learnt=learnt, aligners=aligners), chunks)
            parts = account.parts(recipe, plan)
            written = zip(parts, runner.each("write", partial(write_part, job), parts), strict=True)
            release = finish(job, account.configs(job, derived, list(written)), learnt, store, request)
    sentences, remembered = sum(t.sentences for t in translated), sum(t.remembered for t in translated)
    run = _record(release, clock, sentences, remembered)
    try:
        _keep(run, request.home / "runs")
    except WarehouseError as error:
        progress.say(f"The release is whole, but the record of its run could not be kept: {error}")
    if isinstance(recipe.release, HubRelease):
        if request.preview is None:
            from flows.publish_commands import publish_built  # the Hub's client: 0.3 s that no other build waits

            run["published"] = publish_built(store, release, recipe.release, progress.say)
        else:
            progress.say("A preview is not published.")
    return Built(release, run)


def open_engine(request: Request, progress: Progress) -> Translator:
    """The engine of a recipe, able to translate into all its languages, or EngineError before any work is done."""
    engine = translator(request.recipe.translate, request.machine, progress.say)
    for code in request.recipe.translate.into:
        engine.require(language(request.recipe.language), language(code))
    return engine


def finish(job: Job, configs: dict[str, m.Config], learnt: Learnt, store: LocalStore, request: Request) -> Release:
    """Add behaviours and rejects, write manifest and card, and make the folder a version."""
    behaviors, aside = write_behaviors(job, request.limit)
    if behaviors:
        configs[BEHAVIORS] = behaviors
    manifest = account.manifest(job, configs, learnt).model_copy(update={"files": tuple(gather_rejects(job, aside))})
    if request.preview is not None:
        return store.replace(job.release, manifest, f"{manifest.name}/{request.preview}", write_pages)
    return store.commit(job.release, manifest, write_pages)


def write_pages(manifest: m.Manifest, folder: Path) -> None:
    """What people read: the card and the report."""
    write_card(manifest, folder)
    write_report(manifest, folder)


def _sentences(plan: Plan) -> int:
    return sum(r.segments for ranges in plan.splits.values() for r in ranges)


def _record(release: Release, clock: "Clock", sentences: int, remembered: int) -> dict[str, Any]:
    """What belongs to the run and not to the data."""
    return {
        "name": release.manifest.name,
        "version": release.manifest.version,
        "change": release.change,
        "path": str(release.path),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": clock.seconds | {"all": clock.total()},
        "sentences": sentences,
        "from_memory": remembered,
        "translated": sentences - remembered,
        "warnings": warnings(release.manifest),
        "configs": {
            code: {s: v.model_dump(exclude={"files"}) for s, v in c.splits.items()} for code, c in release.manifest.configs.items()
        },
    }


def _keep(run: dict[str, Any], folder: Path) -> None:
    with guarded(folder):
        folder.mkdir(parents=True, exist_ok=True)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        (folder / f"{stamp}-{run['name']}.json").write_text(json.dumps(run, indent=1) + "\n", "utf-8")


class Clock:
    """Seconds by stage: `with clock("read"): ...`."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        since = time.monotonic()
        yield
        self.seconds[stage] = round(time.monotonic() - since, 3)

    def total(self) -> float:
        """Seconds since the clock was made."""
        return round(time.monotonic() - self._start, 3)
