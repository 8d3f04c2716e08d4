"""Follow a flow run of the server: its states, log lines, progress and, at the end, what it shows."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from flows.server import RefusedError, Server
from schemas.errors import EngineError

EVERY = 1.0  # seconds between two looks
WAITING = 15  # seconds until somebody who waits is told why: a worker looks for work every 5 s
PATIENCE = 120  # seconds that the server may be away, as for a restart
END = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
LATE = timedelta(seconds=5)  # log lines come in batches, and not quite in order
ROWS = 40  # of a table, on a terminal
Say = Callable[[str], None]


class Lines:
    """Where following goes: plain lines, and on a terminal the progress in place."""

    def __init__(self) -> None:
        self._live, self._shown = sys.stderr.isatty(), ""

    def say(self, text: str) -> None:
        """A line that stays."""
        self._clear()
        print(text, file=sys.stderr, flush=True)

    def progress(self, text: str) -> None:
        """How far it is."""
        if self._live:
            self._clear()
            self._shown = text[:100]
            print(self._shown, end="", file=sys.stderr, flush=True)
        else:
            self.say(text)

    def _clear(self) -> None:
        if self._shown:
            print("\r\033[K", end="", file=sys.stderr)
            self._shown = ""


class Quiet(Lines):
    """Says nothing."""

    def say(self, text: str) -> None:
        """Not here."""

    def progress(self, text: str) -> None:
        """Nor here."""


class Followed:
    """A run while it is followed: what was said of it already."""

    def __init__(self, server: Server, run: str, lines: Lines) -> None:
        self._server, self._run, self._lines = server, run, lines
        self._state = self._percent = ""
        self._seen: dict[str, str] = {}  # id of a log line -> its time
        self._ids = [run]
        self._began, self._told = time.monotonic(), False

    def to_the_end(self) -> dict[str, Any]:
        """The run as it ended. Raises EngineError if the server is away for long."""
        away, ended = 0.0, None
        while True:
            try:
                run = self._look()
                away = 0.0
            except RefusedError:
                raise
            except EngineError as error:
                if not away:
                    away = time.monotonic()
                    self._lines.say("the server does not answer; the run goes on, and so does looking for it")
                if time.monotonic() - away > PATIENCE:
                    raise error
                run = None
            if ended:
                return ended
            if run and run["state_type"] in END:
                ended = run  # one more look, as the last lines of a log come after the state
            time.sleep(EVERY)

    def _look(self) -> dict[str, Any]:
        run: dict[str, Any] = self._server.ask(f"/flow_runs/{self._run}")
        if run["state_name"] != self._state:
            self._state = run["state_name"]
            self._lines.say(f"{_clock(run['state']['timestamp'])} {run['name']}: {self._state}")
        if run["state_type"] == "SCHEDULED":
            self._why(run)
        below = {"flow_runs": {"parent_flow_run_id": {"any_": [self._run]}}, "limit": 50}
        self._ids = [self._run, *(each["id"] for each in self._server.ask("/flow_runs/filter", below))]
        for line in self._log():
            self._lines.say(line)
        self._progress()
        return run

    def _log(self) -> Iterator[str]:
        """Lines that are new. Each look goes back a little, and knows by their ids which were told."""
        last = max(self._seen.values(), default="")
        asked: dict[str, Any] = {"flow_run_id": {"any_": self._ids}}
        if last:
            asked["timestamp"] = {"after_": (datetime.fromisoformat(last) - LATE).isoformat()}
        for each in self._server.every("/logs/filter", {"logs": asked, "sort": "TIMESTAMP_ASC"}):
            if each["id"] not in self._seen:
                self._seen[each["id"]] = each["timestamp"]
                if each["task_run_id"] and each["level"] < 30:  # that a chunk ended is in the progress
                    continue
                mark = "" if each["level"] < 30 else "WARNING " if each["level"] < 40 else "ERROR "
                yield f"{_clock(each['timestamp'])} {mark}{each['message']}"
        recent = max(self._seen.values(), default="")
        if recent:
            since = datetime.fromisoformat(recent) - 2 * LATE
            self._seen = {id_: at for id_, at in self._seen.items() if datetime.fromisoformat(at) > since}

    def _progress(self) -> None:
        for each in artifacts(self._server, self._ids, "progress"):
            told = f"{float(each['data'] or 0):3.0f} % {each['description'] or ''}".rstrip()
            if told != self._percent:
                self._percent = told
                self._lines.progress(told)

    def _why(self, run: dict[str, Any]) -> None:
        """Say, once, why it does not begin."""
        if self._told or time.monotonic() - self._began < WAITING or run["state_name"] == "AwaitingConcurrencySlot":
            return
        self._told = True
        pool, queue = run["work_pool_name"], run["work_queue_name"]
        there = self._server.ask(f"/work_pools/{pool}/workers/filter", {"workers": {"status": {"any_": ["ONLINE"]}}}) if pool else []
        page = self._server.run_url(self._run)
        if not there:
            start = f"babelmill serve, or: prefect worker start --pool {pool} --type process"
            self._lines.say(f"no worker is there to take it; it waits. Start one: {start}. Its page: {page}")
        else:
            names = ", ".join(each["name"] for each in there)
            self._lines.say(f"not begun yet: the workers ({names}) may be busy, paused, or not look at queue {queue}. Its page: {page}")


def artifacts(server: Server, runs: list[str], *kinds: str) -> list[dict[str, Any]]:
    """What runs show: artifacts of some kinds, by key; the newest of each key."""
    asked = {"artifacts": {"flow_run_id": {"any_": runs}, "type": {"any_": list(kinds)}}, "sort": "UPDATED_DESC", "limit": 100}
    newest: dict[str, dict[str, Any]] = {}
    for each in server.ask("/artifacts/filter", asked):
        newest.setdefault(each["key"] or each["id"], each)
    return [newest[key] for key in sorted(newest)]


def shown(found: list[dict[str, Any]]) -> str:
    """Artifacts as text: Markdown as it is, tables in columns."""
    parts = []
    for each in found:
        if each["type"] == "table":
            rows = each["data"] if isinstance(each["data"], list) else json.loads(each["data"] or "[]")
            parts.append("\n".join(filter(None, [each["description"], table(rows)])))
        else:
            parts.append(str(each["data"]))
    return "\n\n".join(part.strip() for part in parts if part.strip())


def table(rows: list[dict[str, Any]]) -> str:
    """Rows in columns; numbers to the right."""
    if not rows:
        return ""
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[_cell(row.get(name)) for name in names] for row in rows[:ROWS]]
    wide = [max(len(line[i]) for line in [names, *cells]) for i in range(len(names))]
    right = [all(isinstance(row.get(name) or 0, int | float) for row in rows) for name in names]
    lines = [
        "  ".join(cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(line, wide, right, strict=True)).rstrip()
        for line in [names, *cells]
    ]
    return "\n".join([*lines, *([f"... and {len(rows) - ROWS:,} more rows"] if len(rows) > ROWS else [])])


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:,}" if type(value) is int else str(value)


def _clock(timestamp: str) -> str:
    return datetime.fromisoformat(timestamp).astimezone().strftime("%H:%M:%S")
