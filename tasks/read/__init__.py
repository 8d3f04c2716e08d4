"""Read a source: rows as Arrow tables, and the rows that could not be read beside them. Nothing is lost in between.

A new format is one file here, one model in schemas/recipe.py and one line in `reader`.
"""

import hashlib
import io
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

import pyarrow as pa

from schemas.errors import SourceError
from schemas.sources import ConllSource, DelimitedSource, HubSource, JsonlSource, MindSource, Source, SquadSource
from tasks.read.ahead import Files
from tasks.read.budget import SHOWN, STRING, Budget, too_long

PACKED = {".gz": "gzip", ".zst": "zstd"}
BUFFER = 1 << 20


class Row(NamedTuple):
    """A row that was read, and where it stood."""

    file: str
    line: int  # from 1; rows of Parquet likewise
    values: dict[str, object]


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
    places: Sequence[int]  # of each row of `table` in the part, from 0; the other places are those of `bad`, in order
    where: Sequence[tuple[str, int]]  # file and line of each row of `table`

    def __post_init__(self) -> None:
        for name in self.table.column_names:
            if not name or "\0" in name:
                raise SourceError(f"column {name!r}: {'a NUL is in its name' if name else 'it has no name'}. Rename it in the source.")

    @property
    def rows_in(self) -> int:
        return int(self.table.num_rows) + len(self.bad)


class Reader(Protocol):
    """One source. `id` names the column that identifies a row."""

    id: str

    def splits(self) -> Mapping[str, Sequence[Path]]:
        """Split -> its files, in order; those of the Hub are fetched when they are taken from it."""

    def parts(self, split: str, rows: int) -> Iterator[Part]:
        """The split in parts of `rows` source rows each (the last may have fewer).

        A split without rows whose columns are known has one part that tells them.
        """


def reader(source: Source, limit: int | None = None) -> Reader:
    """The reader of a source. Raises SourceError where there is nothing to read.

    limit: rows of each split that will be asked for, so that nothing more is fetched.
    """
    from tasks.read import conll, delimited, jsonl, mind, parquet, squad

    if isinstance(source, HubSource):
        from tasks.read import hub  # brings huggingface_hub: 0.2 s

        return hub.HubReader(source, ahead=limit is None)
    if not source.path.exists():
        raise SourceError(f"{source.path}: no such file or folder. source.path is looked for beside the recipe, then here.")
    if isinstance(source, MindSource):
        return mind.MindReader(source)
    if isinstance(source, JsonlSource):
        return jsonl.JsonlReader(source)
    if isinstance(source, DelimitedSource):
        return delimited.DelimitedReader(source)
    if isinstance(source, ConllSource):
        return conll.ConllReader(source)
    if isinstance(source, SquadSource):
        return squad.SquadReader(source)
    return parquet.ParquetReader(source)


def pinned(source: Source) -> Source:
    """The source at one state: of the Hub, at the commit that its revision names now. Files are pinned by their digest."""
    if not isinstance(source, HubSource):
        return source
    from tasks.read import hub

    return hub.pinned(source)


def digest(reader: Reader) -> str:
    """sha256 over the names and bytes of all files of a source, in order; of those of the Hub by the hashes that it has of them."""
    total = hashlib.sha256()
    for split, files in reader.splits().items():
        for name, inner in files.hashes if isinstance(files, Files) else map(_hashed, files):
            total.update(f"{split}\0{name}\0{inner}\n".encode())
    return total.hexdigest()


def _hashed(file: Path) -> tuple[str, str]:
    with file.open("rb") as stream:
        return file.name, hashlib.file_digest(stream, "sha256").hexdigest()


def files_of(path: Path, endings: tuple[str, ...]) -> list[Path]:
    """The file itself, or the files with one of these endings in a folder, by name. Raises SourceError if none."""
    if path.is_file():
        return [path]
    files = sorted(f for f in path.iterdir() if f.is_file() and f.name.endswith(endings))
    if not files:
        raise SourceError(f"{path}: no {' or '.join(endings)} file in this folder.")
    return files


