"""Files of the memory: read the rows of some keys, write rows so that few of them are found fast.

Measured over 1 million rows in one file, 10,000 keys of which 5,000 are there (2 cores, polars 2.1): all columns joined
with the keys 0.4 s and 500 MB; key column first, then only the pages of the hits 0.2 s and 40 MB. It takes both small
pages and small row groups: row groups of a million rows cost 100 MB.
"""

import itertools
import json
import logging
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.transaction import AddAction, RemoveAction

from schemas.frames import MEMORY
from tasks.memory.rows import ROW
from tasks.vacuum import HOOKS

_log = logging.getLogger("babelmill")

PAGE, GROUP = 256, 65_536  # rows
SETTLED = "settled-"  # how files begin that compaction wrote
STORED = pa.schema([field for field in MEMORY if field.name in ROW])  # the rest is the name of the folder


class File(NamedTuple):
    """A Parquet file of one partition."""

    path: Path
    name: str  # in the table
    engine: str
    target: str
    rows: int
    bytes: int
    written: int  # milliseconds since 1970; of a file that compaction made, when the last of its rows came


def listed(table: DeltaTable | None, folder: Path) -> list[File]:
    """The files of a snapshot, in order of name."""
    if table is None:
        return []
    wanted = ["path", "partition.engine", "partition.target", "num_records", "size_bytes", "modification_time"]
    rows = pl.DataFrame(table.get_add_actions(flatten=True)).select(wanted).rows()
    return sorted(File(folder.joinpath(*row[0].split("/")), *row) for row in rows)


class Keys(NamedTuple):
    """A range of keys, [low, high); None is no bound."""

    low: bytes | None
    high: bytes | None


def ranges(rows: int, most: int) -> Iterator[Keys]:
    """Ranges that cut `rows` rows into parts of about `most` at most: keys are hashes, so equal ranges hold equal shares."""
    parts = max(1, -(-rows // most))
    bounds = [None, *((part * 2**128 // parts).to_bytes(16, "big") for part in range(1, parts)), None]
    return (Keys(low, high) for low, high in itertools.pairwise(bounds))


def read(files: list[Path], wanted: pl.Series | Keys | None = None, columns: list[str] = ROW) -> pl.DataFrame:
    """The rows of the wanted keys, or all; a file that is damaged or gone counts as absent."""
    if not files:
        return pl.DataFrame(schema=pl.Schema(STORED)).select(columns)
    scan = pl.scan_parquet(files, hive_partitioning=False, glob=False, parallel="prefiltered").select(columns)
    try:
        return _only(scan, wanted).collect(engine="streaming")
    except (pl.exceptions.ComputeError, FileNotFoundError) as error:
        if len(files) > 1:
            return pl.concat([read([file], wanted, columns) for file in files])
        reason = str(error).splitlines()[0]
        _log.warning("translation memory: %s cannot be read (%s); what it held is translated again", files[0], reason)
        return read([], columns=columns)


def _only(scan: pl.LazyFrame, wanted: pl.Series | Keys | None) -> pl.LazyFrame:
    key = pl.col("key")
    if isinstance(wanted, pl.Series):
        return scan.filter(key.is_in(wanted.implode()))  # as a join, all columns of all rows would be decoded first
    low, high = wanted or Keys(None, None)
    scan = scan if low is None else scan.filter(key >= pl.lit(low))
    return scan if high is None else scan.filter(key < pl.lit(high))


def settle(rows: pl.DataFrame, folder: Path, engine: str, target: str, written: int | None = None) -> AddAction:
    """Write rows in order of key into a new file of a partition, which is not part of the table before it is committed.

    written: when the last of the rows came, in milliseconds since 1970; now if not given.
    """
    path = f"engine={engine}/target={target}/{SETTLED}{uuid.uuid4()}.parquet"
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("xb") as stream:
        table = rows.select(ROW).to_arrow().cast(STORED)
        pq.write_table(
            table,
            stream,
            compression="zstd",
            row_group_size=GROUP,
            max_rows_per_page=PAGE,
            write_page_index=True,
            use_dictionary=["source_language"],
            write_statistics=["key"],
        )
        stream.flush()
        os.fsync(stream.fileno())
    if written is None:
        written = int(time.time() * 1000)
    partition = {"engine": engine, "target": target}
    return AddAction(path, place.stat().st_size, partition, written, True, json.dumps({"numRecords": rows.height}))


def commit(table: DeltaTable, made: list[AddAction], old: list[File]) -> None:
    """Put new files in the place of old ones. Raises CommitFailedError if another writer has taken one of those away."""
    # Rows do not change, but of actions that say so (data_change) delta-rs 1.6 lets two take away the same file
    now = int(time.time() * 1000)
    gone = [RemoveAction(file.name, True, now, file.bytes, {"engine": file.engine, "target": file.target}) for file in old]
    table.create_write_transaction([*made, *gone], "append", MEMORY, ["engine", "target"], post_commithook_properties=HOOKS)
