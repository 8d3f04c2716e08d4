"""Parquet: read in pieces whose size in memory is bounded, page checksums verified where the file has them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import types

from schemas.errors import SourceError
from schemas.sources import ParquetSource
from tasks.read import Bad, Part, files_of
from tasks.read.budget import SHOWN, STRING, Budget, too_long
from tasks.read.pages import rows_at_once

BUFFER = 1 << 20  # bytes read at once of each column, instead of all that a row group has of it
TEXT = (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
ALIKE = "Name those that are alike: source.path, or source.files of format: hub."

PLAIN = (  # what `datasets` 5.2 (Features.from_arrow_schema) and Polars 2.1 both load
    *(types.is_null, types.is_boolean, types.is_integer, types.is_floating, types.is_decimal128),
    *(types.is_string, types.is_large_string, types.is_binary, types.is_large_binary, types.is_fixed_size_binary),
    *(types.is_date, types.is_time, types.is_timestamp, types.is_duration),
)


class ParquetReader:
    """A Parquet file or a folder of them with the same columns. All or nothing: a damaged file has no good rows."""

    def __init__(self, source: ParquetSource, splits: Mapping[str, Sequence[Path]] | None = None) -> None:
        """splits: files of each split, in order, where they are not all of the source's path."""
        self._source = source
        self._splits = splits
        self.id = source.id or "id"

    def splits(self) -> Mapping[str, Sequence[Path]]:
        return self._splits or {self._source.split: files_of(self._source.path, (".parquet",))}

    def parts(self, split: str, rows: int) -> Iterator[Part]:
        budget = Budget(self._source.max_bytes)
        part: _Gathered | None = None
        told = False
        for file, start, batch in self._batches(self.splits()[split], rows):
            part = part or _Gathered(batch.schema, rows, budget)
            while batch.num_rows:
                taken = part.take(file, start, batch)
                start, batch = start + taken, batch.slice(taken)
                if part.full:
                    yield part.whole()
                    part = _Gathered(batch.schema, rows, budget)
                    told = True
        if part and (part.rows_in or not told):
            yield part.whole()

    def _batches(self, files: Sequence[Path], rows: int) -> Iterator[tuple[str, int, pa.RecordBatch]]:
        """(file, rows of it before, rows); the first comes without rows, for its columns."""
        first: tuple[str, pa.Schema] | None = None
        for file in files:
            with (
                _explained(file.name),
                pq.ParquetFile(file, page_checksum_verification=True, pre_buffer=False, buffer_size=BUFFER) as opened,
            ):
                schema = _plain_schema(file.name, opened.schema_arrow)
                if first is None:
                    first = file.name, schema
                    yield file.name, 0, pa.RecordBatch.from_arrays([pa.nulls(0, each.type) for each in schema], schema=schema)
                if schema != first[1]:
                    raise SourceError(
                        f"{file.name}: its columns differ from those of {first[0]}: {_differences(schema, first[1])}. {ALIKE}"
                    )
                start = 0
                for batch in opened.iter_batches(batch_size=rows_at_once(file, opened.metadata, min(rows, 10_000))):
                    batch.validate(full=True)
                    yield file.name, start, batch.replace_schema_metadata(None).cast(schema)
                    start += batch.num_rows


@contextmanager
def _explained(file: str) -> Iterator[None]:
    """Raises SourceError for what Arrow cannot read."""
    try:
        yield
    except pa.ArrowNotImplementedError as error:
        raise SourceError(f"{file}: a type that is not supported: {_said(error)}. Cast the column to text or numbers.") from None
    except (pa.ArrowException, OSError, ValueError) as error:  # ValueError: page headers that are none
        raise SourceError(f"{file}: not a whole Parquet file: {_said(error)}. Fetch it again.") from None


def _said(error: Exception) -> str:
    return str(error).strip().rstrip(".")


