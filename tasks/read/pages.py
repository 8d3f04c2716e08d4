"""Pages: how much a Parquet file unpacks to, seen from its page headers and dictionaries without unpacking the rest.

The footer does not tell: 248 KB that repeat one long string have a footer that says 225 KB, and fill 2 GB. The page headers cannot
lie, since the reader unpacks by them. Format: https://parquet.apache.org/docs/file-format (parquet.thrift, in Thrift's compact protocol).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import SourceError
from tasks.read.budget import LISTS, ONE_ROW, PAGE, PIECE, size_of

DICTIONARY_PAGE = 2  # PageHeader.type
V1, V2 = 0, 3  # of data pages
DATA = {V1: 5, V2: 8}  # type of data pages -> field with their own header
ENCODING = {V1: 2, V2: 4}  # and in that the field with the encoding of the values
PLAIN_DICTIONARY, DELTA_BYTE_ARRAY, RLE_DICTIONARY = 2, 7, 8
WIDTHS = {"BOOLEAN": 1, "INT32": 4, "INT64": 8, "INT96": 12, "FLOAT": 4, "DOUBLE": 8}  # bytes unpacked
OFFSET = 4  # bytes beside each value: where it ends, or its level
LENGTH = Struct("<I")  # before each value of a dictionary of bytes
HEADER = 16 << 20  # bytes of a page header at most, as in Arrow


@dataclass(frozen=True)
class Page:
    """A page as its header has it."""

    kind: int
    encoding: int
    values: int
    rows: int  # 0 where the header does not say
    size: int  # bytes unpacked
    stored: int  # bytes in the file
    at: int  # where they begin


def rows_at_once(path: Path, metadata: pq.FileMetaData, most: int) -> int:
    """How many rows of a file may be unpacked together, from 1 to `most`, so that they stay near tasks.read.budget.PIECE.

    Raises SourceError for a page that is too large to be unpacked at all; ValueError for page headers that are none.
    """
    rows = most
    start = 1
    with path.open("rb") as file:
        for group in range(metadata.num_row_groups):
            about = metadata.row_group(group)
            heaviest = 0.0  # bytes of a row, where rows are heaviest
            for column in range(about.num_columns):
                kind = metadata.schema.column(column)
                try:
                    heaviest += _heaviest(file, about.column(column), kind, about.num_rows)
                except _TooLargeError as error:
                    raise SourceError(
                        f"{path.name} rows {start:,} to {start + about.num_rows - 1:,}: column {kind.path!r} has {error}. "
                        "Write the file again with fewer rows in a row group, or shorter texts and lists. "
                        "Many datasets of the Hub have a copy with small pages: try revision: refs/convert/parquet."
                    ) from None
            rows = min(rows, max(1, int(PIECE / max(heaviest, 1.0))))
            start += about.num_rows
    return rows


class _TooLargeError(Exception):
    pass


def _heaviest(file: BinaryIO, chunk: pq.ColumnChunkMetaData, kind: pq.ColumnSchema, rows: int) -> float:
    """Bytes that a column of a row group has in a row, where values are longest and rows have most values.

    How many values a row of lists has is known of pages of version 2; of those of version 1 the mean must do.
    """
    fixed = chunk.physical_type != "BYTE_ARRAY"
    longest = kind.length if chunk.physical_type == "FIXED_LEN_BYTE_ARRAY" else WIDTHS.get(chunk.physical_type, 0)
    lists, width = kind.max_repetition_level > 0, OFFSET + longest  # width: of a value at least
    heaviest, values, crowded = float(longest), 0, 1.0
    for page in _pages(file, chunk):
        if max(page.size, page.stored) > PAGE:
            raise _TooLargeError(f"a page of {size_of(max(page.size, page.stored))}, at most {size_of(PAGE)} are unpacked at once")
        if page.kind == DICTIONARY_PAGE:
            longest = longest if fixed else _longest(file, page, chunk.compression)
            continue
        if lists and page.values * width > LISTS:  # many nulls are few bytes in a page
            raise _TooLargeError(f"a page that unpacks to {size_of(page.values * width)}, at most {size_of(LISTS)} are unpacked at once")
        values += page.values
        crowded = max(crowded, page.values / page.rows) if page.rows else crowded
        if not fixed:
            in_full = page.size / max(page.values, 1)
            by_encoding = {PLAIN_DICTIONARY: longest, RLE_DICTIONARY: longest, DELTA_BYTE_ARRAY: page.size}  # it repeats prefixes
            heaviest = max(heaviest, by_encoding.get(page.encoding, in_full))
    in_a_row = (heaviest + OFFSET) * (max(crowded, values / max(rows, 1)) if lists else 1)
    if in_a_row > ONE_ROW:
        raise _TooLargeError(f"up to {size_of(int(in_a_row))} in a row, at most {size_of(ONE_ROW)} are held together")
    return in_a_row


def _pages(file: BinaryIO, chunk: pq.ColumnChunkMetaData) -> Iterator[Page]:
    """The pages of a column chunk up to its last value, as Arrow reads them."""
    dictionary, at = chunk.dictionary_page_offset, chunk.data_page_offset
    if dictionary and 0 < dictionary < at:
        at = dictionary
    end, values = at + chunk.total_compressed_size, 0
    while at < end and values < chunk.num_values:
        fields, start = _header(file, at, end)
        page = _page(fields, start)
        if page.kind == DICTIONARY_PAGE or page.kind in DATA:
            yield page
        values += page.values if page.kind in DATA else 0
        at = start + page.stored


def _page(fields: dict[int, Any], start: int) -> Page:
    """The page that a header speaks of, whose bytes begin at `start`. Raises ValueError where it makes no sense."""
    kind = fields.get(1)
    if not isinstance(kind, int):
        raise ValueError("a page header without a type")
    own = fields.get(7 if kind == DICTIONARY_PAGE else DATA.get(kind, 0), {})
    own = own if isinstance(own, dict) else {}
    numbers: tuple[Any, ...] = (
        own.get(ENCODING.get(kind, 2), 0),
        own.get(1, 0),
        own.get(3, 0) if kind == V2 else 0,
        fields.get(2),
        fields.get(3),
    )
    if not all(isinstance(number, int) and number >= 0 for number in numbers):
        raise ValueError("a page header that makes no sense")
    encoding, values, rows, size, stored = numbers
    return Page(kind, encoding, values, rows, size, stored, start)


def _longest(file: BinaryIO, page: Page, compression: str) -> int:
    """Bytes of the longest value of a dictionary; those of the page where it cannot be looked into."""
    if not PIECE >> 14 < page.size <= PIECE:  # not worth the look, or no dictionary that a writer makes: 1 MB is usual
        return page.size
    file.seek(page.at)
    raw = file.read(page.stored)
    if compression != "UNCOMPRESSED":
        try:
            raw = pa.decompress(raw, page.size, codec=compression.lower(), asbytes=True)
        except (pa.ArrowException, ValueError, OSError):  # LZ4 as Hadoop frames it; damage is found when the rows are read
            return page.size
    longest, at, last, length_at = 0, 0, len(raw) - 4, LENGTH.unpack_from
    while at <= last:
        (length,) = length_at(raw, at)
        if length > longest:
            longest = length
        at += 4 + length
    return min(longest, page.size)


def _header(file: BinaryIO, at: int, end: int) -> tuple[dict[int, Any], int]:
    """The page header at a place in the file, and where it ends."""
    size = 512
    while True:
        file.seek(at)
        raw = file.read(min(size, end - at))
        try:
            fields, length = _struct(raw, 0)
            return fields, at + length
        except IndexError:  # it goes on
            if size >= min(HEADER, end - at):
                raise ValueError("a page header that is cut off") from None
            size *= 8


def _struct(raw: bytes, at: int, depth: int = 0) -> tuple[dict[int, Any], int]:
    """The fields of a struct of Thrift's compact protocol by number, and where it ends."""
    if depth > 8:
        raise ValueError("a page header nested too deeply")
    fields: dict[int, Any] = {}
    number = 0
    while byte := raw[at]:
        at += 1
        if byte >> 4:
            number += byte >> 4
        else:
            number, at = _whole(raw, at)
        kind = byte & 15
        if kind in (1, 2):  # true, false
            fields[number] = kind == 1
        elif kind == 3:
            fields[number], at = raw[at], at + 1
        elif kind in (4, 5, 6):
            fields[number], at = _whole(raw, at)
        elif kind == 7:  # double
            at += 8
        elif kind == 8:  # bytes: the least and the greatest value
            length, at = _unsigned(raw, at)
            at += length
        elif kind == 12:
            fields[number], at = _struct(raw, at, depth + 1)
        else:
            raise ValueError(f"a page header with a field of type {kind}")
    return fields, at + 1


def _unsigned(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while (byte := raw[at]) & 128:
        value |= (byte & 127) << shift
        shift, at = shift + 7, at + 1
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
    return value | byte << shift, at + 1


def _whole(raw: bytes, at: int) -> tuple[int, int]:
    """A signed number: zigzag."""
    value, at = _unsigned(raw, at)
    return (value >> 1) ^ -(value & 1), at
