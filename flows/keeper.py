"""The keeper: ends what `babelmill serve` started, in order, however serve itself ends.

A process of its own in a session of its own. It reads lines `ROLE PID` until its input closes, which it does when serve ends or is
killed; then it ends the worker with its runs, writes to the server what became of them, and ends the server. It holds serve's lock as
long as it lives, so that the next serve waits for it. Run as `python -m flows.keeper FOLDER`.
"""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from flows.server import ADDRESS, Server, served
from schemas.errors import EngineError
from tasks.alive import alive

MARK = "BABELMILL_SERVE"  # variable that every process under serve inherits: "ROLE FOLDER"
RUNS, WORKER, SERVER = 10, 18, 8  # seconds: to end a run after being asked, the worker with all its runs, the server
STOPPED = "babelmill serve was stopped while this ran. Run it again: what was translated is kept."
LOST = "Its process is gone: the machine or babelmill serve stopped while this ran. Run it again: what was translated is kept."
LIVE = ["RUNNING", "PENDING", "CANCELLING"]


def marked(role: str, folder: Path) -> list[int]:
    """Processes of a role under the serve of a folder, whoever their parent is now. Linux only; elsewhere none are found."""
    mark, found = f"{MARK}={role} {folder}".encode(), []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in environ.read_bytes().split(b"\0"):  # a dead one that nobody waited for has none
                found.append(int(environ.parent.name))
        except OSError:  # of another user, or gone meanwhile
            continue
    return found


def end(pids: dict[str, int], folder: Path, server: Server | None) -> None:
    """End the worker and its runs, note on the server what became of them, end the server. `pids` by role; any may be gone."""

    def left(role: str) -> list[int]:
        pid = pids.get(role, 0)
        return sorted({*marked(role, folder), *([pid] if pid and alive(pid) else [])})

    _signal(left("register"), signal.SIGKILL)
    _signal(left("worker") if "worker" not in pids else [pids["worker"]], signal.SIGTERM)  # the worker asks its runs to end
    if not _gone(lambda: left("worker"), RUNS):
        _signal([pid for pid in left("worker") if pid != pids.get("worker")], signal.SIGKILL)  # the worker notes that they crashed
        if not _gone(lambda: left("worker"), WORKER - RUNS):
            _signal(left("worker"), signal.SIGKILL)
    if server:
        settle(server, STOPPED)
    _signal([pids["server"]] if "server" in pids else left("server"), signal.SIGTERM)
    if not _gone(lambda: left("server"), SERVER):
        _signal(left("server"), signal.SIGKILL)
    (folder / ADDRESS).unlink(missing_ok=True)


def settle(server: Server, message: str) -> list[str]:
    """Set runs that a worker of serve on this machine took, and that have no process any more, to CRASHED; their names.

    Which worker took a run stands only in the first lines of the run's log.
    """
    settled = []
    try:
        live = {"state": {"type": {"any_": LIVE}}, "deployment_id": {"is_null_": False}}
        for run in server.ask("/flow_runs/filter", {"flow_runs": live}, timeout=5):
            log = server.ask("/logs/filter", {"logs": {"flow_run_id": {"any_": [run["id"]]}}, "limit": 5}, timeout=5)
            pid = str(run["infrastructure_pid"] or "")
            if any(repr(worker_name()) in line["message"] for line in log) and not (pid.isdigit() and alive(int(pid))):
                state = {"type": "CRASHED", "name": "Crashed", "message": message}
                server.ask(f"/flow_runs/{run['id']}/set_state", {"state": state, "force": True}, timeout=5)
                settled.append(str(run["name"]))
    except EngineError:  # the server ended first; the next start settles them
        pass
    return settled


def worker_name() -> str:
    """Of the worker that serve starts on this machine, as the server knows it."""
    return f"serve on {socket.gethostname()}".translate({ord(sign): "-" for sign in "/%'"})


def _gone(left: Callable[[], list[int]], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while left():
        if time.monotonic() > until:
            return False
        time.sleep(0.2)
    return True


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def main(folder: Path) -> None:
    """Read who is there; when nobody writes any more, end them."""
    pids: dict[str, int] = {}
    for line in sys.stdin:
        role, _, pid = line.partition(" ")
        pids[role] = int(pid)
    api, auth = os.environ.get("PREFECT_API_URL"), os.environ.get("PREFECT_API_AUTH_STRING")
    end(pids, folder, Server(api.rstrip("/"), auth) if api else served(folder.parent))


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    main(Path(sys.argv[1]))
