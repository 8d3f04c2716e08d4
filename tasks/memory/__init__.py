"""The translation memory: every sentence ever translated, in a Delta Lake table partitioned by engine and target language.

Appends are atomic and any number of builds may write at once. The same key may thus be appended twice: a read keeps the row
with the smallest checksum, and `compact` removes the rest. A row whose checksum does not fit counts as absent.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from schemas.errors import WarehouseError
from schemas.frames import MEMORY
from tasks.memory.compaction import ROWS, compact
from tasks.memory.files import File, commit, listed, ranges, read
from tasks.memory.rows import PAYLOAD, checksums, key, sound
from tasks.translate import Hypothesis
from tasks.vacuum import DAYS, HOOKS, Freed, vacuum

__all__ = ["Memory", "key"]

TRIES = 8  # of a commit that another writer was quicker than; Delta itself tries again where it can
FILES_TO_COMPACT = 64  # a look-up opens every file of a partition
_DECORATION = re.compile(r"\x1b\[\d*m|↳")  # colours and arrows of delta-rs
_ANSWER = ["key", "translation", "score", "truncated", "tried"]


class Memory:
    """The memory of one warehouse. Made on first use."""

    def __init__(self, folder: Path) -> None:
        self._uri = str(folder)
        self._folder = folder

    def look_up(self, engine: str, target: str, keys: pl.Series) -> pl.DataFrame:
        """The rows of these keys that the memory has: key, translation, score, truncated, tried; one row per key."""
        paths = [file.path for file in self._files(self._open(), engine, target)] if len(keys) else []
        with self._guarded():
            found = read(paths, keys.unique())
        return sound(found, engine, target).select(_ANSWER)

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
        columns = zip(*found, strict=True) if found else [()] * len(Hypothesis._fields)
        translations, scores, truncated, tried = (list(column) for column in columns)
        payload = [[language] * len(keys), texts, translations, scores, truncated, tried]
        rows = dict(zip(["key", *PAYLOAD], [keys, *payload], strict=True))
        self.add(engine, target, pl.DataFrame(rows, schema={name: _SCHEMA[name] for name in rows}))

    def add(self, engine: str, target: str, rows: pl.DataFrame) -> None:
        """Add rows of key, source_language, source, translation, score, truncated, tried; all or none."""
        if rows.height:
            whole = rows.with_columns(checksums(rows, engine, target), engine=pl.lit(engine), target=pl.lit(target))
            table = whole.select(MEMORY.names).to_arrow().cast(MEMORY)
            with self._guarded():
                self._append(table)

    def compact(self, engine: str, target: str, files: int = FILES_TO_COMPACT) -> bool:
        """Make at least `files` small files of a partition few, with one row per key; see tasks.memory.compaction.

        Appends meanwhile stay. False if there was nothing to do, or another compaction was quicker.
        """
        table = self._open()  # the same snapshot for reading and writing: what comes in between is not touched
        if table is None:
            return False
        with self._guarded():
            try:
                return compact(table, self._folder, engine, target, files)
            except CommitFailedError:
                return False

    def rows(self) -> pl.DataFrame:
        """engine, target, rows (not yet distinct), files, bytes and written (UTC, the last file) of each partition."""
        told = [(file.engine, file.target, file.rows, 1, file.bytes, file.written) for file in self._files(self._open())]
        schema = {"engine": pl.String, "target": pl.String, "rows": pl.Int64, "files": pl.Int64, "bytes": pl.Int64}
        found = pl.DataFrame(told, {**schema, "written": pl.Datetime("ms")}, orient="row")
        sums = found.group_by("engine", "target").agg(pl.col("rows", "files", "bytes").sum(), pl.col("written").max())
        return sums.sort("engine", "target")

    def pages(self, engine: str, target: str) -> Iterator[pl.DataFrame]:
        """All rows of a partition that are sound, one per key and in order of key, some hundred thousand at a time."""
        found = self._files(self._open(), engine, target)
        for keys in ranges(sum(file.rows for file in found), ROWS // 2):
            with self._guarded():
                rows = read([file.path for file in found], keys)
            yield sound(rows, engine, target)

    def prune(self, partitions: Sequence[tuple[str, str]]) -> int:
        """Remove partitions (engine, target) and free their disk at once; bytes freed. What is appended meanwhile stays.

        A build that reads one of them just now translates again what it does not find.
        """
        with self._guarded():
            gone = self._remove(partitions)
            for file in gone:  # these and no others: a vacuum without delay would take what others have not committed yet
                file.path.unlink(missing_ok=True)
        return sum(file.bytes for file in gone)

    def vacuum(self, days: int = DAYS, dry_run: bool = False) -> Freed:
        """Free what compaction, pruning and killed writers left behind `days` days ago; see tasks.vacuum."""
        with self._guarded():
            return vacuum(self._folder, days, dry_run)

    def _open(self) -> DeltaTable | None:
        try:
            with self._guarded():
                return DeltaTable(self._uri) if self._folder.is_dir() else None
        except TableNotFoundError:
            return None

    def _remove(self, partitions: Sequence[tuple[str, str]]) -> list[File]:
        for tries_left in reversed(range(TRIES)):
            table = self._open()
            gone = [file for file in self._files(table) if (file.engine, file.target) in partitions]
            try:
                if table is not None and gone:
                    commit(table, [], gone)
                return gone
            except CommitFailedError:
                if not tries_left:
                    raise
        raise AssertionError("unreachable")

    def _append(self, rows: Any) -> None:
        """Append to the table, which is made if need be; two that make it at once conflict, and one tries again."""
        for tries_left in reversed(range(TRIES)):
            try:
                if not self._folder.is_dir() or not DeltaTable.is_deltatable(self._uri):
                    self._folder.mkdir(parents=True, exist_ok=True)
                    DeltaTable.create(self._uri, MEMORY, mode="ignore", partition_by=["engine", "target"])
                write_deltalake(self._uri, rows, mode="append", post_commithook_properties=HOOKS)
                return
            except CommitFailedError:
                if not tries_left:
                    raise

    def _files(self, table: DeltaTable | None, engine: str | None = None, target: str | None = None) -> list[File]:
        with self._guarded():
            found = listed(table, self._folder)
        return [file for file in found if engine in (None, file.engine) and target in (None, file.target)]

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """What the disk or the table refuses becomes a WarehouseError that names the way out."""
        try:
            yield
        except TableNotFoundError:
            raise
        except (DeltaError, OSError, pl.exceptions.ComputeError) as error:
            reason = " ".join(_DECORATION.sub(" ", str(error)).split()).rstrip(".")
            raise WarehouseError(
                f"translation memory {self._folder}: {reason}. Nothing of this chunk was kept; mend it, run again."
            ) from None


_SCHEMA = pl.Schema(MEMORY)
