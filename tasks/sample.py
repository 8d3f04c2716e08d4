"""Sample: some rows of a release with their translations and variants, chosen by a fixed rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from schemas.manifest import Manifest
from tasks.annotations import FORMATS

TEXTS, FEWEST, MOST = 200, 3, 8  # texts in all, rows at least and at most: 15 languages with 2 fields show 6 rows
LONGEST = 300  # code points shown of a text; with TEXTS it keeps the report of 15 languages below 300 kB
ROWS = 10_000  # of a split that are looked at, its first ones
CANDIDATES = 2000  # of these for a row to be shown, evenly spread
DOUBTED = 2  # rows that are there because a check fired

Row = dict[str, Any]


@dataclass(frozen=True)
class Sample:
    """Rows of one split."""

    split: str
    ids: list[Any]  # in the source's order
    rows: dict[str, dict[Any, Row]]  # config -> id -> row; none where the row was rejected
    rejects: dict[tuple[str, str, str], Row]  # (config, id, field) -> what was rejected there


def sample(manifest: Manifest, folder: Path) -> Sample | None:
    """Some rows of the first split that has any, and the same rows in every other config with texts.

    Its first ROWS are cut into equal ranges. Of each comes the row with text in all fields, the longest not over LONGEST code
    points, and the most spans up to 4, in this order of weight; the first of equals. DOUBTED of the rows are instead the
    first where a check rejected a translation, else where one flagged it. None where the source has no rows.
    """
    fields, key = manifest.recipe.get("fields", ()), manifest.source.id
    splits = manifest.configs[manifest.language].splits.items()
    split = next((split for split, account in splits if account.rows_out), None)
    if split is None or not fields:
        return None
    names = [name for name, config in manifest.configs.items() if config.kind != "behaviors"]
    first = {name: _first(manifest, folder, name, split) for name in names}
    ids = _choose(manifest, first, max(FEWEST, min(MOST, TEXTS // (len(names) * len(fields)))))
    chosen = {name: frame.filter(pl.col(key).is_in(ids)).collect() for name, frame in first.items()}
    rows = {name: {row[key]: row for row in frame.to_dicts()} for name, frame in chosen.items()}
    rejects = {(name, row["id"], row["field"]): row for name in names for row in _rejects(folder, name, split, ids)}
    return Sample(split, ids, rows, rejects)


def _first(manifest: Manifest, folder: Path, name: str, split: str) -> pl.LazyFrame:
    """What is shown of the first rows of a config, which has the source's rows in their order, or fewer; without rows where it has none."""
    config, fields, key = manifest.configs[name], manifest.recipe["fields"], manifest.source.id
    bound = [a["column"] for a in manifest.recipe.get("annotations", ())]
    wanted = [*fields, *(f"{f}_{kind}" for f in fields for kind in ("quality", "switches")), *bound, *(f"{b}_projection" for b in bound)]
    columns = [key, *(column for column in wanted if column in config.columns and column != key)]
    files = [folder / file.path for file in config.splits[split].files if file.rows] if split in config.splits else []
    if not files:
        return pl.LazyFrame(schema=dict.fromkeys(columns, pl.Null))
    return pl.scan_parquet(files, glob=False, hive_partitioning=False).select(columns).head(ROWS)


def _choose(manifest: Manifest, first: dict[str, pl.LazyFrame], count: int) -> list[Any]:
    """Ids of the rows to show, in order."""
    key, source = manifest.source.id, first[manifest.language]
    order = _ids(source, key)
    rejected, flagged = _doubted(manifest, first, order)
    doubted = [*(i for i in order if i in rejected), *(i for i in order if i in flagged - rejected)][:DOUBTED]
    step = -(-len(order) // CANDIDATES)
    rest = [row for row in source.gather_every(step).collect().to_dicts() if row[key] not in doubted]
    ranges = min(count - len(doubted), len(rest))
    parts = [rest[len(rest) * i // ranges : len(rest) * (i + 1) // ranges] for i in range(ranges)]
    chosen = {max(part, key=lambda row: _interest(manifest, row))[key] for part in parts}.union(doubted)
    return [i for i in order if i in chosen]


def _doubted(manifest: Manifest, first: dict[str, pl.LazyFrame], order: list[Any]) -> tuple[set[Any], set[Any]]:
    """Ids of rows of which a translation was rejected, and of those where one was flagged."""
    found: dict[str, set[Any]] = {"reject": set(), "flag": set()}
    for name, config in manifest.configs.items():
        if config.kind == "translation":
            qualities = [pl.col(f"{f}_quality") for f in manifest.recipe["fields"] if f"{f}_quality" in config.columns]
            for verdict, ids in found.items():
                said = [quality.struct.field("verdict") == verdict for quality in qualities]
                ids.update(_ids(first[name].filter(pl.any_horizontal(said)), manifest.source.id) if said else ())
            found["reject"].update(set(order).difference(_ids(first[name], manifest.source.id)))
    return found["reject"], found["flag"]


def _ids(frame: pl.LazyFrame, key: str) -> list[Any]:
    return frame.select(key).collect()[key].to_list()


def _interest(manifest: Manifest, row: Row) -> tuple[bool, bool, int]:
    texts = [row[field] or "" for field in manifest.recipe["fields"]]
    spans = sum(len(FORMATS[a["format"]].read(row.get(a["column"]), row[a["field"]])) for a in manifest.recipe.get("annotations", ()))
    return all(texts), max(map(len, texts)) <= LONGEST, min(spans, 4)


def _rejects(folder: Path, name: str, split: str, ids: Sequence[Any]) -> list[Row]:
    path = folder / "rejected" / f"{name}.parquet"
    if not path.is_file():
        return []
    ours = pl.col("split") == split, pl.col("id").is_in([str(i) for i in ids])
    return pl.scan_parquet(path, glob=False).filter(ours).collect().to_dicts()
