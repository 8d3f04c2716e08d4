"""Budget: how much a source may hold once it is unpacked, so that few bytes on disk cannot fill the memory of the machine."""

from typing import NoReturn

from schemas.errors import SourceError

STRING = 16 << 20  # bytes of one string or line: a novel has 1 to 3 MB
PIECE = 16 << 20  # bytes unpacked at once
PAGE = 128 << 20  # of a Parquet page, which is unpacked whole: pyarrow 26 puts 1,024 rows or 1 MB in one, whichever is more
LISTS = 1 << 30  # of a page of values in lists: 20,000 attention masks over 2,048 tokens are 300 MB, read in pieces
ONE_ROW = 256 << 20  # bytes of the lists of one row of a column, which is unpacked whole
RANGE = 128 << 20  # bytes of the rows of one chunk, which are held together ...
ROW = 8 << 10  # ... or so many for each row, where there are more than 16,384
UNBOUNDED = 1 << 62
SHOWN = 200  # characters of such a string that are kept with the row that is set aside


class Budget:
    """What is left of the bytes that a split may hold in all, and of those of the chunk that is being read."""

    def __init__(self, most: int = UNBOUNDED) -> None:
        """most: source.max_bytes."""
        self._most = self._left = most
        self._rows = 0
        self._given = self.room = most

    def chunk(self, rows: int) -> None:
        """The rows that come now belong to the next chunk, of so many rows."""
        self._left -= self._given - self.room
        self._rows = rows
        self._given = self.room = min(self._left, _of_chunk(rows))

    def spend(self, size: int, file: str, line: int) -> None:
        """Count bytes that have been unpacked, up to this line or row. Raises SourceError where they are too many."""
        self.room -= size
        if self.room < 0:
            self.stop(file, line)

    def skip(self, size: int, file: str, line: int) -> None:
        """Count bytes that have been unpacked and are not kept."""
        self._left -= size
        if self._left < self._given - self.room:
            self.room = -1
            self.stop(file, line)

    def stop(self, file: str, line: int) -> NoReturn:
        """Raise SourceError: there is no room left."""
        if self._left < _of_chunk(self._rows):
            raise SourceError(
                f"{file} row {line:,}: the source holds more than {size_of(self._most)} up to here once it is unpacked. "
                "If that is no mistake, raise source.max_bytes."
            )
        raise SourceError(
            f"{file} row {line:,}: the {self._rows:,} rows of a chunk hold more than {size_of(_of_chunk(self._rows))}, "
            "too much to be held together. Lower chunk_rows in the recipe, or leave such rows out."
        )


def _of_chunk(rows: int) -> int:
    return max(RANGE, rows * ROW)


def size_of(count: int) -> str:
    """Bytes as people say them."""
    for unit, scale in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= scale:
            return f"{count / scale:,.4g} {unit}"
    return f"{count} bytes"


def too_long(size: int) -> str:
    """Why a row is set aside whose string or line has so many bytes."""
    return f"{size_of(size)} in one string, at most {size_of(STRING)} are read"
