"""CSV (RFC 4180) and TSV with a header line. A quote that never closes costs its own line, not the rest of the file."""

import csv
import itertools
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from schemas.errors import SourceError
from schemas.sources import DelimitedSource
from tasks.read import PACKED, Bad, Part, Row, files_of, grouped, lines_of
from tasks.read.budget import STRING, Budget

ENDINGS = tuple(f"{name}{packed}" for name in (".csv", ".tsv", ".txt") for packed in ("", *PACKED))
LONGEST = 1000  # lines that one quoted value may span before its quote counts as never closed

csv.field_size_limit(2**31 - 1)


class DelimitedReader:
    """A .csv or .tsv file or a folder of them with the same header. Every column is text."""

    def __init__(self, source: DelimitedSource, splits: Mapping[str, Sequence[Path]] | None = None) -> None:
        """splits: files of each split, in order, where they are not all of the source's path."""
        self._source = source
        self._splits = splits
        self.id = source.id or "id"

    def splits(self) -> Mapping[str, Sequence[Path]]:
        return self._splits or {self._source.split: files_of(self._source.path, ENDINGS)}

    def parts(self, split: str, rows: int) -> Iterator[Part]:
        budget = Budget(self._source.max_bytes)
        files = iter(self.splits()[split])
        first = next(files)
        header = self._header(first)
        schema = pa.schema([(name, pa.string()) for name in header])
        several = (row for file in itertools.chain([first], files) for row in self._rows(file, first.name, header, budget))
        yield from grouped(several, rows, schema, budget)

    def _header(self, file: Path) -> list[str]:
        header = next((values for _, values in self._records(file)), None)
        if not isinstance(header, list):
            raise SourceError(f"{file.name} line 1: no header line{f': {header.reason}' if header else ''}.")
        twice = sorted({name for name in header if header.count(name) > 1})
        if twice or "" in header:
            raise SourceError(f"{file.name} line 1: column {(twice or [''])[0]!r} is named {'twice' if twice else 'nothing'}.")
        return header

    def _rows(self, file: Path, first: str, header: list[str], budget: Budget) -> Iterator[Row | Bad]:
        if (own := self._header(file)) != header:
            raise SourceError(f"{file.name}: header {own}, but that of {first} is {header}. Name the files that are alike.")
        records = self._records(file, budget)
        next(records)
        for number, values in records:
            if isinstance(values, Bad):
                yield values
            elif len(values) != len(header):
                raw = self._separator.join(values)
                yield Bad(file.name, number, f"{len(values)} columns, expected {len(header)}", raw)
            else:
                yield Row(file.name, number, dict(zip(header, values, strict=True)))

    @property
    def _separator(self) -> str:
        return "," if self._source.format == "csv" else "\t"

    def _records(self, file: Path, budget: Budget | None = None) -> Iterator[tuple[int, list[str] | Bad]]:
        """(number of its first line, values) of each record; a record that cannot be parsed gives up one line.

        A blank line is no record, but where the header has one column it is an empty value.
        """
        columns = 0
        lines = lines_of(file, ends=True, budget=budget)
        ahead: deque[tuple[int, str | Bad]] = deque()  # lines read past a record whose quote did not close
        while ahead or (line := next(lines, None)):
            if not ahead:
                assert line is not None
                ahead.append(line)
            number, text = ahead[0]
            if isinstance(text, Bad):
                ahead.popleft()
                yield number, text
            elif columns != 1 and not text.rstrip("\r\n"):
                ahead.popleft()
            else:
                values, taken = self._parse(file.name, ahead, lines)
                columns = columns or len(values) if isinstance(values, list) else columns
                for _ in range(taken):
                    ahead.popleft()
                yield number, values

    def _parse(self, file: str, ahead: deque[tuple[int, str | Bad]], lines: Iterator[tuple[int, str | Bad]]) -> tuple[list[str] | Bad, int]:
        """Values of the record at the head of `ahead`, which grows as needed, and how many lines it took."""
        number, first = ahead[0]
        first = str(first).removesuffix("\n").removesuffix("\r")
        if not self._source.quoted:
            return first.split(self._separator), 1
        record = csv.reader(_until_bad(ahead, lines), delimiter=self._separator, strict=True)
        try:
            return next(record) or [""], record.line_num
        except csv.Error as error:
            never = "end of data" in str(error)
            return Bad(file, number, "a quote that never closes" if never else str(error), first), 1


def _until_bad(ahead: deque[tuple[int, str | Bad]], lines: Iterator[tuple[int, str | Bad]]) -> Iterator[str]:
    """The next lines, at most LONGEST of them or STRING characters; what is taken from `lines` stays in `ahead`.

    None from an undecodable line on.
    """
    size = 0
    for i in range(LONGEST):
        if i == len(ahead):
            line = next(lines, None)
            if line is None:
                return
            ahead.append(line)
        text = ahead[i][1]
        if isinstance(text, Bad) or size > STRING:
            return
        size += len(text)
        yield text
