"""How much of a new version of a release a store with deduplication holds already, by Xet's own figures.

    python -m tests.bench.measure_versions [--rows 200000] [--languages 10] [--json FILE]

A release of made-up news (title, abstract, category, url), built with the echo engine, is put into a Xet store on this disk; so
is, each time into a copy of that store, a second version: 2,000 rows appended, 1,000 put at the head, 1 % of the rows corrected in
one block, 1 % at scattered places of one language (a column of its files written anew), one language added. `stored`: share of the
bytes of the changed files that the store held before; `untouched`: of the others.
"""

import argparse
import hashlib
import json
import random
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import hf_xet
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flows.build import Request, build
from flows.runners import Threads
from schemas.recipe_file import parse
from tasks.materialise import write_split
from tests.bench.measure_build import INTO

APPENDED, INSERTED, CORRECTED = 2_000, 1_000, 0.01  # rows, rows, share of the rows
Row = dict[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--languages", type=int, default=10)
    parser.add_argument("--folder", type=Path, help="where to work; some 10 GB at full size")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        found = list(measure(Path(folder), options.rows, INTO[: options.languages], INTO[options.languages]))
    for each in found:
        print(
            f"{each['case']:10} {each['files']:3} files changed of {each['of']:3}, {each['mb']:8.1f} MB, "
            f"new {each['new_mb']:7.2f} MB, stored {each['stored']:5.1f} % (worst {each['worst']:5.1f} %), untouched {each['untouched']} %",
        )
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def measure(home: Path, rows: int, languages: list[str], another: str) -> Iterator[dict[str, Any]]:
    first = _release(home / "first", (news(i) for i in range(rows)), languages)
    store = home / "store"
    _upload(store, first)
    block = range(rows // 2, rows // 2 + int(rows * CORRECTED))
    cases: dict[str, Iterable[Row]] = {
        "append": (news(i) for i in range(rows + APPENDED)),
        "head": (news(i) for i in [*range(rows, rows + INSERTED), *range(rows)]),
        "block": ({**news(i), "abstract": news(i, 1)["abstract"]} if i in block else news(i) for i in range(rows)),
    }
    for case, corpus in cases.items():
        yield _compared(case, home, first, _release(home / case, corpus, languages), store)
        shutil.rmtree(home / case)
    yield _compared("scattered", home, first, _scattered(first, home / "scattered", rows), store)
    yield _compared("language", home, first, _release(home / "language", (news(i) for i in range(rows)), [*languages, another]), store)


def news(number: int, edition: int = 0) -> Row:
    """A made-up news item; the same for the same number and edition."""
    draw = random.Random(f"{number} {edition}")
    return {
        "id": f"N{number}",
        "category": draw.choice(("news", "sports", "finance", "music")),
        "title": _text(draw, 6, 14),
        "abstract": _text(draw, 12, 40),
        "url": f"https://example.org/{hashlib.md5(str(number).encode()).hexdigest()}",
    }


def _text(draw: random.Random, least: int, most: int) -> str:
    return " ".join(draw.choices(WORDS, cum_weights=WEIGHTS, k=draw.randint(least, most)))


def _words(count: int = 30_000) -> list[str]:
    draw = random.Random(0)
    return sorted(("".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(2, 9))) for _ in range(count)), key=len)


WORDS = _words()
WEIGHTS = list(accumulate(1 / (rank + 5) for rank in range(len(WORDS))))  # Zipf's law: rank + 5, so that the first is no half of all


def _release(home: Path, corpus: Iterable[Row], languages: list[str]) -> Path:
    home.mkdir()
    pl.DataFrame(list(corpus)).write_parquet(home / "news.parquet")
    recipe = parse(
        {
            **{"name": "news", "title": "News", "language": "eng", "fields": ["title", "abstract"]},
            "source": {"format": "parquet", "path": str(home / "news.parquet")},
            "translate": {"engine": "echo", "into": languages},
            "checks": {"reject": [], "flag": []},
        }
    )
    path = build(Request(recipe, home), Threads(2)).release.path
    shutil.rmtree(home / "memory")
    return path


def _scattered(first: Path, second: Path, rows: int) -> Path:
    """The first version with the abstracts of 1 % of the rows of one language corrected."""
    shutil.copytree(first, second)
    folder = next(path for path in sorted(second.iterdir()) if path.name.startswith("fin"))
    table = pa.concat_tables(pq.read_table(file) for file in sorted(folder.iterdir()))
    shutil.rmtree(folder)
    chosen = set(random.Random(5).sample(range(rows), int(rows * CORRECTED)))
    at = table.column_names.index("abstract")
    corrected = pa.array([f"[fin] {news(i, 1)['abstract']}" if i in chosen else None for i in range(rows)], pa.string())
    table = table.set_column(at, table.field(at), pc.coalesce(corrected, table.column("abstract")))
    write_split((table.slice(i, 10_000) for i in range(0, rows, 10_000)), second, f"{folder.name}/train")
    return second


def _upload(store: Path, release: Path) -> dict[str, tuple[int, int]]:
    """Path -> bytes, bytes that were new to the store."""
    files = sorted(path for path in release.rglob("*") if path.is_file())
    with hf_xet.XetSession().new_upload_commit(endpoint=f"local://{store}") as commit:
        handles = [commit.start_upload_file(str(file)) for file in files]
    return {
        str(file.relative_to(release)): (file.stat().st_size, handle.result().dedup_metrics.new_bytes)
        for file, handle in zip(files, handles, strict=True)
    }


def _compared(case: str, home: Path, first: Path, second: Path, store: Path) -> dict[str, Any]:
    copy = home / "copy"
    shutil.copytree(store, copy)
    uploaded = {path: told for path, told in _upload(copy, second).items() if path.endswith(".parquet")}
    shutil.rmtree(copy)
    same = {path for path in uploaded if (first / path).is_file() and (first / path).read_bytes() == (second / path).read_bytes()}
    changed = {path: told for path, told in uploaded.items() if path not in same and (first / path).is_file()}
    size, new = (sum(told[i] for told in changed.values()) for i in (0, 1))
    untouched = [told for path, told in uploaded.items() if path in same]
    return {
        "case": case,
        "files": len(changed),
        "of": len(uploaded),
        "mb": round(size / 1e6, 1),
        "new_mb": round(new / 1e6, 2),
        "stored": round(100 - 100 * new / max(size, 1), 1),
        "worst": round(min((100 - 100 * told[1] / told[0] for told in changed.values()), default=100.0), 1),
        "untouched": round(100 - 100 * sum(t[1] for t in untouched) / max(sum(t[0] for t in untouched), 1), 1) if untouched else "-",
        "by_file": {path: {"bytes": told[0], "new_bytes": told[1]} for path, told in uploaded.items()},
    }


if __name__ == "__main__":
    main()
