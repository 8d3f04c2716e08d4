"""Parquet: read by row group batches, page checksums verified where the file has them."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import types

from schemas.errors import SourceError
from schemas.sources import ParquetSource
from tasks.read import Part, files_of

PLAIN = (  # what `datasets` 5.2 (Features.from_arrow_schema) and Polars 2.1 both load
    *(types.is_null, types.is_boolean, types.is_integer, types.is_floating, types.is_decimal128),
    *(types.is_string, types.is_large_string, types.is_binary, types.is_large_binary, types.is_fixed_size_binary),
    *(types.is_date, types.is_time, types.is_timestamp, types.is_duration),
)


class ParquetReader:
    """A Parquet file or a folder of them with the same columns. All or nothing: a damaged file has no good rows."""

    def __init__(self, source: ParquetSource, splits: dict[str, list[Path]] | None = None) -> None:
        """splits: files of each split, in order, where they are not all of the source's path."""
        self._source = source
        self._splits = splits
        self.id = source.id or "id"

    def splits(self) -> dict[str, list[Path]]:
        return self._splits or {self._source.split: files_of(self._source.path, (".parquet",))}

    def parts(self, split: str, rows: int) -> Iterator[Part]:
        waiting: list[pa.RecordBatch] = []
        where: list[tuple[str, int]] = []
        told = False
        for file, start, batch in self._batches(self.splits()[split], rows):
            while len(where) + batch.num_rows >= rows:
                take = rows - len(where)
                where += _where(file, start, take)
                yield Part(pa.Table.from_batches([*waiting, batch.slice(0, take)]), [], range(rows), where)
                waiting, where, start, batch, told = [], [], start + take, batch.slice(take), True
            waiting.append(batch)
            where += _where(file, start, batch.num_rows)
        if where or not told:
            yield Part(pa.Table.from_batches(waiting), [], range(len(where)), where)

    def _batches(self, files: list[Path], rows: int) -> Iterator[tuple[str, int, pa.RecordBatch]]:
        """(file, rows of it before, rows); the first comes without rows, for its columns."""
        first: pa.Schema | None = None
        for file in files:
            try:
                with pq.ParquetFile(file, page_checksum_verification=True) as opened:
                    schema = _plain_schema(file.name, opened.schema_arrow)
                    if first is None:
                        first = schema
                        yield file.name, 0, pa.RecordBatch.from_pylist([], schema)
                    if schema != first:
                        raise SourceError(f"{file.name}: its columns differ from those of {files[0].name}.")
                    start = 0
                    for batch in opened.iter_batches(batch_size=min(rows, 10_000)):
                        batch.validate(full=True)
                        yield file.name, start, batch.replace_schema_metadata(None).cast(schema)
                        start += batch.num_rows
            except pa.ArrowNotImplementedError as error:
                raise SourceError(f"{file.name}: a type that is not supported: {error}. Cast the column to text or numbers.") from None
            except (pa.ArrowException, OSError) as error:
                raise SourceError(f"{file.name}: not a whole Parquet file: {error}. Fetch it again.") from None


def _where(file: str, start: int, count: int) -> list[tuple[str, int]]:
    return [(file, start + i + 1) for i in range(count)]


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
