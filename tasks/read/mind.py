"""MIND (msnews.github.io): news.tsv with eight tab-separated columns and no header; quotes are plain text."""

import json
from collections.abc import Iterator
from pathlib import Path

from schemas.errors import SourceError
from schemas.frames import MIND_NEWS
from schemas.sources import MindSource
from tasks.read import Bad, Part, Row, grouped, lines_of

SPLITS = ("train", "dev", "test")
KEYS: dict[str, type | tuple[type, ...]] = {
    "Label": str,
    "Type": str,
    "WikidataId": str,
    "Confidence": (int, float),
    "OccurrenceOffsets": list,
    "SurfaceForms": list,
}


class MindReader:
    """A folder with news.tsv, or with folders train, dev and test that have one each."""

    id = "nid"

    def __init__(self, source: MindSource) -> None:
        self._source = source

    def splits(self) -> dict[str, list[Path]]:
        path = self._source.path
        if path.is_file():
            return {self._source.split: [path]}
        if (path / "news.tsv").is_file():
            return {self._source.split: [path / "news.tsv"]}
        found = {split: [path / split / "news.tsv"] for split in SPLITS if (path / split / "news.tsv").is_file()}
        if not found:
            raise SourceError(f"{path}: no news.tsv here nor in train/, dev/, test/. MIND unpacks to such folders.")
        return found

    def parts(self, split: str, rows: int) -> Iterator[Part]:
        for file in self.splits()[split]:
            yield from grouped(_rows(file), rows, MIND_NEWS)


def behaviors_of(source: MindSource) -> dict[str, Path]:
    """Split -> its behaviors.tsv, of the splits that have one."""
    beside = {split: files[0].parent / "behaviors.tsv" for split, files in MindReader(source).splits().items()}
    return {split: file for split, file in beside.items() if file.is_file()}


def _rows(file: Path) -> Iterator[Row | Bad]:
    for number, line in lines_of(file):
        yield line if isinstance(line, Bad) else _row(file.name, number, line)


def _row(file: str, number: int, line: str) -> Row | Bad:
    values = line.split("\t")
    if len(values) != len(MIND_NEWS):
        return Bad(file, number, f"{len(values)} columns, expected {len(MIND_NEWS)}", line)
    row: dict[str, object] = dict(zip(MIND_NEWS.names, values, strict=True))
    for column in ("title_entities", "abstract_entities"):
        try:
            row[column] = entities(str(row[column]))
        except ValueError as error:
            return Bad(file, number, f"{column}: {error}", line)
    return Row(file, number, row)


def entities(text: str) -> list[dict[str, object]]:
    """The entities of one column of MIND; an empty column has none. Raises ValueError that says what is wrong."""
    if not text.strip():
        return []
    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False).encode("utf-8")  # a lone surrogate (\\ud800) is no text
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at character {error.pos + 1}") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not usable JSON: {error}") from None
    if not isinstance(found, list) or not all(isinstance(entity, dict) for entity in found):
        raise ValueError("not a list of entities")
    for entity in found:
        for key, kind in KEYS.items():
            value = entity.get(key)
            if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
                raise ValueError(f"{key} is {type(value).__name__}")
        if isinstance(entity.get("Confidence"), int) and abs(entity["Confidence"]) > 2**53:
            raise ValueError("Confidence is no number that a float holds")
        if not all(type(offset) is int and 0 <= offset < 2**31 for offset in entity.get("OccurrenceOffsets") or []):
            raise ValueError("OccurrenceOffsets are not all whole numbers from 0")
        if not all(isinstance(form, str) for form in entity.get("SurfaceForms") or []):
            raise ValueError("SurfaceForms are not all text")
    return found