class _Gathered:
    """Rows on their way to be a part."""

    def __init__(self, schema: pa.Schema, rows: int, budget: Budget) -> None:
        budget.chunk(rows)
        self._schema, self._rows, self._budget = schema, rows, budget
        self._batches: list[pa.RecordBatch] = []
        self._bad: list[Bad] = []
        self._places: list[int] = []
        self._where: list[tuple[str, int]] = []
        self.rows_in = 0

    @property
    def full(self) -> bool:
        return self.rows_in == self._rows

    def take(self, file: str, start: int, batch: pa.RecordBatch) -> int:
        """Take the first rows of a batch, as many as are wanted, and set those aside that hold a string too long; how many were taken."""
        batch = batch.slice(0, self._rows - self.rows_in)
        self._budget.spend(batch.nbytes, file, start + batch.num_rows)
        long = _too_long(batch)
        good: Sequence[int] = [i for i in range(batch.num_rows) if i not in long] if long else range(batch.num_rows)
        self._bad += [Bad(file, start + i + 1, reason, _raw(batch, i)) for i, reason in long.items()]
        self._batches.append(batch.take(pa.array(good, pa.int64())) if long else batch)
        self._places.extend(range(self.rows_in, self.rows_in + batch.num_rows) if not long else [self.rows_in + i for i in good])
        self._where += [(file, start + i + 1) for i in good]
        self.rows_in += batch.num_rows
        return int(batch.num_rows)

    def whole(self) -> Part:
        return Part(pa.Table.from_batches(self._batches, self._schema), self._bad, self._places, self._where)


def _too_long(batch: pa.RecordBatch) -> dict[int, str]:
    """Row -> why it is set aside, in order."""
    found: dict[int, str] = {}
    for column in batch.columns:
        if any(fits(column.type) for fits in TEXT):
            sizes = pc.binary_length(column)
            if (pc.max(sizes).as_py() or 0) > STRING:
                found |= {i: too_long(size) for i, size in enumerate(sizes.to_pylist()) if (size or 0) > STRING}
    return dict(sorted(found.items()))


def _raw(batch: pa.RecordBatch, row: int) -> str:
    """What a row says, long strings shortened."""
    values = batch.slice(row, 1).to_pylist()[0].items()
    short = {key: value[:SHOWN] if isinstance(value, str | bytes) else value for key, value in values}
    return json.dumps(short, ensure_ascii=False, default=str)


def _differences(schema: pa.Schema, other: pa.Schema) -> str:
    """What one has and the other has not."""
    lacks = [f"no {name!r}" for name in other.names if name not in schema.names]
    more = [f"{name!r} too" for name in schema.names if name not in other.names]
    kinds = [(name, schema.field(name).type, other.field(name).type) for name in schema.names if name in other.names]
    changed = [f"{name!r} is {kind}, not {before}" for name, kind, before in kinds if kind != before]
    return ", ".join([*lacks, *more, *changed][:5]) or "their order is another"


def _plain_schema(file: str, schema: pa.Schema) -> pa.Schema:
    return pa.schema([field.remove_metadata().with_type(_plain(field.type, f"{file}: column {field.name!r}")) for field in schema])


def _plain(kind: pa.DataType, column: str) -> pa.DataType:
    """The type with views and dictionaries as plain values. Raises SourceError for what some later step cannot hold."""
    if types.is_string_view(kind):
        return pa.string()
    if types.is_binary_view(kind):
        return pa.binary()
    if types.is_dictionary(kind):
        return _plain(kind.value_type, column)
    if types.is_struct(kind):
        return pa.struct([inner.with_type(_plain(inner.type, column)) for inner in kind])
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        inner = kind.value_field.with_type(_plain(kind.value_type, column))
        if types.is_fixed_size_list(kind):
            return pa.list_(inner, kind.list_size)
        return pa.list_(inner) if types.is_list(kind) else pa.large_list(inner)
    if not any(fits(kind) for fits in PLAIN):
        raise SourceError(f"{column} holds {kind}, which is not supported. Cast it to {_instead(kind)} and write the file again.")
    return kind


def _instead(kind: pa.DataType) -> str:
    if isinstance(kind, pa.BaseExtensionType):
        return str(kind.storage_type)
    if types.is_map(kind):
        return f"list<struct<key: {kind.key_type}, value: {kind.item_type}>>"
    if types.is_decimal(kind):
        return f"decimal128({min(kind.precision, 38)}, {kind.scale})"
    return f"list<{kind.value_type}>" if types.is_list_view(kind) or types.is_large_list_view(kind) else "string"
