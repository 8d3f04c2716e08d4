"""The behaviours of MIND as a config of their own: they point at articles by id, so one serves all languages."""

import math
import sys
from collections import Counter
from pathlib import Path

import polars as pl
import pyarrow as pa

from flows.steps import Job
from schemas import manifest as m
from schemas.frames import SET_ASIDE, table_of
from schemas.sources import MindSource
from tasks.materialise import read_back, write
from tasks.read.behaviors import behaviors, count
from tasks.read.mind import behaviors_of

CONFIG = "behaviors"
ROWS = 50_000  # of a shard: some 10 MB


def write_behaviors(job: Job, limit: int | None) -> tuple[m.Config | None, pa.Table]:
    """Write the behaviours of the splits that have some; their config, and the lines that could not be read."""
    source = job.recipe.source
    found = behaviors_of(source) if isinstance(source, MindSource) else {}
    splits: dict[str, m.Split] = {}
    aside: list[dict[str, object]] = []
    columns: dict[str, str] = {}
    for split, file in found.items():
        if split in job.plan.splits:
            account, columns, bad = _split(job, split, file, limit)
            splits[split] = account
            aside += bad
    config = m.Config(language=job.recipe.language, kind="behaviors", columns=columns, splits=splits) if splits else None
    return config, table_of(aside, SET_ASIDE)


def _split(job: Job, split: str, file: Path, limit: int | None) -> tuple[m.Split, dict[str, str], list[dict[str, object]]]:
    known = _articles(job, job.recipe.language, split)
    missing = {code: known.filter(~known.is_in(_articles(job, code, split).implode())) for code in job.recipe.translate.into}
    rows_in = 0
    files: list[m.File] = []
    aside: list[dict[str, object]] = []
    columns: dict[str, str] = {}
    counts: Counter[str] = Counter()
    shards = max(1, math.ceil(min(count(file), limit or sys.maxsize) / ROWS))
    for i, part in enumerate(behaviors(file, ROWS, limit)):
        path = f"{CONFIG}/{split}-{i:05d}-of-{shards:05d}.parquet"
        write(part.table, job.release, path)
        shard = read_back(job.release, path, part.table.num_rows)
        files.append(shard.file)
        columns = shard.columns
        rows_in += part.rows_in
        aside += [{"split": split, "file": b.file, "line": b.line, "reason": b.reason, "raw": b.raw} for b in part.bad]
        nids = _references(part.table)
        counts["references"] += len(nids)
        counts["to no article"] += nids.len() - int(nids.is_in(known.implode()).sum())
        for code, articles in missing.items():
            counts[f"only to the source's article ({code})"] += int(nids.is_in(articles.implode()).sum())
    account = m.Split(
        rows_in=rows_in,
        rows_out=sum(f.rows or 0 for f in files),
        set_aside=len(aside),
        rejected=0,
        fields=0,
        verdicts={},
        reasons={},
        counts={what: n for what, n in counts.items() if n},
        files=tuple(files),
    )
    return account, columns, aside


def _articles(job: Job, config: str, split: str) -> pl.Series:
    """The ids of the articles that a config has."""
    files = sorted((job.release / config).glob(f"{split}-*.parquet"))
    return pl.concat([pl.read_parquet(file, columns=[job.plan.id], glob=False).to_series() for file in files])


def _references(table: pa.Table) -> pl.Series:
    """The articles that impressions and histories name, each as often as they do."""
    frame = pl.DataFrame(table)
    shown = frame["impressions"].explode().struct.field("nid")
    return pl.concat([shown, frame["history"].explode()]).drop_nulls()
