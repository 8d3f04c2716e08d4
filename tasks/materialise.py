"""Materialise: frames to Parquet that any reader can check, and back to the numbers that the card prints."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.errors import IntegrityError, WarehouseError
from schemas.manifest import File


@dataclass(frozen=True)
class Shard:
    """A Parquet file of a release, as read back from the disk."""

    file: File
    columns: dict[str, str]  # name -> Arrow type
    verdicts: Counter[str]  # translated fields by verdict
    reasons: Counter[str]  # and by each check that fired
    tried: Counter[str]  # those that needed a second try, by verdict
    projected: Counter[str]  # spans by what found their place
    dropped: Counter[str]  # and by the reason why they have none
    counts: Counter[str]  # switches, and rows that have one


def write(table: pa.Table, folder: Path, path: str, metadata: dict[str, str] | None = None) -> Path:
    """Write a table to folder/path and to the disk itself.

    zstd, with page index, page checksums (a flipped bit is an error, not other data) and content-defined chunking (an
    unchanged row keeps its bytes, so that a store with deduplication holds it once). Same table, same library: same bytes.
    """
    file = folder / path
    table = table.replace_schema_metadata(metadata).combine_chunks()
    with guarded(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        with pq.ParquetWriter(
            file,
            table.schema,
            compression="zstd",
            write_page_index=True,
            write_page_checksum=True,
            use_content_defined_chunking=True,
        ) as writer:
            if table.num_rows:  # `datasets` stumbles over a row group without rows, not over a file without row groups
                writer.write_table(table, row_group_size=100_000)
    flush(file)
    return file


def read_back(
    folder: Path,
    path: str,
    expected: int,
    fields: Sequence[str] = (),
    annotations: Sequence[str] = (),
    switched: Sequence[str] = (),
) -> Shard:
    """What the file holds, every page checksum verified. Raises IntegrityError if it is not `expected` rows.

    fields: the translated ones, whose verdicts are counted. annotations: the projected ones. switched: columns of switches.
    """
    file = folder / path
    try:
        table = pq.read_table(file, page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        raise IntegrityError(f"{path} cannot be read back: {error}. The disk may be failing; run the build again.") from None
    if table.num_rows != expected:
        raise IntegrityError(f"{path} holds {table.num_rows} rows, {expected} were written. Run the build again.")
    verdicts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    for field in fields:
        quality = table.column(f"{field}_quality")
        verdict = pc.struct_field(quality, "verdict")
        verdicts.update(_counts(verdict))
        tried.update(_counts(verdict.filter(pc.greater(pc.list_value_length(pc.struct_field(quality, "tried")), 0))))
        reasons.update(_counts(pc.list_flatten(pc.struct_field(quality, "reasons"))))
    projected: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    for annotation in annotations:
        for spans in table.column(f"{annotation}_projection").to_pylist():
            projected.update(span["method"] for span in spans if span["status"] == "projected")
            dropped.update(span["reason"] for span in spans if span["status"] == "dropped")
    counts: Counter[str] = Counter()
    if switched:
        rows = zip(*(pc.fill_null(pc.list_value_length(table.column(name)), 0).to_pylist() for name in switched), strict=True)
        for row in rows:
            counts.update({"switches": sum(row), "rows with a switch": any(row)})
    columns = {field.name: str(field.type) for field in table.schema}
    return Shard(entry(folder, path, table.num_rows), columns, verdicts, reasons, tried, projected, dropped, counts)


def _counts(values: pa.ChunkedArray) -> dict[str, int]:
    return {each["values"]: each["counts"] for each in pc.value_counts(values.drop_null()).to_pylist()}


def entry(folder: Path, path: str, rows: int | None = None) -> File:
    """Path, size and sha256 of a file of a release."""
    file = folder / path
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return File(path=path, sha256=digest, bytes=file.stat().st_size, rows=rows)


def flush(path: Path) -> None:
    """Make a file or folder survive a power cut."""
    with guarded(path):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Turns what the disk refuses (full, read-only, no permission) into a WarehouseError that names the way out."""
    try:
        yield
    except (OSError, pl.exceptions.ComputeError) as error:
        if not isinstance(error, OSError) and "os error" not in str(error):  # Polars says what the disk said, as an error of its own
            raise
        number = getattr(error, "errno", None)
        reason = os.strerror(number) if number else str(error)
        raise WarehouseError(
            f"{path}: {reason}. Make room or choose another place with BABELMILL_HOME or --store, "
            "then run the same command again: what is in the translation memory is kept."
        ) from None
