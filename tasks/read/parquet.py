"""Parquet: read by row group batches, page checksums verified where the file has them."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import SourceError
from schemas.recipe import ParquetSource
from tasks.read import Part, files_of


class ParquetReader:
    """A Parquet file or a folder of them with the same columns. All or nothing: a damaged file has no good rows."""

    def __init__(self, source: ParquetSource) -> None:
        self._source = source
        self.id = source.id or "id"

    def splits(self) -> dict[str, list[Path]]:
        return {self._source.split: files_of(self._source.path, (".parquet",))}

    def parts(self, split: str, rows: int) -> Iterator[Part]:
        waiting: list[pa.RecordBatch] = []
        count = 0
        for batch in self._batches(self.splits()[split], rows):
            while count + batch.num_rows >= rows:
                take = rows - count
                yield Part(pa.Table.from_batches([*waiting, batch.slice(0, take)]), [], range(rows))
                waiting, count, batch = [], 0, batch.slice(take)
            if batch.num_rows:
                waiting.append(batch)
                count += batch.num_rows
        if waiting:
            yield Part(pa.Table.from_batches(waiting), [], range(count))

    def _batches(self, files: list[Path], rows: int) -> Iterator[pa.RecordBatch]:
        first: pa.Schema | None = None
        for file in files:
            try:
                with pq.ParquetFile(file, page_checksum_verification=True) as opened:
                    schema = opened.schema_arrow.remove_metadata()
                    first = first or schema
                    if schema != first:
                        raise SourceError(f"{file.name}: its columns differ from those of {files[0].name}.")
                    for batch in opened.iter_batches(batch_size=min(rows, 10_000)):
                        batch.validate(full=True)
                        yield batch.replace_schema_metadata(None)
            except (pa.ArrowException, OSError) as error:
                raise SourceError(f"{file.name}: not a whole Parquet file: {error}. Fetch it again.") from None
