"""The steps of a build over one chunk, and over all of them: here frames meet files, memory and model."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from flows.progress import Progress, Silent
from schemas.frames import TRANSLATIONS
from schemas.languages import language
from schemas.manifest import Manifest
from schemas.plan import Chunk, Plan
from schemas.recipe import Recipe
from tasks.check import check
from tasks.checks.length_ratio import LengthRatios
from tasks.claims import Claims
from tasks.derive import derive
from tasks.materialise import Shard, guarded, read_back, write
from tasks.memory import Memory
from tasks.recall import paired, recall
from tasks.segment import WORDED, texts
from tasks.stage import Staged
from tasks.translate import Translator


@dataclass(frozen=True)
class Job:
    """All that the steps of one build share."""

    recipe: Recipe
    engine: Translator
    memory: Memory
    plan: Plan
    staged: Staged
    work: Path  # for what the next step reads
    release: Path  # the release that is being written
    signature: str
    progress: Progress = field(default_factory=Silent)
    claims: Claims = field(default_factory=Claims)


@dataclass(frozen=True)
class Translated:
    """A chunk whose sentences are all in the memory."""

    chunk: Chunk
    sentences: int
    remembered: int  # of the sentences: by the memory, or by another place of this build
    ratios: LengthRatios


@dataclass(frozen=True)
class Derived:
    """A chunk whose shard is written."""

    chunk: Chunk
    shard: Shard
    rejected_rows: int


Learnt = dict[str, dict[str, float | None]]


def translate_chunk(job: Job, chunk: Chunk) -> Translated:
    """Translate what the memory lacks, and lay the fields beside their translations for the next steps."""
    segments = job.staged.segments(chunk)
    target = language(chunk.language)
    recalled = recall(
        texts(segments).to_list(),
        language(job.recipe.language),
        target,
        engine=job.engine,
        memory=job.memory,
        claims=job.claims,
        progress=lambda sentences, tokens: job.progress.add(chunk.language, sentences, tokens),
    )
    sentences = segments.filter(WORDED).height
    remembered = sentences - len(recalled.fresh)
    job.progress.add(chunk.language, remembered, remembered=remembered)
    pairs = paired(segments, recalled, target).select(TRANSLATIONS.names)
    place = job.work / "translations" / chunk.language / f"{chunk.stem}.parquet"
    with guarded(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        pairs.write_parquet(place)
    ratios = LengthRatios()
    ratios.update(pairs["source"], pairs["target"])
    return Translated(chunk, sentences, remembered, ratios)


def fit(job: Job, translated: Sequence[Translated], last: Manifest | None) -> Learnt:
    """What needs the whole corpus: per language, the usual length of a translation. The last version's stays."""
    kept = {} if last is None or job.recipe.refit else last.learnt.get("length-ratio", {})
    medians: dict[str, float | None] = {}
    for target in job.recipe.translate.into:
        total = LengthRatios()
        for chunk in translated:
            if chunk.chunk.language == target:
                total = total.merge(chunk.ratios)
        medians[target] = kept.get(target) or total.median()
    return {"length-ratio": medians}


def derive_chunk(job: Job, chunk: Chunk, learnt: Learnt) -> Derived:
    """Check the translations of a chunk, write its shard and its rejects, and read the shard back."""
    table = job.staged.records(chunk, job.plan.schema)
    rejected = None
    if chunk.language != job.recipe.language:
        table, rejected = _checked(job, chunk, table, learnt)
    path = job.plan.shard(chunk)
    write(table, job.release, path, {"babelmill": job.signature})
    if rejected is not None and rejected.num_rows:
        write(rejected, job.work, f"rejected/{chunk.language}/{chunk.stem}.parquet")
    shard = read_back(job.release, path, table.num_rows, job.recipe.fields if rejected is not None else ())
    if rejected is not None and job.recipe.checks.on_reject == "row":  # their verdicts left with their rows
        shard.verdicts.update(rejected.column("verdict").to_pylist())
        shard.reasons.update(reason for reasons in rejected.column("reasons").to_pylist() for reason in reasons)
    return Derived(chunk, shard, job.plan.range(chunk).rows - table.num_rows)


def _checked(job: Job, chunk: Chunk, records: pa.Table, learnt: Learnt) -> tuple[pa.Table, pa.Table]:
    checks = job.recipe.checks
    pairs = pl.read_parquet(job.work / "translations" / chunk.language / f"{chunk.stem}.parquet", glob=False)
    checked = check(
        pairs,
        source_language=language(job.recipe.language),
        target_language=language(chunk.language),
        reject=checks.reject,
        flag=checks.flag,
        median_ratio=learnt["length-ratio"][chunk.language],
        identifier=checks.identifier,
    )
    return derive(
        records,
        checked,
        fields=job.recipe.fields,
        bound=[a.column for a in job.recipe.annotations],
        id_column=job.plan.id,
        split=chunk.split,
        on_reject=checks.on_reject,
    )


def gather_rejects(job: Job) -> list[str]:
    """Write rejected/LANGUAGE.parquet from the chunks' rejects, and rejected/source.parquet; paths of those not empty."""
    paths = []
    aside = job.staged.set_aside()
    if aside.num_rows:
        write(aside, job.release, "rejected/source.parquet")
        paths.append("rejected/source.parquet")
    for folder in sorted((job.work / "rejected").glob("*")):
        table = pa.concat_tables(pq.read_table(file) for file in sorted(folder.glob("*.parquet")))
        write(table, job.release, f"rejected/{folder.name}.parquet")
        paths.append(f"rejected/{folder.name}.parquet")
    return paths
