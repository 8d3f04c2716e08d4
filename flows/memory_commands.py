"""Behind `babelmill memory`: what the translation memory holds, its exchange as TMX, and its pruning."""

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from flows.settings import settings
from schemas.errors import RecipeError
from schemas.languages import language
from tasks.materialise import flush, guarded
from tasks.memory import Memory, key
from tasks.memory.rows import PAYLOAD
from tasks.tmx import Unit
from tasks.tmx.read import Account, read_tmx
from tasks.tmx.write import tmx

HUMAN = "human"  # the engine of what no machine says that it made
RUNS = 5  # builds whose hit rate is shown
AT_ONCE = 50_000  # units in memory at once
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")  # as fingerprints are; a folder is named by it


def show() -> dict[str, Any]:
    """Partitions of the memory (engine, target, rows, files, bytes, written) and the hit rates of the last builds, newest first."""
    rows = _memory().rows().with_columns(pl.col("written").dt.to_string("iso:strict"))
    return {"partitions": rows.to_dicts(), "builds": list(_builds())}


def export_tmx(path: Path, engine: str | None, target: str | None, source: str | None) -> dict[str, Any]:
    """Write the sound rows of all partitions that fit, by engine, target language and key, into a new file or none."""
    memory, counted = _memory(), Counter[str]()
    wanted, origin = _partitions(memory, engine, target), source and language(source).code

    def units() -> Iterator[Unit]:
        for name, code in wanted:
            for page in memory.pages(name, code):
                rows = page if origin is None else page.filter(pl.col("source_language") == origin)
                counted[name] += rows.height
                for row in rows.select(PAYLOAD).iter_rows():
                    yield Unit(row[0], row[1], code, row[2], name, row[3], row[4], tuple(row[5]))

    part = path.with_name(f".{path.name}.{os.getpid()}")
    with guarded(path):
        try:
            with part.open("w", encoding="utf-8", newline="") as stream:
                stream.writelines(tmx(units(), version("babelmill")))
            flush(part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return {"path": str(path), "units": counted.total(), "engines": dict(counted)}


def import_tmx(path: Path, source: str, target: str, engine: str | None) -> dict[str, Any]:
    """Add the units of a TMX file to the memory; where no --engine is given, to the engine that a unit names, or `human`.

    Units that are there already are stored once. Says how many there were, and of those left out, why.
    """
    memory, account, counted = _memory(), Account(), Counter[str]()
    here, there = language(source), language(target)
    if here == there:
        raise RecipeError(f"--source-language and --target-language both mean {here.code}. A translation needs two.")
    if engine is not None and not _NAME.fullmatch(engine):
        raise RecipeError(f"--engine {engine!r}: small letters, digits and dashes, at most 64, as in {HUMAN}.")
    units = _named(read_tmx(path, here, there, account), engine, account)
    while slab := list(islice(units, AT_ONCE)):
        for name in sorted({unit.engine or HUMAN for unit in slab}):
            ours = [unit for unit in slab if (unit.engine or HUMAN) == name]
            memory.add(name, there.code, _rows(ours))
            counted[name] += len(ours)
    for name in counted:
        memory.compact(name, there.code)
    noted = {what: count for what, count in sorted(account.noted.items()) if count}
    refused = dict(sorted(account.refused.items()))
    return {"units": account.units, "imported": counted.total(), "engines": dict(counted), "refused": refused, "noted": noted}


def prune(engine: str, target: str | None, keep_latest: bool, dry_run: bool) -> dict[str, Any]:
    """Remove the partitions of all engines whose name begins so; with keep_latest not those, one a target, written last."""
    memory = _memory()
    gone = _partitions(memory, engine, target)
    there = memory.rows().filter(pl.struct("engine", "target").is_in([{"engine": e, "target": t} for e, t in gone]))
    if keep_latest:
        there = there.filter(pl.col("written") < pl.col("written").max().over("target"))
    rows = there.drop("written").to_dicts()
    freed = sum(row["bytes"] for row in rows) if dry_run else memory.prune([(row["engine"], row["target"]) for row in rows])
    return {"removed": rows, "bytes": freed, "dry_run": dry_run}


def _memory() -> Memory:
    return Memory(settings().home / "memory")


def _partitions(memory: Memory, engine: str | None, target: str | None) -> list[tuple[str, str]]:
    """Engine and target of the partitions that fit. Raises RecipeError if there are none."""
    there = [(row["engine"], row["target"]) for row in memory.rows().to_dicts()]
    code = target and language(target).code
    found = [each for each in there if each[0].startswith(engine or "") and code in (None, each[1])]
    if not found:
        known = ", ".join(f"{name} {of}" for name, of in there) or "nothing"
        raise RecipeError(f"the memory has nothing of engine {engine or 'any'} into {code or 'any'}; it has {known}.")
    return found


def _builds() -> Iterator[dict[str, Any]]:
    for file in sorted((settings().home / "runs").glob("*.json"), reverse=True)[:RUNS]:
        try:
            run = json.loads(file.read_text("utf-8"))
            sentences, known = int(run["sentences"]), int(run["from_memory"])
            told = {"name": str(run["name"]), "version": str(run["version"]), "finished": str(run["finished"])}
        except (OSError, ValueError, KeyError, TypeError):
            continue  # of another kind, or cut off: it says nothing of hits
        yield {**told, "sentences": sentences, "from_memory": known, "hit_rate": round(known / sentences, 4) if sentences else None}


def _named(units: Iterable[Unit], engine: str | None, account: Account) -> Iterator[Unit]:
    """The units with the engine asked for; those whose own has no name for a folder are refused."""
    for unit in units:
        name = engine or unit.engine or HUMAN
        if _NAME.fullmatch(name):
            yield unit._replace(engine=name)
        else:
            account.refused["its engine has a name that the memory does not take; --engine gives another"] += 1


def _rows(units: list[Unit]) -> pl.DataFrame:
    values = [(key(u.source_language, u.source), u.source_language, u.source, u.translation, u.score, u.truncated, u.tried) for u in units]
    types: list[pl.DataType | type[pl.DataType]] = [pl.Binary, pl.String, pl.String, pl.String, pl.Float32, pl.Boolean, pl.List(pl.String)]
    return pl.DataFrame(values, schema=dict(zip(["key", *PAYLOAD], types, strict=True)), orient="row")