def lines_of(file: Path, *, ends: bool = False, budget: Budget | None = None) -> Iterator[tuple[int, str | Bad]]:
    """(line number from 1, text without its line end unless `ends`), undecodable and endless lines as Bad; .gz and .zst are unpacked.

    Lines end with LF or CR LF only: U+2028 and its kind are text. A byte order mark at the start is dropped.
    """
    budget = budget or Budget()
    with _unpacked(file) as stream:
        for number, raw in enumerate(iter(partial(stream.readline, STRING), b""), 1):
            size = len(raw)
            budget.room -= size  # `spend` costs a call for each line
            if budget.room < 0:
                budget.stop(file.name, number)
            if size == STRING and not raw.endswith(b"\n"):
                size += _skipped(stream, budget, file.name, number)
            if number == 1:
                raw = raw.removeprefix(b"\xef\xbb\xbf")
            try:
                if size > STRING:
                    yield number, Bad(file.name, number, too_long(size), raw[:SHOWN].decode("utf-8", "backslashreplace"))
                else:
                    yield number, (raw if ends else raw.removesuffix(b"\n").removesuffix(b"\r")).decode("utf-8")
            except UnicodeDecodeError as error:
                reason = f"not UTF-8 at byte {error.start + 1} of the line"
                yield number, Bad(file.name, number, reason, raw.decode("utf-8", "backslashreplace").rstrip("\r\n"))


def _skipped(stream: BinaryIO, budget: Budget, file: str, line: int) -> int:
    """Bytes of the rest of a line, which is passed over."""
    size = 0
    for raw in iter(partial(stream.readline, STRING), b""):
        size += len(raw)
        budget.skip(len(raw), file, line)
        if raw.endswith(b"\n"):
            break
    return size


@contextmanager
def _unpacked(file: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, those of .gz and .zst unpacked as they are read. Raises SourceError where they cannot be."""
    codec = PACKED.get(file.suffix)
    if codec is None:
        with file.open("rb") as stream:
            yield stream
        return
    try:
        with pa.input_stream(file, compression=codec) as packed, io.BufferedReader(packed, BUFFER) as stream:
            yield stream
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{file.name}: not a whole {codec} file: {str(error).rstrip('.')}. Fetch it again.") from None


def grouped(rows: Iterable[Row | Bad], size: int, schema: pa.Schema | None = None, budget: Budget | None = None) -> Iterator[Part]:
    """Parts of `size` source rows each from rows one by one; the column types are inferred where no schema is given.

    budget: what the lines of the rows are counted against.
    """
    several = iter(rows)
    part = _next(several, size, budget)
    if not part and schema is not None:
        yield Part(schema.empty_table(), [], [], [])
    while part:
        good = [(place, row) for place, row in enumerate(part) if isinstance(row, Row)]
        table = _table([row.values for _, row in good], schema)
        bad = [row for row in part if isinstance(row, Bad)]
        yield Part(table, bad, [place for place, _ in good], [(row.file, row.line) for _, row in good])
        part = _next(several, size, budget)


def _next(rows: Iterator[Row | Bad], size: int, budget: Budget | None) -> list[Row | Bad]:
    if budget:
        budget.chunk(size)
    return list(itertools.islice(rows, size))


def _table(rows: list[dict[str, object]], schema: pa.Schema | None) -> pa.Table:
    if schema is not None:
        return pa.Table.from_pylist(rows, schema=schema)
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {}
    for name in names:
        values = [_filled(value) if isinstance(value := row.get(name), dict | list) else value for row in rows]
        try:
            columns[name] = pa.array(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            kinds = sorted({type(value).__name__ for value in values if value is not None})
            raise SourceError(f"column {name!r} mixes types ({', '.join(kinds)}): {error}. Give every row one type.") from None
    return pa.table(columns)


def _filled(value: object) -> object:
    """The value with null for each empty object in it: Parquet has no type for them."""
    if isinstance(value, dict):
        return {key: _filled(inner) for key, inner in value.items()} or None
    return [_filled(inner) for inner in value] if isinstance(value, list) else value
