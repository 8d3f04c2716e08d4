"""JSON lines: one object per line; a line that is none is set aside and the rest read on."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from schemas.sources import JsonlSource
from tasks.read import PACKED, Bad, Part, Row, files_of, grouped, lines_of
from tasks.read.budget import Budget

ENDINGS = tuple(f"{name}{packed}" for name in (".jsonl", ".ndjson", ".json") for packed in ("", *PACKED))
BRACKET = 64  # bytes of an empty list or object and its place (CPython 3.11: 56 + 8), which takes two in a file
DEEPEST = 32  # lists and objects in one another, the row's own included; Parquet (Arrow 26) reads 45 back, not 100


class JsonlReader:
    """A .jsonl file (or .jsonl.gz, .jsonl.zst) or a folder of them. Column types are inferred."""

    def __init__(self, source: JsonlSource, splits: Mapping[str, Sequence[Path]] | None = None) -> None:
        """splits: files of each split, in order, where they are not all of the source's path."""
        self._source = source
        self._splits = splits
        self.id = source.id or "id"

    def splits(self) -> Mapping[str, Sequence[Path]]:
        return self._splits or {self._source.split: files_of(self._source.path, ENDINGS)}

    def parts(self, split: str, rows: int) -> Iterator[Part]:
        budget = Budget(self._source.max_bytes)
        yield from grouped((row for file in self.splits()[split] for row in _rows(file, budget)), rows, budget=budget)


def _rows(file: Path, budget: Budget) -> Iterator[Row | Bad]:
    for number, line in lines_of(file, budget=budget):
        if isinstance(line, Bad):
            yield line
        elif line.strip():
            brackets = line.count("[") + line.count("{")
            if brackets > DEEPEST:
                budget.spend(brackets * BRACKET, file.name, number)
            yield _row(file.name, number, line, may_be_deep=brackets > DEEPEST)


def _row(file: str, number: int, line: str, *, may_be_deep: bool) -> Row | Bad:
    try:
        row = _DECODER.decode(line)
        if "\\u" in line:  # only an escape can bring in a lone surrogate (\\ud800), which is no text
            json.dumps(row, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        return Bad(file, number, f"not JSON: {error.msg} at character {error.pos + 1}", line)
    except (ValueError, RecursionError) as error:
        return Bad(file, number, f"not usable JSON: {error}", line)
    if not isinstance(row, dict):
        return Bad(file, number, f"a JSON {type(row).__name__}, expected an object", line)
    if may_be_deep and _deeper(row, DEEPEST):
        return Bad(file, number, f"nested deeper than {DEEPEST}", line)
    return Row(file, number, row) if row else Bad(file, number, "an object without keys", line)


def _deeper(value: object, levels: int) -> bool:
    """Whether lists and objects nest in one another deeper than that."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return inner is not None and (levels == 0 or any(_deeper(each, levels - 1) for each in inner))


def _whole(digits: str) -> int:
    if len(digits) > 20 or not -(2**63) <= int(digits) < 2**63:
        raise ValueError(f"the number {digits[:30]} needs more than 64 bits")
    return int(digits)


_DECODER = json.JSONDecoder(parse_int=_whole)  # json.loads would make one for each line
