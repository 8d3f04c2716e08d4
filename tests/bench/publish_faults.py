"""Publishing under fire: `python -m tests.bench.publish_faults [faults|race|kill] [--rounds N]` prints what became of main.

faults: every kind of fault at every request of a publication over an older version. race: two publishers at once on one repository.
kill: kill -9 of the command at every request, before and after the Hub carried it out; then the same command again.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub.utils import logging

from schemas.errors import BabelmillError
from tasks.store import LocalStore, Release
from tests.bench.publish_race import race
from tests.bench.publishing import send, serving
from tests.hub.faults import Fault, retry_after, retry_at, used_up
from tests.hub.server import Hub
from tests.hub.wire import Answer, Request
from tests.tasks.publish.making import BASE, REPO, made, tags, titles, whole

KINDS: dict[str, Callable[[], dict[str, Any]]] = {
    "429 RateLimit": lambda: {"kind": 429, "headers": used_up(1)},
    "429 seconds": lambda: {"kind": 429, "headers": retry_after(1)},
    "429 date": lambda: {"kind": 429, "headers": retry_at(time.time() + 2)},
    "500": lambda: {"kind": 500},
    "503": lambda: {"kind": 503},
    "slow": lambda: {"kind": "slow", "seconds": 0.5},
    "reset": lambda: {"kind": "reset"},
    "half": lambda: {"kind": "half"},
    "stall": lambda: {"kind": "stall"},
    "lost": lambda: {"kind": "lost"},
    "down from here on": lambda: {"kind": 503, "times": 10_000},
}


@dataclass(frozen=True)
class Outcome:
    """What became of main."""

    state: str  # old, new, or what is wrong
    commits: int  # beyond the old version's
    tagged: bool
    seconds: float
    said: str  # the error, empty if it went well


class Killing(Hub):
    """Kills a process when it sees its nth request, before or after it is carried out."""

    pid, nth, after, seen, target = 0, 0, False, 0, ""

    def fault(self, request: Request) -> Fault | None:
        self.seen += 1
        if self.seen == self.nth and not self.after:
            self.kill(request)
        return super().fault(request)

    def answer(self, request: Request) -> Answer:
        answer = super().answer(request)
        if self.seen == self.nth and self.after:
            self.kill(request)
        return answer

    def kill(self, request: Request) -> None:
        if self.pid and not self.target:
            self.target = named(f"{request.method} {request.path}")
            os.kill(self.pid, signal.SIGKILL)


def named(request: str) -> str:
    """A request without what differs from run to run."""
    return re.sub(r"/cas-[0-9a-f]+", "", re.sub(r"[0-9a-f]{40,64}", "SHA", request)).partition("?")[0].replace(f"/datasets/{REPO}", "")


def outcome(hub: Hub, old: Release, new: Release, call: Callable[[], object]) -> Outcome:
    """Run a publication of `new` over `old` and look at main."""
    start, said, before = time.monotonic(), "", len(titles(hub))
    try:
        call()
    except BabelmillError as error:
        said = f"{type(error).__name__}: {error}"
    seconds = time.monotonic() - start
    state = next((name for name, release in (("old", old), ("new", new)) if whole(hub, release)), "BROKEN")
    return Outcome(state, len(titles(hub)) - before, tags(hub).get("v1.1.0") == hub.repos[REPO].branches["main"], seconds, said)


def faults(store: LocalStore, old: Release, new: Release) -> int:
    """Print the matrix; the number of runs that left main neither old nor new, or that a second run did not finish."""
    with serving(Hub()) as hub:
        send(store, old)
        hub.requests.clear()
        send(store, new)
        requests = [named(f"{method} {target}") for method, target in hub.requests]
    print(f"{len(requests)} requests of an undisturbed publication; a cell: state, new commits, seconds (+ those of a second run)\n")
    print("| request | " + " | ".join(KINDS) + " |\n|" + "---|" * (len(KINDS) + 1))
    bad = 0
    totals = Counter[str]()
    for nth, request in enumerate(requests, 1):
        cells = []
        for kind in KINDS.values():
            with serving(Hub()) as hub:
                send(store, old)
                hub.faults.append(Fault("", "", nth=nth, **kind()))
                first = outcome(hub, old, new, lambda: send(store, new))
                hub.faults.clear()
                second = outcome(hub, old, new, lambda: send(store, new))
            sound = first.state in ("old", "new") and (second.state, second.tagged, first.commits + second.commits) == ("new", True, 1)
            bad += not sound
            totals[f"{first.state}, {first.commits} commits" + ("" if first.said else ", done at once")] += 1
            again = f" (+{second.commits})" if first.said else ""
            cells.append(f"{first.state} {first.commits} {first.seconds:.1f}{again}{'' if sound else ' WRONG'}")
            if first.said:
                print(f"<!-- {request}: {first.said} -->", file=sys.stderr)
        print(f"| {request} | " + " | ".join(cells) + " |", flush=True)
    print(f"\n{totals.total()} runs: " + "; ".join(f"{count} {what}" for what, count in totals.most_common()) + f"; {bad} wrong")
    return bad


def kill(store: LocalStore, old: Release, new: Release) -> int:
    """kill -9 of the command at every request; then the command once more."""
    command = [sys.executable, "-m", "flows.cli", "publish", f"trial@{new.manifest.version}", "--repo", REPO, "--store", str(store.root)]
    bad, nth, start = 0, 0, time.monotonic()
    print("| killed at | before: state, commits | again | after: state, commits | again |\n|---|---|---|---|---|")
    while True:
        nth += 1
        cells, target = [], ""
        for after in (False, True):
            with serving(Killing()) as hub, tempfile.TemporaryDirectory() as home:
                assert isinstance(hub, Killing)
                send(store, old)
                hub.seen, hub.nth, hub.after = 0, nth, after
                environment = os.environ | {"BABELMILL_HOME": home}

                def call(hub: Killing = hub, environment: dict[str, str] = environment) -> None:
                    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                    hub.pid = child.pid
                    child.wait(60)
                    hub.pid = 0

                first = outcome(hub, old, new, call)
                target = hub.target or target
                second = outcome(hub, old, new, lambda: send(store, new))
            sound = first.state in ("old", "new") and (second.state, second.tagged, first.commits + second.commits) == ("new", True, 1)
            bad += not sound
            cells += [f"{first.state}, {first.commits}{'' if sound else ' WRONG'}", f"{second.state}, {second.commits}"]
        if not target:
            break
        print(f"| {target} | " + " | ".join(cells) + " |", flush=True)
    print(f"\n{nth - 1} requests, each killed twice; {time.monotonic() - start:.0f} s, {bad} wrong")
    return bad


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=("faults", "race", "kill"))
    parser.add_argument("--rounds", type=int, default=200)
    chosen = parser.parse_args()
    logging.set_verbosity_error()
    with tempfile.TemporaryDirectory(prefix="babelmill-") as folder:
        place = Path(folder)
        store = LocalStore(place / "releases")
        old = made(store, BASE, "1.0.0", {"eng_Latn": 50, "fin_Latn": 50, "hin_Deva": 20})
        new = made(store, BASE, "1.1.0", {"eng_Latn": 50, "fin_Latn": 60, "ron_Latn": 50})
        jobs = {
            "faults": lambda: faults(store, old, new),
            "race": lambda: race(place, chosen.rounds),
            "kill": lambda: kill(store, old, new),
        }
        sys.exit(sum(job() for name, job in jobs.items() if chosen.what in (None, name)))


if __name__ == "__main__":
    main()
