"""Accuracy and speed of the language identifiers on human text.

    python -m tests.bench.measure_identify LINES.jsonl [--open] [--identifier py3langid]

LINES.jsonl holds parallel lines, one key per language (eng, fin, ...); other keys are passed over. NTREX-128 is such a file.
"""

import argparse
import json
import time
from pathlib import Path

import polars as pl

from schemas.errors import RecipeError
from schemas.languages import Language, language
from tasks.identify import IDENTIFIERS, identifier

SKIP = {"doc", "i"}


def read(path: Path) -> dict[Language, pl.Series]:
    """The lines of each language."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    table = {}
    for key in rows[0].keys() - SKIP:
        try:
            table[language(key)] = pl.Series([row[key] for row in rows], dtype=pl.String)
        except RecipeError:
            continue
    return dict(sorted(table.items(), key=lambda item: item[0].code))


def measure(name: str, lines: dict[Language, pl.Series], expected: list[Language]) -> dict[str, str]:
    """Accuracy by language, and lines a second over all, as the cells of one column."""
    backend = identifier(name)
    backend.identify(pl.concat([text.head(1) for text in lines.values()]), expected)  # load outside the clock
    start, cells, right, total = time.perf_counter(), {}, 0, 0
    for entry, text in lines.items():
        found = backend.identify(text, expected)["language"]
        hits = int((found == entry.code).sum())
        missing = "" if backend.supports(entry) else " (no model)"
        cells[entry.code] = f"{hits / len(text):.4f}{missing}"
        right, total = right + hits, total + len(text)
    cells["all"] = f"{right / total:.4f}"
    cells["lines/s"] = f"{total / (time.perf_counter() - start):,.0f}"
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", type=Path)
    parser.add_argument("--open", action="store_true", help="choose from the whole registry, not from the file's languages")
    parser.add_argument("--identifier", action="append", choices=list(IDENTIFIERS))
    options = parser.parse_args()
    lines = read(options.lines)
    names = options.identifier or list(IDENTIFIERS)
    columns = {name: measure(name, lines, [] if options.open else list(lines)) for name in names}
    print(f"| | {' | '.join(names)} |\n|---|{'---|' * len(names)}")
    for row in next(iter(columns.values())):
        print(f"| {row} | {' | '.join(columns[name][row] for name in names)} |")


if __name__ == "__main__":
    main()
