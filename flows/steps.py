"""The steps of a build over one chunk, and over all of them: here frames meet files, memory and model."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from flows.progress import Progress, Silent
from flows.variants import tables
from schemas.frames import TRANSLATIONS
from schemas.languages import language
from schemas.manifest import File
from schemas.plan import Chunk, Part, Plan
from schemas.recipe import Recipe
from tasks.align import Aligner
from tasks.annotate import annotate
from tasks.check import check
from tasks.checks.length_ratio import LengthRatios
from tasks.claims import Claims
from tasks.derive import derive
from tasks.materialise import Shard, entry, guarded, read_back, write, write_split
from tasks.memory import Memory
from tasks.recall import answered, paired, pieces, recall
from tasks.segment import WORDED, texts
from tasks.stage import Staged
from tasks.translate import Translator

Learnt = dict[str, dict[str, Any]]
"""What needed the whole corpus, by name and language."""


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
    priors: Path  # where what aligners learnt is kept, by digest
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
    """A chunk whose tables are laid down: its language's and its variants'."""

    chunk: Chunk
    rejected_rows: int
    verdicts: Counter[str] = field(default_factory=Counter)  # of the fields in these rows: no file of a config has them
    reasons: Counter[str] = field(default_factory=Counter)
    tried: Counter[str] = field(default_factory=Counter)


def translate_chunk(job: Job, chunk: Chunk) -> Translated:
    """Translate what the memory lacks, and lay the fields beside their translations for the next steps."""
    segments = job.staged.segments(chunk)
    target = language(chunk.language)
    recalled = recall(
        texts(segments),
        language(job.recipe.language),
        target,
        engine=job.engine,
        memory=job.memory,
        claims=job.claims,
        progress=lambda sentences, tokens: job.progress.add(chunk.language, sentences, tokens),
    )
    sentences = segments.filter(WORDED).height
    remembered = sentences - int(recalled["fresh"].sum())
    job.progress.add(chunk.language, remembered, remembered=remembered)
    answers = answered(segments, recalled)
    pairs = paired(answers, target).select(TRANSLATIONS.names)
    _lay(job, chunk, "translations", pairs)
    if job.recipe.project:
        _lay(job, chunk, "pieces", pieces(answers, target))
    ratios = LengthRatios()
    ratios.update(pairs["source"], pairs["target"])
    return Translated(chunk, sentences, remembered, ratios)


def derive_chunk(job: Job, chunk: Chunk, learnt: Learnt, aligners: dict[str, Aligner]) -> Derived:
    """Check the translations of a chunk, carry its annotations over, and lay the tables of its configs and its rejects down."""
    records = job.staged.records(chunk, job.plan.schema)
    if chunk.language == job.recipe.language:
        _lay_table(job, chunk, chunk.language, records)
        return Derived(chunk, job.plan.range(chunk).rows - records.num_rows)
    rows = derive(
        records,
        _checked(job, chunk, learnt),
        fields=job.recipe.fields,
        bound=job.recipe.bound(),
        id_column=job.plan.id,
        split=chunk.split,
        on_reject=job.recipe.checks.on_reject,
    )
    if rows.rejected.num_rows:
        write(rows.rejected, job.work, f"rejected/{chunk.language}/{chunk.stem}.parquet")
    annotated = []
    if job.recipe.project:
        annotated = annotate(records, job.recipe.annotations, rows.translations, _laid(job, chunk, "pieces"), aligners[chunk.language])
    ids = [str(value) for value in records.column(job.plan.id).to_pylist()]
    for config, table in tables(job.recipe, chunk, ids, records, rows, annotated).items():
        _lay_table(job, chunk, config, table)
    derived = Derived(chunk, len(rows.gone))
    if job.recipe.checks.on_reject == "row":  # their verdicts left with their rows
        for each in rows.rejected.select(["verdict", "reasons", "tried"]).to_pylist():
            derived.verdicts[each["verdict"]] += 1
            derived.reasons.update(each["reasons"])
            derived.tried.update([each["verdict"]] if each["tried"] else [])
    return derived


def write_part(job: Job, part: Part) -> list[Shard]:
    """Write one split of a config into the release, in the order of its chunks, and read the files back."""
    chunks = [chunk for chunk in job.plan.chunks(part.language) if chunk.split == part.split]
    laid = (_laid_table(job, chunk, part.config) for chunk in chunks)
    written = write_split(laid, job.release, f"{part.config}/{part.split}")
    ours = () if part.language == job.recipe.language else job.recipe.fields  # a source may have columns of such names
    columns = pq.read_schema(job.release / next(iter(written))).names
    return [
        read_back(
            job.release,
            path,
            rows,
            fields=[field for field in ours if f"{field}_quality" in columns],
            annotations=[a.column for a in job.recipe.annotations if ours and f"{a.column}_projection" in columns],
            switched=[f"{field}_switches" for field in ours if f"{field}_switches" in columns],
        )
        for path, rows in written.items()
    ]


def _lay_table(job: Job, chunk: Chunk, config: str, table: pa.Table) -> None:
    place = job.work / "tables" / config / f"{chunk.stem}.arrow"
    with guarded(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        with pa.ipc.new_file(place, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as file:
            file.write_table(table)


def _laid_table(job: Job, chunk: Chunk, config: str) -> pa.Table:
    with pa.ipc.open_file(job.work / "tables" / config / f"{chunk.stem}.arrow") as file:
        return file.read_all()


def _checked(job: Job, chunk: Chunk, learnt: Learnt) -> pl.DataFrame:
    checks = job.recipe.checks
    return check(
        _laid(job, chunk, "translations"),
        source_language=language(job.recipe.language),
        target_language=language(chunk.language),
        reject=checks.reject,
        flag=checks.flag,
        median_ratio=learnt["length-ratio"][chunk.language],
        identifier=checks.identifier,
    )


def _lay(job: Job, chunk: Chunk, what: str, frame: pl.DataFrame) -> None:
    """Lay a frame down for the next step."""
    place = job.work / what / chunk.language / f"{chunk.stem}.parquet"
    with guarded(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(place)


def _laid(job: Job, chunk: Chunk, what: str) -> pl.DataFrame:
    return pl.read_parquet(job.work / what / chunk.language / f"{chunk.stem}.parquet", glob=False)


def gather_rejects(job: Job, aside: pa.Table) -> list[File]:
    """Write what was not released into rejected/: rows and spans of the source, fields of each language; no file without rows.

    aside: schemas.frames.SET_ASIDE, more than what the job itself has set aside.
    """
    tables = {"source": pa.concat_tables([job.staged.set_aside(), aside]), "spans": job.staged.bad_spans()}
    for folder in sorted((job.work / "rejected").glob("*")):
        tables[folder.name] = pa.concat_tables(pq.ParquetFile(file).read() for file in sorted(folder.glob("*.parquet")))
    files = []
    for name, table in tables.items():
        if table.num_rows:
            path = f"rejected/{name}.parquet"
            write(table, job.release, path)
            files.append(entry(job.release, path, table.num_rows))
    return files
