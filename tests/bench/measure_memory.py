"""How the translation memory grows: look-up, append, compaction, resident memory and disk from ten thousand rows up.

Run from the repository: python -m tests.bench.measure_memory [--rows 10000 100000 ...] [--json FILE] [--folder DIR].
Every size has a table of its own, and two processes: one makes it and compacts all of it, the other does the rest.
Rows are made up: sentences of 12 words, keys and checksums as they should be.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tasks.memory import Memory
from tasks.memory.rows import PAYLOAD

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
APPEND = 100_000  # rows a file the table is made of
ASKED = 10_000
SMALL = 64  # appends before the second compaction, as many as make a build compact
WORDS = np.array(["the", "minister", "price", "house", "of", "said", "that", "plan", "will", "rise", "on", "Monday", "river", "town"])
ENGINE, TARGET, SOURCE = "bench-0123456789abcdef", "fin_Latn", "eng_Latn"


def key_of(number: int) -> bytes:
    """A key that looks like a hash and can be made again: SplitMix64 of the number, twice."""
    return _mix(number).to_bytes(8, "big") + _mix(~number & (2**64 - 1)).to_bytes(8, "big")


def _mix(number: int) -> int:
    z = (number + 0x9E3779B97F4A7C15) & (2**64 - 1)
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & (2**64 - 1)
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & (2**64 - 1)
    return z ^ (z >> 31)


def made_up(start: int, count: int) -> pl.DataFrame:
    """Rows number start, start + 1, ... of the memory, as `Memory.add` takes them."""
    draw = np.random.default_rng(start)
    words = {f"{side}{i}": WORDS[draw.integers(0, len(WORDS), count)] for side in "st" for i in range(12)}
    frame = pl.DataFrame({**words, "number": np.arange(start, start + count)})
    return frame.select(
        pl.Series("key", [key_of(n) for n in range(start, start + count)], dtype=pl.Binary),
        pl.lit(SOURCE).alias("source_language"),
        pl.concat_str(pl.col("^s\\d+$"), "number", separator=" ").alias("source"),
        pl.concat_str(pl.col("^t\\d+$"), "number", separator=" ").alias("translation"),
        pl.Series("score", -draw.random(count), dtype=pl.Float32),
        pl.lit(False).alias("truncated"),
        pl.lit([], pl.List(pl.String)).alias("tried"),
    ).select("key", *PAYLOAD)


def made(rows: int, folder: Path) -> dict[str, Any]:
    """Make a table of files that have seen no compaction, and compact all of it."""
    memory = Memory(folder)
    for start in range(0, rows, APPEND):
        memory.add(ENGINE, TARGET, made_up(start, min(APPEND, rows - start)))
    told: dict[str, Any] = {"rows": rows, "made_rss_mb": _rss()}
    told["compact_all"] = _seconds(lambda: memory.compact(ENGINE, TARGET, files=1))
    told["compact_rss_mb"] = _rss()
    told["disk_mb"] = round(int(memory.rows()["bytes"].sum()) / 1e6, 1)
    return told


def _apart(rows: int, folder: Path, mode: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.measure_memory", "--one", mode, str(rows), "--folder", str(folder)]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def steady(rows: int, folder: Path) -> dict[str, Any]:
    """Look-up, append, look-up among small files too, compaction of those; in a process that has not made the table."""
    memory, told = Memory(folder), {}
    draw = random.Random(1)
    present = draw.sample(range(rows), ASKED // 2)
    asked = pl.Series("key", [key_of(n) for n in (*present, *range(10**12, 10**12 + ASKED // 2))], dtype=pl.Binary)
    told["look_up"] = min(_seconds(lambda: _checked(memory, asked)) for _ in range(3))
    told["look_up_rss_mb"] = _rss()
    new = made_up(rows, ASKED)
    told["append"] = _seconds(lambda: memory.add(ENGINE, TARGET, new))
    for number in range(1, SMALL):
        memory.add(ENGINE, TARGET, made_up(rows + number * ASKED, ASKED))
    told["look_up_64_small"] = min(_seconds(lambda: _checked(memory, asked)) for _ in range(3))
    told["compact_64_small"] = _seconds(lambda: memory.compact(ENGINE, TARGET))
    told["steady_rss_mb"] = _rss()
    return told


def _checked(memory: Memory, asked: pl.Series) -> None:
    if memory.look_up(ENGINE, TARGET, asked).height != ASKED // 2:
        raise SystemExit("the memory did not find what is in it")


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return round(time.perf_counter() - start, 3)


def _rss() -> int:
    """Peak of this process, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=SIZES)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--folder", type=Path, help="where the tables go; the system's place for temporary files if left out")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        mode, rows = options.one
        print(json.dumps((made if mode == "made" else steady)(int(rows), options.folder)))
        return
    told = []
    columns = [
        "look_up",
        "look_up_64_small",
        "append",
        "compact_all",
        "compact_64_small",
        "look_up_rss_mb",
        "steady_rss_mb",
        "compact_rss_mb",
        "disk_mb",
    ]
    print(f"{'rows':>12}" + "".join(f"{name:>18}" for name in columns))
    for rows in options.rows:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            told.append({k: v for part in ("made", "steady") for k, v in _apart(rows, Path(folder) / "memory", part).items()})
        print(f"{rows:>12,}" + "".join(f"{told[-1][name]:>18,}" for name in columns), flush=True)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(told, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
