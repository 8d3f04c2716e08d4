"""Read a source: rows as Arrow tables, and the rows that could not be read beside them. Nothing is lost in between.

A new format is one file here, one model in schemas/recipe.py and one line in `reader`.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from schemas.errors import SourceError
from schemas.recipe import DelimitedSource, JsonlSource, MindSource, Source


@dataclass(frozen=True)
class Bad:
    """A row that was set aside: where it stood, why, and what it said."""

    file: str
    line: int
    reason: str
    raw: str


@dataclass(frozen=True)
class Part:
    """Consecutive rows of a split: `rows_in` of the source = rows of `table` + rows of `bad`."""

    table: pa.Table
    bad: list[Bad]

    @property
    def rows_in(self) -> int:
        return int(self.table.num_rows) + len(self.bad)


class Reader(Protocol):
    """One source. `id` names the column that identifies a row."""

    id: str

    def splits(self) -> dict[str, list[Path]]:
        """Split -> its files, in order."""

    def parts(self, split: str, rows: int) -> Iterator[Part]:
        """The split in parts of `rows` source rows each (the last may have fewer)."""


def reader(source: Source) -> Reader:
    """The reader of a source. Raises SourceError where there is nothing to read."""
    from tasks.read import delimited, jsonl, mind, parquet

    if not source.path.exists():
        raise SourceError(f"{source.path}: no such file or folder. source.path is looked for beside the recipe, then here.")
    if isinstance(source, MindSource):
        return mind.MindReader(source)
    if isinstance(source, JsonlSource):
        return jsonl.JsonlReader(source)
    if isinstance(source, DelimitedSource):
        return delimited.DelimitedReader(source)
    return parquet.ParquetReader(source)


def digest(reader: Reader) -> str:
    """sha256 over the names and bytes of all files of a source, in order."""
    total = hashlib.sha256()
    for split, files in reader.splits().items():
        for file in files:
            with file.open("rb") as stream:
                inner = hashlib.file_digest(stream, "sha256").hexdigest()
            total.update(f"{split}\0{file.name}\0{inner}\n".encode())
    return total.hexdigest()


def files_of(path: Path, endings: tuple[str, ...]) -> list[Path]:
    """The file itself, or the files with one of these endings in a folder, by name. Raises SourceError if none."""
    if path.is_file():
        return [path]
    files = sorted(f for f in path.iterdir() if f.is_file() and f.name.endswith(endings))
    if not files:
        raise SourceError(f"{path}: no {' or '.join(endings)} file in this folder.")
    return files


def lines_of(file: Path) -> Iterator[tuple[int, str | Bad]]:
    """(line number from 1, text without its line end), undecodable lines as Bad.

    Lines end with LF or CR LF only: U+2028 and its kind are text. A byte order mark at the start is dropped.
    """
    with file.open("rb") as stream:
        for number, raw in enumerate(stream, 1):
            if number == 1:
                raw = raw.removeprefix(b"\xef\xbb\xbf")
            try:
                yield number, raw.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
            except UnicodeDecodeError as error:
                reason = f"not UTF-8 at byte {error.start + 1} of the line"
                yield number, Bad(file.name, number, reason, raw.decode("utf-8", "backslashreplace").rstrip("\r\n"))


def grouped(rows: Iterable[dict[str, object] | Bad], size: int, schema: pa.Schema | None = None) -> Iterator[Part]:
    """Parts of `size` source rows each from rows one by one; the column types are inferred where no schema is given."""
    good: list[dict[str, object]] = []
    bad: list[Bad] = []
    for row in rows:
        if isinstance(row, Bad):
            bad.append(row)
        else:
            good.append(row)
        if len(good) + len(bad) == size:
            yield Part(_table(good, schema), bad)
            good, bad = [], []
    if good or bad:
        yield Part(_table(good, schema), bad)


def _table(rows: list[dict[str, object]], schema: pa.Schema | None) -> pa.Table:
    if schema is not None:
        return pa.Table.from_pylist(rows, schema=schema)
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {}
    for name in names:
        try:
            columns[name] = pa.array([row.get(name) for row in rows])
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
            kinds = sorted({type(row[name]).__name__ for row in rows if row.get(name) is not None})
            raise SourceError(f"column {name!r} mixes {' and '.join(kinds)}: {error}. Give every row one type.") from None
    return pa.table(columns)
