"""Compaction: many small files of a partition become few large ones with one row per key.

As in a log-structured merge tree (O'Neil et al. 1996), large files that are in order stay as they are, so that the work
grows with what is new and not with the memory. A small file's row of a key that a large file has is left out; a large
file with a damaged row, or one that the rule of the smallest checksum gives up, is written anew with the small ones.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl
from deltalake import DeltaTable
from deltalake.transaction import AddAction

from tasks.memory.files import SETTLED, File, commit, listed, ranges, read, settle
from tasks.memory.rows import sound
from tasks.vacuum import HOOKS

ROWS = 100_000  # of a file at most, and in memory at once: measured in tests/bench/measure_memory.py


def compact(table: DeltaTable, folder: Path, engine: str, target: str, least: int) -> bool:
    """Rewrite the small files of a partition if there are at least `least`; what is appended meanwhile stays.

    Every group of files is a commit of its own. Raises CommitFailedError if another compaction was quicker.
    """
    files = _files(table, folder, engine, target)
    small = [file for file in files if not _settled(file) or file.rows < ROWS // 2]
    if len(small) < least or not small:
        return False
    for group in _groups(small):
        done = [file for file in _files(table, folder, engine, target) if _settled(file) and file not in small]
        _merge(table, folder, engine, target, group, done)
        table.update_incremental()
    table.vacuum(
        dry_run=False, full=True, post_commithook_properties=HOOKS
    )  # files that no version of the last week names; nobody reads longer than that
    return True


def _files(table: DeltaTable, folder: Path, engine: str, target: str) -> list[File]:
    return [file for file in listed(table, folder) if (file.engine, file.target) == (engine, target)]


def _settled(file: File) -> bool:
    return file.path.name.startswith(SETTLED)


def _groups(files: list[File]) -> Iterator[list[File]]:
    """The files in their order, as many together as have ROWS rows."""
    group: list[File] = []
    for file in files:
        if group and _rows(group) + file.rows > ROWS:
            yield group
            group = []
        group.append(file)
    yield group


def _merge(table: DeltaTable, folder: Path, engine: str, target: str, group: list[File], done: list[File]) -> None:
    """Put the rows of a group into new files, less those that a file done before has already."""
    new = read(_paths(group), columns=["key", "checksum"]).group_by("key").agg(pl.col("checksum").min().alias("new"))
    known, old = [pl.Series("key", [], pl.Binary)], list(group)
    for file in done:
        keys = read([file.path], columns=["key"])
        held = keys.join(new, on="key", how="semi")["key"]
        if keys.height == file.rows and _best(file, held, new, engine, target):
            known.append(held)
        else:
            old.append(file)
    elsewhere = pl.concat(known).to_frame()
    made: list[AddAction] = []
    for part in ranges(_rows(old), ROWS):
        rows = sound(read(_paths(old), part), engine, target).join(elsewhere, on="key", how="anti", maintain_order="left")
        if rows.height:
            made.append(settle(rows, folder, engine, target, max(file.written for file in old)))
    commit(table, made, old)


def _best(file: File, held: pl.Series, new: pl.DataFrame, engine: str, target: str) -> bool:
    """Whether the file's row of each of these keys is sound, and has a checksum as small as the new one's."""
    if held.is_empty():
        return True
    rows = sound(read([file.path], held), engine, target)
    return rows.height == held.len() and not rows.join(new, on="key").select((pl.col("new") < pl.col("checksum")).any()).item()


def _rows(files: Iterable[File]) -> int:
    return sum(file.rows for file in files)


def _paths(files: Iterable[File]) -> list[Path]:
    return [file.path for file in files]
