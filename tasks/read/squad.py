"""SQuAD (Rajpurkar et al. 2016, 2018): a row for each question. A file is one JSON object, and is held as a whole."""

import json
from collections.abc import Iterator
from pathlib import Path

from schemas.errors import SourceError
from schemas.frames import SQUAD
from schemas.sources import SquadSource
from tasks.annotations.squad_file import questions
from tasks.read import Bad, Part, Row, files_of, grouped


class SquadReader:
    """A .json file or a folder of them. Answers that do not stand where they say stay: staging names them."""

    id = "id"

    def __init__(self, source: SquadSource) -> None:
        self._source = source

    def splits(self) -> dict[str, list[Path]]:
        return {self._source.split: files_of(self._source.path, (".json",))}

    def parts(self, split: str, rows: int) -> Iterator[Part]:
        yield from grouped((row for file in self.splits()[split] for row in _rows(file)), rows, SQUAD)


def _rows(file: Path) -> Iterator[Row | Bad]:
    try:
        document = json.loads(file.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # also what is not UTF-8
        raise SourceError(f"{file.name}: not a JSON file: {error}. Fetch it again.") from None
    if not isinstance(document, dict) or not isinstance(document.get("data"), list):
        raise SourceError(f"{file.name}: not a SQuAD file: no list `data` in it. For an object a line, take format: jsonl.")
    for number, (row, fault) in enumerate(questions(document), 1):
        try:
            raw = json.dumps(row, ensure_ascii=False)
            raw.encode("utf-8")  # a lone surrogate (\\ud800) is no text
        except UnicodeEncodeError as error:
            fault, raw = f"not usable: {error}", json.dumps(row)
        yield Bad(file.name, number, fault, raw) if fault else Row(file.name, number, row)
