"""The translation memory: every sentence ever translated, in a Delta Lake table partitioned by engine and target language.

Appends are atomic and any number of builds may write at once. The same key may thus be appended twice: a read keeps the row
with the smallest checksum, and `compact` removes the rest. A row whose checksum does not fit counts as absent.
"""

import logging
import re
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import xxhash
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from schemas.errors import WarehouseError
from schemas.frames import MEMORY
from tasks.translate import Hypothesis

_log = logging.getLogger("babelmill")

TRIES = 8  # of a commit that another writer was quicker than; Delta itself tries again where it can
FILES_TO_COMPACT = 64  # a look-up opens every file of a partition
_DECORATION = re.compile(r"\x1b\[\d*m|↳")  # colours and arrows of delta-rs
_PAYLOAD = ["source_language", "source", "translation", "score", "truncated", "tried"]
_ROWS = ["key", *_PAYLOAD, "checksum"]


def key(source_language: str, text: str) -> bytes:
    """xxh3-128 of source language and text (NFC); engine and target language are the partition."""
    return xxhash.xxh3_128_digest(f"{source_language}\0{text}".encode())


def checksum(engine: str, target: str, row_key: bytes, payload: Sequence[Any]) -> bytes:
    """xxh3-64 of a row; `payload` as `source_language, source, translation, score, truncated, tried`."""
    language, source, translation, score, truncated, tried = payload
    number = "" if score is None else f"{score:.4f}"
    parts = (engine, target, row_key.hex(), language, source, translation, number, str(bool(truncated)), *tried)
    return xxhash.xxh3_64_digest("\0".join(parts).encode("utf-8", "surrogatepass"))


