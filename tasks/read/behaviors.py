"""MIND's behaviours: impressions of users, one line each with 5 columns, which point at articles by their ids."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

from schemas.frames import BEHAVIORS
from tasks.read import Bad, Part, Row, grouped, lines_of

COLUMNS = 5
TIME = "%m/%d/%Y %I:%M:%S %p"  # 11/11/2019 6:34:04 AM, as MIND's documentation has it
CLICKED = {"1": True, "0": False}


def behaviors(file: Path, rows: int, limit: int | None = None) -> Iterator[Part]:
    """The first `limit` lines of behaviors.tsv in parts of `rows`: schemas.frames.BEHAVIORS; what cannot be read is set aside."""
    yield from grouped(islice(_rows(file), limit), rows, BEHAVIORS)


def count(file: Path) -> int:
    """The lines of behaviors.tsv."""
    return sum(1 for _ in lines_of(file))


def _rows(file: Path) -> Iterator[Row | Bad]:
    for number, line in lines_of(file):
        yield line if isinstance(line, Bad) else _row(file.name, number, line)


def _row(file: str, number: int, line: str) -> Row | Bad:
    values = line.split("\t")
    if len(values) != COLUMNS:
        return Bad(file, number, f"{len(values)} columns, expected {COLUMNS}", line)
    impression, user, time, history, impressions = values
    try:
        when = datetime.strptime(time, TIME)
    except ValueError:
        return Bad(file, number, f"time {time!r} is not like 11/11/2019 6:34:04 AM", line)
    shown: list[dict[str, object]] = []
    for each in impressions.split():
        nid, dash, label = each.rpartition("-") if each[-2:-1] == "-" else (each, "", "")  # MIND's test split has no labels
        if dash and label not in CLICKED:
            return Bad(file, number, f"impression {each!r} does not end in -0 or -1", line)
        shown.append({"nid": nid, "clicked": CLICKED.get(label)})
    return Row(file, number, dict(zip(BEHAVIORS.names, (impression, user, when, history.split(), shown), strict=True)))
