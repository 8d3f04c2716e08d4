"""Materialise: frames to Parquet that any reader can check, and back to the numbers that the card prints."""

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.errors import IntegrityError, WarehouseError
from schemas.manifest import File

GROUP_BYTES = 32 << 20  # of a row group in memory: what a writer holds, and well below the 286 MiB that the Hub's viewer refuses
FILE_BYTES = 500 << 20  # of a file in memory, as the library datasets cuts its shards
PIECE_ROWS = 8_192  # of a row group, in one stretch of memory: in one alone, a group would stand beside its parts while it is made
READ_ROWS = 10_000  # at once, when a file is read back
READ_BUFFER = 1 << 20  # bytes of a column that are read ahead, instead of all that a row group has of it
CHUNKING = {"min_chunk_size": 16 << 10, "max_chunk_size": 64 << 10, "norm_level": 0}  # bytes of a page, before compression


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


def write(table: pa.Table, folder: Path, path: str) -> Path:
    """Write a table to folder/path and to the disk itself. Same table, same library: same bytes.

    A file says nothing of the release that it is in, so that the next one, if its rows are the same, has the same file.
    """
    file = folder / path
    with guarded(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        with _writer(file, table.schema) as add:
            for group in row_groups([table]):
                add(group)
    flush(file)
    return file


def write_split(tables: Iterable[pa.Table], folder: Path, stem: str) -> dict[str, int]:
    """Write tables of one schema, one after the other, to folder/STEM-00000-of-0000N.parquet: path -> rows.

    At least one table; one file at least, each of FILE_BYTES at most. Same rows, cut into the same tables: same bytes.
    """
    rows: list[int] = []
    size = 0
    with guarded(folder / stem), ExitStack() as file:
        (folder / stem).parent.mkdir(parents=True, exist_ok=True)
        for group in row_groups(tables):
            if not rows or size + group.nbytes > FILE_BYTES:
                file.close()
                add = file.enter_context(_writer(folder / f"{stem}-{len(rows):05d}", group.schema))
                rows.append(0)
                size = 0
            add(group)
            rows[-1] += group.num_rows
            size += group.nbytes
            del group  # or it stays beside the next one while that is gathered
    paths = {f"{stem}-{i:05d}-of-{len(rows):05d}.parquet": count for i, count in enumerate(rows)}
    for i, path in enumerate(paths):
        with guarded(folder / path):
            (folder / f"{stem}-{i:05d}").rename(folder / path)
        flush(folder / path)
    return paths


def row_groups(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The rows of tables in groups of about GROUP_BYTES in memory; one group without rows where there are none.

    How the rows are cut into tables changes no byte of a group, but may move its end.
    """
    held: list[pa.Table] = []
    size = 0
    for table in tables:
        step = max(1, table.num_rows * GROUP_BYTES // max(table.nbytes, 1))
        for start in range(0, max(table.num_rows, 1), step):
            part = table.slice(start, step)
            if size and size + part.nbytes > GROUP_BYTES:
                yield _joined(held)
                size = 0
            held.append(part)
            size += part.nbytes
    yield _joined(held)


def _joined(held: list[pa.Table]) -> pa.Table:
    """The tables as one, in stretches of PIECE_ROWS; the list is emptied on the way, since nobody needs the parts beside it."""
    pieces: list[pa.Table] = []
    loose: list[pa.Table] = []
    rows = 0
    while held:
        loose.append(held.pop(0))
        rows += loose[-1].num_rows
        while rows > PIECE_ROWS:
            whole = pa.concat_tables(loose)
            pieces.append(whole.slice(0, PIECE_ROWS).combine_chunks())
            loose, rows = [whole.slice(PIECE_ROWS)], rows - PIECE_ROWS
    return pa.concat_tables([*pieces, pa.concat_tables(loose).combine_chunks()])


@contextmanager
def _writer(file: Path, schema: pa.Schema) -> Iterator[Callable[[pa.Table], None]]:
    """A Parquet file, open for one row group after the other.

    zstd, with page index and page checksums: a flipped bit is an error, not other data. So that a store with deduplication holds
    unchanged rows once, pages are cut by their content and there are no dictionaries, which an inserted row would rewrite. Of a
    file of 200,000 rows (19 MB), what is stored already after 1,000 rows were put at its head, 2,000 at its end, and 2,000
    changed in the middle: 93.7, 95.9, 97.5 %; with pages of 256 KB to 1 MB and dictionaries 75.6, 94.8, 96.2 % (hf-xet 1.8.0).
    """
    with pq.ParquetWriter(
        file,
        schema.remove_metadata(),
        compression="zstd",
        use_dictionary=False,
        write_page_index=True,
        write_page_checksum=True,
        use_content_defined_chunking=CHUNKING,
    ) as writer:

        def add(group: pa.Table) -> None:
            if group.num_rows:  # `datasets` stumbles over a row group without rows, not over a file without row groups
                writer.write_table(group.replace_schema_metadata(None), row_group_size=group.num_rows)

        yield add


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
    try:
        return _read(folder, path, expected, fields, annotations, switched)
    except (pa.ArrowException, OSError) as error:
        raise IntegrityError(f"{path} cannot be read back: {error}. The disk may be failing; run the build again.") from None


def _read(folder: Path, path: str, expected: int, fields: Sequence[str], annotations: Sequence[str], switched: Sequence[str]) -> Shard:
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("verdicts", "reasons", "tried", "projected", "dropped", "counts")}
    rows = 0
    with pq.ParquetFile(folder / path, page_checksum_verification=True, buffer_size=READ_BUFFER) as file:
        columns = {field.name: str(field.type) for field in file.schema_arrow}
        for group in file.iter_batches(READ_ROWS):
            rows += group.num_rows
            for field in fields:
                quality = group.column(f"{field}_quality")
                verdict = pc.struct_field(quality, "verdict")
                counts["verdicts"].update(_counts(verdict))
                tried = pc.list_value_length(pc.struct_field(quality, "tried")).cast(pa.bool_())
                counts["tried"].update(_counts(verdict.filter(tried)))
                counts["reasons"].update(_counts(pc.list_flatten(pc.struct_field(quality, "reasons"))))
            for annotation in annotations:
                for spans in group.column(f"{annotation}_projection").to_pylist():
                    counts["projected"].update(span["method"] for span in spans if span["status"] == "projected")
                    counts["dropped"].update(span["reason"] for span in spans if span["status"] == "dropped")
            switches = [pc.fill_null(pc.list_value_length(group.column(name)), 0).to_pylist() for name in switched]
            for row in zip(*switches, strict=True):
                counts["counts"].update({"switches": sum(row), "rows with a switch": any(row)})
    if rows != expected:
        raise IntegrityError(f"{path} holds {rows} rows, {expected} were written. Run the build again.")
    return Shard(entry(folder, path, rows), columns, **counts)


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
