"""What Prefect costs: `python -m tests.bench.measure_prefect [--rows 40000] [--rounds 2] [--json FILE]`.

The same build (echo engine, a preview, two workers) in a process of its own, plain and as a flow run on a running server (SQLite,
deploy/server.env), with chunks of three sizes. Seconds and CPU seconds are those of the process, start and end included; the server's
CPU seconds are counted until it has taken in all events. Rounds alternate plain and flow; the least seconds of each are given.
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.bench.measure_build import NO_CHECKS, titles, write_corpus
from tests.bench.prefect_server import Server, free_port, resident, until


@dataclass(frozen=True)
class Cost:
    """Of one build."""

    seconds: float
    cpu: float
    server_cpu: float = 0.0
    tasks: int = 0
    grown: int = 0  # bytes of the database


def build(recipe: Path, home: Path, environment: dict[str, str]) -> tuple[float, float]:
    """Seconds and CPU seconds of the process of one build."""
    command = [sys.executable, "-m", "flows.cli", "build", str(recipe), "--json", "--workers", "2"]
    began = time.monotonic()
    with home.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, env=environment | {"BABELMILL_HOME": str(home)})
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(home.with_suffix(".log").read_text("utf-8"))
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime


def as_flow(server: Server, recipe: Path, home: Path) -> Cost:
    """The build as a flow run, and what it cost the server."""
    assert server.process
    own = psutil.Process(server.process.pid)
    tasks, bytes_, cpu = count(server), size(server), spent(own)
    seconds, own_cpu = build(recipe, home, server.environment)
    settle(server)
    return Cost(seconds, own_cpu, spent(own) - cpu, count(server) - tasks, size(server) - bytes_)


def plain(recipe: Path, home: Path) -> Cost:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return Cost(*build(recipe, home, environment | {"BABELMILL_HOME": str(home)}))


def count(server: Server) -> int:
    return int(server.ask("POST", "/task_runs/count", {}))


def size(server: Server) -> int:
    """Bytes of the database with nothing left in its log."""
    with sqlite3.connect(server.folder / "prefect.db", timeout=60) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return int(database.execute("PRAGMA page_count").fetchone()[0] * database.execute("PRAGMA page_size").fetchone()[0])


def settle(server: Server) -> None:
    """Wait until the number of events stays the same for ten seconds: the server takes them in after the client has ended."""
    seen = [0]

    def quiet() -> bool:
        with sqlite3.connect(server.folder / "prefect.db", timeout=60) as database:
            seen.append(int(database.execute("SELECT count(*) FROM events").fetchone()[0]))
        return len(seen) > 5 and len(set(seen[-6:])) == 1

    until(quiet, 300, every=2)


def spent(process: psutil.Process) -> float:
    return sum(each.cpu_times().user + each.cpu_times().system for each in (process, *process.children(recursive=True)))


def least(costs: list[Cost]) -> Cost:
    return min(costs, key=lambda cost: cost.seconds)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.measure_prefect", description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--chunks", type=int, nargs="+", default=[2, 20, 200], help="of the target language")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    answer: dict[str, Any] = {"rows": options.rows, "load": os.getloadavg(), "builds": {}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = Server(folder / "server", free_port())
        try:
            starts = [server.start()]
            server.stop()
            starts.append(server.start())
            assert server.process
            answer["server"] = {"start, new": starts[0], "start again": starts[1], "MB": resident(server.process)}
            print(f"server: start {starts[0]:.1f} s new, {starts[1]:.1f} s again; {answer['server']['MB']:.0f} MB", flush=True)
            write_corpus(folder / "rows.jsonl", titles(options.rows, 0))
            for chunks in options.chunks:
                answer["builds"][chunks] = compared(server, folder, chunks, options)
            answer["server"]["MB after"] = resident(server.process)
            print(f"server: {answer['server']['MB after']:.0f} MB after all")
        finally:
            server.stop()
    if options.json:
        options.json.write_text(json.dumps(answer, indent=1) + "\n", "utf-8")


def compared(server: Server, folder: Path, chunks: int, options: argparse.Namespace) -> dict[str, Any]:
    """Plain and flow by turns, each on a warehouse of its own."""
    recipe = folder / f"titles-{chunks}.yaml"
    values = {"name": "titles", "title": "Titles", "language": "eng", "fields": ["title"], "checks": NO_CHECKS}
    values |= {"source": {"format": "jsonl", "path": str(folder / "rows.jsonl")}, "translate": {"engine": "echo", "into": ["fin"]}}
    recipe.write_text(json.dumps(values | {"chunk_rows": -(-options.rows // chunks)}), "utf-8")  # JSON is YAML
    both: list[tuple[Cost, Cost]] = []
    for turn in range(options.rounds):
        homes = [folder / f"home-{chunks}-{turn}-{kind}" for kind in ("plain", "flow")]
        both.append((plain(recipe, homes[0]), as_flow(server, recipe, homes[1])))
    alone, flow = (least([pair[place] for pair in both]) for place in (0, 1))
    more = flow.seconds - alone.seconds
    print(
        f"{chunks:4} chunks, {flow.tasks:4} tasks: plain {alone.seconds:6.2f} s, flow {flow.seconds:6.2f} s"
        f" (+{more:5.2f} s, {100 * more / alone.seconds:5.1f} %, {1000 * more / flow.tasks:6.1f} ms a task);"
        f" cpu {alone.cpu:5.1f} -> {flow.cpu:5.1f} s, server {flow.server_cpu:5.1f} s; {flow.grown / flow.tasks / 1000:6.1f} kB a task",
        flush=True,
    )
    return {"plain": asdict(alone), "flow": asdict(flow)}


if __name__ == "__main__":
    main()
