"""What a build is cut into. Bounds depend on the source and the recipe alone, never on time, workers or the memory."""

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True, order=True)
class Chunk:
    """A fixed range of source rows in one language: the unit of parallel work."""

    language: str  # canonical code; the source's own for the untranslated config
    split: str
    index: int

    @property
    def stem(self) -> str:
        """Name of the range on disk, without the language."""
        return f"{self.split}-{self.index:05d}"

    def __str__(self) -> str:
        return f"{self.language} {self.stem}"


@dataclass(frozen=True, order=True)
class Part:
    """One split of one config: what is written into one set of files."""

    config: str
    language: str  # the source's own for the untranslated config
    split: str

    def __str__(self) -> str:
        return f"{self.config} {self.split}"


@dataclass(frozen=True)
class Range:
    """A range of source rows that has been read."""

    rows_in: int
    rows: int
    set_aside: int
    segments: int


@dataclass(frozen=True)
class Plan:
    """A source that has been read and cut: what there is to do."""

    digest: str  # of the source
    id: str  # column that identifies a row
    schema: pa.Schema  # of all records
    splits: dict[str, list[Range]]
    normalised: int  # fields that were not in NFC

    def chunks(self, language: str) -> list[Chunk]:
        """The chunks of one language, in order of split and row."""
        return [Chunk(language, split, i) for split, ranges in self.splits.items() for i in range(len(ranges))]

    def range(self, chunk: Chunk) -> Range:
        """The rows of a chunk."""
        return self.splits[chunk.split][chunk.index]
