"""A census in figures: the 1,354 real records twice, then made-up ones of any number. Calls, seconds, peak memory, disk.

Run from the repository: python -m tests.bench.measure_census [--rows 100000] [--shared ../shared] [--json FILE].
The real ones are served by the loopback Hub of the tests in pages of 100, with a window of 500 calls; every fifth is retagged with another
alias, since in the file all say `ko`. The made-up ones have the tags of real ones and come from a server that does nothing but answer, in
pages of 1,000; each crawl is a process of its own.
"""

import argparse
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl

from flows.census import Options, census
from schemas.census import Query
from tasks.census.history import History
from tests.hub.server import Hub
from tests.tasks.census.records import fill, korean, record

START = datetime(2026, 3, 1, tzinfo=UTC)
ALIASES = ("kor", "Korean", "ko-KR", "korean", "kor_Hang")
PAGE = 1_000


def real(shared: Path, home: Path) -> dict[str, Any]:
    """Two crawls of the real records, 27 changes between them."""
    told: dict[str, Any] = {}
    with Hub() as hub:
        fill(hub, korean(shared))
        names = sorted(hub.records)
        for i, name in enumerate(names[::5]):
            alias = f"language:{ALIASES[i % len(ALIASES)]}"
            hub.records[name]["tags"] = [alias if tag == "language:ko" else tag for tag in hub.records[name]["tags"]]
        hub.windows["api"].quota = 500
        query = Query(languages=("ko",), endpoint=hub.url)
        for day in (0, 7):
            if day:
                _change(hub, names)
            hub.requests.clear()
            done = census(query, home, Options(cards=0, page=100, now=START + timedelta(days=day)))
            told[f"day {day}"] = {
                "requests": len(hub.requests),
                "seconds": round(done.seconds, 2),
                "datasets": done.snapshot.census.height,
                "found": {" ".join(each.filters): each.found for each in done.snapshot.account.listings if each.found},
                "several_licences": done.snapshot.census.filter(pl.col("licences").list.len() > 1).height,
                "changes": dict(done.snapshot.changes.group_by("change").agg(pl.col("id").n_unique()).sort("change").rows()),
                "fields": dict(done.snapshot.changes["field"].drop_nulls().value_counts(sort=True).rows()),
            }
    return told


def _change(hub: Hub, names: list[str]) -> None:
    """5 new, 3 removed, 19 with other fields; and 300 counters."""
    hub.records |= {f"new/one-{i}": record(9000 + i) for i in range(5)}
    for name in names[:3]:
        del hub.records[name]
    for i, name in enumerate(names[10:29]):
        tags = hub.records[name]["tags"]
        changes = (
            {"tags": [*tags, "license:odbl"]},
            {"sha": "f" * 40},
            {"gated": "manual"},
            {"tags": [*tags, "task_categories:translation"]},
        )
        hub.records[name] |= changes[i % 4]
    for name in names[100:400]:
        hub.records[name]["downloads"] += 7


class _Pages(BaseHTTPRequestHandler):
    pages: list[bytes]
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        number = int(query.get("cursor", ["0"])[0])
        here = query["filter"] == ["language:ko"]
        body = self.pages[number] if here else b"[]"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        if here and number + 1 < len(self.pages):
            address = f"http://127.0.0.1:{self.server.server_port}/api/datasets?filter=language:ko&cursor={number + 1}"  # type: ignore[attr-defined]
            self.send_header("Link", f'<{address}>; rel="next"')
        self.end_headers()
        self.wfile.write(body)


def made_up(rows: int, shared: Path, turn: int) -> list[bytes]:
    """Pages of records with the tags of real ones. At turn 1, 1 % are new, 0.5 % gone, 2 % changed, and every counter moved."""
    draw = random.Random(7)
    real_tags = [fields["tags"] for fields in korean(shared).values()]
    records = []
    for i in range(rows + turn * rows // 100):
        tags = draw.choice(real_tags)
        if turn and i % 200 == 0:
            continue
        if turn and i % 50 == 1:
            tags = [*tags, "license:odbl"]
        times = {"createdAt": "2025-01-01T00:00:00.000Z", "lastModified": f"2025-06-01T00:00:{i % 60:02}.000Z"}
        counters = {"downloads": i % 999 + turn, "downloadsAllTime": i + turn, "likes": i % 50}
        fields = {"sha": hashlib.sha1(b"%d" % i).hexdigest(), "private": False, "gated": False, "tags": tags}
        records.append({"id": f"owner{i % 5000}/dataset-{i}", **fields, **times, **counters})
    return [json.dumps(records[i : i + PAGE]).encode() for i in range(0, len(records), PAGE)]


def one(url: str, home: Path, day: int) -> dict[str, Any]:
    """One crawl, in a process of its own."""
    begun = time.perf_counter()
    done = census(Query(languages=("ko",), endpoint=url), home, Options(cards=0, now=START + timedelta(days=day)))
    history = home / "census" / done.snapshot.query.name / "history"
    looked = time.perf_counter()
    History(history).state()
    return {
        "datasets": done.snapshot.census.height,
        "calls": done.calls,
        "seconds": round(looked - begun, 1),
        "state_seconds": round(time.perf_counter() - looked, 2),
        "peak_rss_mb": _peak(),
        "changes": dict(done.snapshot.changes.group_by("change").agg(pl.col("id").n_unique()).sort("change").rows()),
        "history_mb": round(sum(path.stat().st_size for path in history.rglob("*.parquet")) / 1e6, 1),
        "release_mb": round(sum(path.stat().st_size for path in done.path.rglob("*") if path.is_file()) / 1e6, 1),
    }


def _peak() -> int:
    """MB that this process had at most; not ru_maxrss, which a child takes over from its parent."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def large(rows: int, shared: Path, home: Path) -> dict[str, Any]:
    """Two crawls of made-up records."""
    handler = type("Pages", (_Pages,), {"pages": []})
    told = {}
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        for turn in (0, 1):
            handler.pages = made_up(rows, shared, turn)
            command = [sys.executable, "-m", "tests.bench.measure_census", "--one", url, "--home", str(home), "--day", str(7 * turn)]
            told[f"day {7 * turn}"] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        server.shutdown()
    return told


def main() -> None:
    """Print the figures, or write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[3] / "shared")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--day", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(options.one, options.home, options.day)))
        return
    with tempfile.TemporaryDirectory() as folder:
        told = {
            "real": real(options.shared, Path(folder) / "real"),
            f"{options.rows:,}": large(options.rows, options.shared, Path(folder) / "large"),
        }
    text = json.dumps(told, indent=1)
    print(text)
    if options.json:
        options.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
