"""Runs and the processes they need, killed: `python -m tests.bench.prefect_faults [TRIAL ...] [--json FILE]` prints what became of them.

    killed-run       kill -9 of the process of a run; its worker lives
    killed-worker    kill -9 of the worker; the run's process lives
    zombie           kill -9 of both
    healthy          ten minutes of a flow, in short sleeps and in tasks
    locked           ten minutes with native calls of 60, 120 and 160 s that let no other thread run
    paused           a run set Paused, and one set Suspended, from outside
    cancelled        a run cancelled: its state, and the processes left
    cancelled-orphan a run cancelled whose worker is dead
    restart          the server goes away for 60 s and for 240 s while runs are at work
    dark             server, worker and run die together for longer than the automation waits, as with their machine
    resumed          a build killed while it translates, then the same build again

One server with the settings of deploy/server.env, SQLite, the automations of the bootstrap; the trials run beside each other.
"""

import argparse
import json
import signal
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil

from tests.bench import fault_trials as trials
from tests.bench.prefect_server import Server, bootstrapped, children, end, serving

TRIALS: dict[str, Callable[[Server], trials.Told]] = {
    "killed-run": trials.killed_run,
    "killed-worker": trials.killed_worker,
    "zombie": trials.zombie,
    "healthy": trials.healthy,
    "locked": trials.locked,
    "paused": trials.paused,
    "cancelled": trials.cancelled,
    "cancelled-orphan": lambda server: trials.cancelled(server, orphan=True),
    "resumed": trials.resumed,
    "restart": trials.restart,
    "dark": trials.dark,
}


ALONE = {"restart", "dark"}  # they stop the server


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.prefect_faults", description=__doc__.split("\n")[0])
    parser.add_argument("trials", nargs="*", metavar="TRIAL", help=", ".join(TRIALS))
    parser.add_argument("--at-once", type=int, default=4, help="trials beside each other")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    chosen = options.trials or list(TRIALS)
    answers: trials.Told = {}
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "server") as server:
        print("\n".join(bootstrapped(server)), flush=True)

        def tried(name: str) -> None:
            try:
                answers[name] = TRIALS[name](server)
            except (TimeoutError, httpx.HTTPError, psutil.Error, OSError) as error:
                answers[name] = {"trial failed": repr(error)}
            print(name, json.dumps(answers[name]), flush=True)

        try:
            with ThreadPoolExecutor(options.at_once) as pool:
                list(pool.map(tried, [name for name in chosen if name not in ALONE]))
            for name in ALONE & set(chosen):
                tried(name)
        finally:
            for worker in trials.workers:
                for child in children(worker) if worker.poll() is None else []:
                    child.kill()
                end(worker, signal.SIGKILL)
    if options.json:
        options.json.write_text(json.dumps(answers, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