class Memory:
    """The memory of one warehouse. Made on first use."""

    def __init__(self, folder: Path) -> None:
        self._uri = str(folder)
        self._folder = folder

    def look_up(self, engine: str, target: str, keys: pl.Series) -> pl.DataFrame:
        """The rows of these keys that the memory has: key, translation, score, truncated, tried; one row per key."""
        files = self._files(engine, target)
        if not files or keys.is_empty():
            return _empty()
        found = self._guard(lambda: _read(files, keys.unique().to_frame("key").lazy()))
        return _sound(found, engine, target).select("key", "translation", "score", "truncated", "tried")

    def append(
        self,
        engine: str,
        target: str,
        language: str,
        keys: Sequence[bytes],
        texts: Sequence[str],
        found: Sequence[Hypothesis],
    ) -> None:
        """Add translations, all or none. Raises WarehouseError if the disk is full or may not be written."""
        rows = []
        for row_key, text, hypothesis in zip(keys, texts, found, strict=True):
            score = None if hypothesis.score is None else struct.unpack("f", struct.pack("f", hypothesis.score))[0]  # as stored
            payload = (language, text, hypothesis.text, score, hypothesis.truncated, list(hypothesis.tried))
            rows.append((engine, target, row_key, *payload, checksum(engine, target, row_key, payload)))
        if rows:
            columns = [pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), MEMORY, strict=True)]
            table = pa.Table.from_arrays(columns, schema=MEMORY)
            self._guard(lambda: self._commit(table))

    def compact(self, engine: str, target: str, files: int = FILES_TO_COMPACT) -> bool:
        """Rewrite a partition of at least `files` files as one row per key. Another writer's commit wins: then False."""
        table = self._open()  # the same snapshot for reading and writing: what comes in between is not overwritten
        found = self._files(engine, target, table)
        if table is None or len(found) < files:
            return False
        rows = self._guard(lambda: _read(found))
        sound = _sound(rows, engine, target).select(pl.lit(engine).alias("engine"), pl.lit(target).alias("target"), *_ROWS)
        predicate = f"engine = '{engine}' AND target = '{target}'"

        def rewrite() -> bool:
            try:
                write_deltalake(table, sound.to_arrow().cast(MEMORY), mode="overwrite", predicate=predicate)
            except CommitFailedError:
                return False
            table.update_incremental()
            table.vacuum(dry_run=False)  # files that no version of the last week names; nobody reads longer than that
            return True

        return bool(self._guard(rewrite))

    def rows(self) -> pl.DataFrame:
        """engine, target and rows (not yet distinct) of each partition."""
        table = self._open()
        if table is None:
            return pl.DataFrame(schema={"engine": pl.String, "target": pl.String, "rows": pl.Int64})
        actions = pl.DataFrame(pa.table(table.get_add_actions(flatten=True)))
        return (
            actions.group_by(pl.col("partition.engine").alias("engine"), pl.col("partition.target").alias("target"))
            .agg(pl.col("num_records").sum().alias("rows"))
            .sort("engine", "target")
        )

    def _open(self) -> DeltaTable | None:
        try:
            return self._guard(lambda: DeltaTable(self._uri)) if self._folder.is_dir() else None
        except TableNotFoundError:
            return None

    def _commit(self, table: pa.Table) -> None:
        """Append to the table, which is made if need be; two that make it at once conflict, and one tries again."""
        for tries_left in reversed(range(TRIES)):
            try:
                if not self._folder.is_dir() or not DeltaTable.is_deltatable(self._uri):
                    self._folder.mkdir(parents=True, exist_ok=True)
                    DeltaTable.create(self._uri, MEMORY, mode="ignore", partition_by=["engine", "target"])
                write_deltalake(self._uri, table, mode="append")
                return
            except CommitFailedError:
                if not tries_left:
                    raise

    def _files(self, engine: str, target: str, table: DeltaTable | None = None) -> list[str]:
        table = table or self._open()
        uris = table.file_uris(file_pruning_predicate=[("engine", "=", engine), ("target", "=", target)]) if table else []
        return sorted(str(self._folder.joinpath(*uri.split("/")[-3:])) for uri in uris)  # quoted, but for the names of partitions

    def _guard(self, work: Callable[[], Any]) -> Any:
        """Run `work`; what the disk or the table refuses becomes a WarehouseError that names the way out."""
        try:
            return work()
        except TableNotFoundError:
            raise
        except (DeltaError, OSError, pl.exceptions.ComputeError) as error:
            reason = " ".join(_DECORATION.sub(" ", str(error)).split()).rstrip(".")
            raise WarehouseError(
                f"translation memory {self._folder}: {reason}. Nothing of this chunk was kept; mend it, run again."
            ) from None


def _empty() -> pl.DataFrame:
    return pl.DataFrame(schema=pl.Schema(MEMORY)).select("key", "translation", "score", "truncated", "tried")


def _read(files: list[str], wanted: pl.LazyFrame | None = None) -> pl.DataFrame:
    """The rows (of the wanted keys) of some files; a file that is damaged or gone counts as absent."""
    scan = pl.scan_parquet(files, hive_partitioning=False, glob=False).select(_ROWS)
    try:
        return (scan if wanted is None else scan.join(wanted, on="key", how="semi")).collect()
    except (pl.exceptions.ComputeError, FileNotFoundError) as error:
        if len(files) > 1:
            return pl.concat([_read([file], wanted) for file in files])
        reason = str(error).splitlines()[0]
        _log.warning("translation memory: %s cannot be read (%s); what it held is translated again", files[0], reason)
        return pl.DataFrame(schema={name: pl.Schema(MEMORY)[name] for name in _ROWS})


def _sound(rows: pl.DataFrame, engine: str, target: str) -> pl.DataFrame:
    """Rows whose checksum fits, one per key: the smallest checksum."""
    sums = [checksum(engine, target, row[0], row[1:-1]) for row in rows.select(_ROWS).iter_rows()]
    good = pl.Series("good", [a == b for a, b in zip(sums, rows["checksum"], strict=True)], dtype=pl.Boolean)
    return rows.filter(good).sort("checksum").unique("key", keep="first", maintain_order=True).sort("key")
