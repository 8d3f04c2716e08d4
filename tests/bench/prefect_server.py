"""Real Prefect servers and workers on loopback, set as deploy/server.env sets them, with sign-in: for trials and for tests/operate."""

import base64
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil

ROOT = Path(__file__).resolve().parents[2]
AUTH = "admin:trial-password"
T = TypeVar("T")


def settings(file: Path = ROOT / "deploy" / "server.env") -> dict[str, str]:
    """The variables of deploy/server.env, as a shell reads them."""
    lines = (line for line in file.read_text("utf-8").splitlines() if line.strip() and not line.startswith("#"))
    return dict("".join(shlex.split(line)).split("=", 1) for line in lines)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(look: Callable[[], T], seconds: float, every: float = 0.5) -> T:
    """What `look` answers as soon as it is true; TimeoutError after so many seconds."""
    end = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(every)
    return found


@dataclass
class Server:
    """A server with a database of its own in `folder`, which a restart finds again."""

    folder: Path
    port: int = field(default_factory=free_port)
    auth: str = AUTH
    changes: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.own = threading.local()
        self.api = f"http://127.0.0.1:{self.port}/api"
        self.http = httpx.Client(base_url=self.api, timeout=60, headers=self.signed_in)

    @property
    def signed_in(self) -> dict[str, str]:
        return {"Authorization": "Basic " + base64.b64encode(self.auth.encode()).decode()}

    @property
    def environment(self) -> dict[str, str]:
        """Of a client of this server, a worker say, with a Prefect folder of its own."""
        mine = {"PREFECT_HOME": str(self.folder), "PREFECT_API_URL": self.api, "PREFECT_API_AUTH_STRING": self.auth}
        rest = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        return rest | settings() | mine | {"PYTHONPATH": str(ROOT)} | self.changes

    def start(self, seconds: float = 180) -> float:
        """Start it; the seconds until it answers."""
        began = time.monotonic()
        command = ["server", "start", "--host", "127.0.0.1", "--port", str(self.port), *self.arguments]
        address = {"PREFECT_UI_URL": f"http://127.0.0.1:{self.port}", "PREFECT_SERVER_API_AUTH_STRING": self.auth}
        self.process = prefect(command, self.environment | address, self.folder / "server.log")
        until(self.answers, seconds)
        return time.monotonic() - began

    def answers(self) -> bool:
        assert self.process
        if self.process.poll() is not None:
            raise RuntimeError(f"the Prefect server ended, see {self.folder}/server.log")
        try:
            return httpx.get(f"{self.api}/health", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self) -> None:
        if self.process:
            end(self.process)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """What the server answers a signed-in caller with a CSRF token; raises for what is no success."""
        for turn in range(20):
            try:
                headers = {} if method == "GET" else self.token(renew=turn > 0)
                answer = self.http.request(method, path, json=body, headers=headers)
                if answer.status_code not in (403, 503):  # 503: SQLite was locked; Prefect's own client tries again too
                    break
            except httpx.TransportError:  # a connection that the server closed as it was used again; the last time it counts
                if turn == 19:
                    raise
            time.sleep(0.2 * turn)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def token(self, renew: bool = False) -> dict[str, str]:
        """CSRF headers, of this thread: a second token for a client ends the first. Each is a row that the server writes."""
        if renew or not hasattr(self.own, "headers"):
            client = uuid.uuid4().hex
            token = self.http.get("/csrf-token", params={"client": client}).json().get("token", "")
            self.own.headers = {"Prefect-Csrf-Client": client, "Prefect-Csrf-Token": token}
        return dict(self.own.headers)

    def worker(self, *arguments: str, log: str = "worker.log", **environment: str) -> subprocess.Popen[bytes]:
        """A worker of the pool babelmill."""
        command = ["worker", "start", "--pool", "babelmill", *arguments]
        return prefect(command, self.environment | environment, self.folder / log)

    def deployment(self, entrypoint: str, queue: str = "default", name: str = "trial") -> str:
        """Register a flow by the path of its module and function, named after the function; the id of its deployment."""
        flow = self.ask("POST", "/flows/", {"name": entrypoint.rpartition(".")[2].replace("_", "-")})["id"]
        values = {"name": name, "flow_id": flow, "entrypoint": entrypoint, "pull_steps": [], "work_pool_name": "babelmill"}
        return str(self.ask("POST", "/deployments/", values | {"work_queue_name": queue})["id"])

    def run(self, deployment: str, **parameters: Any) -> str:
        """Start a run of a deployment now; its id."""
        return str(self.ask("POST", f"/deployments/{deployment}/create_flow_run", {"parameters": parameters})["id"])

    def state(self, run: str) -> dict[str, Any]:
        """The state of a run: type, name, message."""
        return dict(self.ask("GET", f"/flow_runs/{run}")["state"])

    def until_state(self, run: str, *names: str, seconds: float = 120) -> dict[str, Any]:
        """The state of a run as soon as its name is one of these."""
        return until(lambda: found if (found := self.state(run))["name"] in names else {}, seconds)

    def events(self, run: str) -> list[tuple[str, str]]:
        """Events of a run, oldest first: time and name."""
        wanted = {"filter": {"any_resource": {"id": [f"prefect.flow-run.{run}"]}, "order": "ASC"}, "limit": 200}
        return [(each["occurred"], each["event"]) for each in self.ask("POST", "/events/filter", wanted)["events"]]


@contextmanager
def serving(folder: Path, **options: Any) -> Iterator[Server]:
    """A server that has started, and ends with the block."""
    server = Server(folder, **options)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def bootstrapped(server: Server, *arguments: str, **environment: str) -> list[str]:
    """The lines of a bootstrap in a process of its own; its error as text where it failed."""
    code = "import asyncio, sys; from flows.deployed.bootstrap import bootstrap; print('\\n'.join(asyncio.run(bootstrap(*sys.argv[1:]))))"
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, env=server.environment | environment, capture_output=True, text=True, timeout=300)
    return done.stdout.splitlines() if done.returncode == 0 else [done.stderr]


def prefect(arguments: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """A Prefect command in a process group of its own, its output in a file."""
    command = [sys.executable, "-m", "prefect", *arguments]
    with log.open("ab") as out:
        return subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True, cwd=log.parent)


def end(process: subprocess.Popen[bytes], number: int = signal.SIGTERM, seconds: float = 30) -> None:
    """Send a signal and wait; kill what is left of its process group."""
    if process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def children(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The processes below a process, all of them."""
    return psutil.Process(process.pid).children(recursive=True)


def resident(process: subprocess.Popen[bytes]) -> float:
    """MB of memory of a process and all below it."""
    own = psutil.Process(process.pid)
    return sum(float(each.memory_info().rss) for each in (own, *own.children(recursive=True))) / 1e6
