"""Rows a second and peak memory of everything but the model: a corpus of made-up titles, built twice with the echo engine.

    python -m tests.bench.measure_build [--rows 100000] [--languages 1] [--duplicates 0] [--change 0] [--checks off]

Each build is a process of its own, the second on the memory of the first, over a corpus of which a share has changed.
Rows a second leave out the start of the process (imports), which is given apart; rows are source rows times languages.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

INTO = ["fin", "deu", "fra", "spa", "por", "ita", "ron", "nld", "swe", "dan", "pol", "ces", "hun", "est"]  # 14, as xMIND has
NO_CHECKS: dict[str, list[str]] = {"reject": [], "flag": []}
SYLLABLES = [consonant + vowel for consonant in "bdkmnrst" for vowel in "aeio"]
WORDS = [a + b for a in SYLLABLES for b in SYLLABLES]  # 1,024
SPREAD = 0x9E3779B97F4A7C1  # odd, so that distinct numbers stay distinct modulo 2**60


def sentence(number: int) -> str:
    """A title of 7 to 12 words; another one for every number below 2**60."""
    mixed = number * SPREAD % 2**60
    length = 7 + mixed % 6
    words = [WORDS[mixed >> 10 * place & 1023] for place in range(6)]
    words += [WORDS[mixed >> 7 * place & 1023] for place in range(length - 6)]
    return " ".join(words).capitalize()


def titles(rows: int, duplicates: float, change: float = 0.0) -> Iterator[str]:
    """The titles of a corpus. duplicates: share of rows that repeat an earlier one; change: of rows with a new title."""
    draw, redraw = random.Random(13), random.Random(17)
    distinct = 0
    for row in range(rows):
        again = distinct and draw.random() < duplicates
        number = draw.randrange(distinct) if again else distinct
        distinct += not again
        yield sentence(rows + row if redraw.random() < change else number)


def write_corpus(path: Path, rows: Iterator[str]) -> None:
    """A JSONL or Parquet file with the columns id and title."""
    if path.suffix == ".jsonl":
        with path.open("w", encoding="utf-8") as file:
            file.writelines(f'{{"id": "N{row}", "title": "{title}"}}\n' for row, title in enumerate(rows))
        return
    import polars as pl

    both = pl.DataFrame({"title": list(rows)}).with_row_index("id")
    both.with_columns("N" + pl.col("id").cast(pl.String)).write_parquet(path)


def build(recipe: Path, home: Path, workers: int) -> dict[str, Any]:
    """One build in a process of its own: its record, and the seconds and peak RSS (MB) of the process."""
    command = [sys.executable, "-m", "flows.cli", "build", str(recipe), "--json", "--workers", str(workers)]
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "BABELMILL_HOME": str(home)})
    assert process.stdout
    answer = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    took = {"process": time.monotonic() - start, "cpu": usage.ru_utime + usage.ru_stime, "rss": usage.ru_maxrss / 1024}
    record: dict[str, Any] = json.loads(answer)
    return record | took


def show(name: str, record: dict[str, Any], rows: int) -> None:
    stages = "  ".join(f"{stage} {seconds:6.2f}" for stage, seconds in record["seconds"].items())
    start = record["process"] - record["seconds"]["all"]
    print(
        f"{name:7}{stages} s  start {start:4.1f} s  cpu {record['cpu']:6.1f} s  {rows / record['seconds']['all']:8,.0f} rows/s"
        f"  peak {record['rss']:6,.0f} MB  translated {record['translated']:,} of {record['sentences']:,}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--languages", type=int, default=1, choices=range(1, len(INTO) + 1), metavar="1..14")
    parser.add_argument("--duplicates", type=float, default=0.0, help="share of rows that repeat an earlier title")
    parser.add_argument("--change", type=float, default=0.0, help="share of rows with a new title in the second build")
    parser.add_argument("--checks", choices=("on", "off"), default="off", help="on: those of a recipe that names none")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--chunk-rows", type=int, help="what the recipe says of it; else its default")
    parser.add_argument("--format", choices=("jsonl", "parquet"), default="jsonl")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="babelmill-bench-") as folder:
        home, corpus = Path(folder) / "home", Path(folder) / f"titles.{given.format}"
        recipe = {
            "name": "titles",
            "title": "Made-up titles",
            "source": {"format": given.format, "path": str(corpus)},
            "language": "eng_Latn",
            "fields": ["title"],
            "translate": {"engine": "echo", "into": INTO[: given.languages]},
        }
        recipe |= {} if given.checks == "on" else {"checks": NO_CHECKS}
        recipe |= {"chunk_rows": given.chunk_rows} if given.chunk_rows else {}
        file = Path(folder) / "titles.yaml"
        file.write_text(json.dumps(recipe), "utf-8")  # JSON is YAML
        for name, change in (("first", 0.0), ("second", given.change)):
            write_corpus(corpus, titles(given.rows, given.duplicates, change))
            show(name, build(file, home, given.workers), given.rows * given.languages)


if __name__ == "__main__":
    main()
