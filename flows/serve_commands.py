"""Behind `babelmill serve`: a server, its deployments and a worker; and the end of them all."""

import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from flows.keeper import LOST, end, settle, worker_name
from flows.serve_checks import check_public, free_port, inside
from flows.serve_processes import Processes, client_environment, left_behind, password, server_environment, take
from flows.server import ADDRESS, Server, named, owned
from flows.settings import settings
from schemas.deployments import Deployments, load
from schemas.errors import EngineError, RecipeError
from schemas.resources import deploy_file, server_settings

POOL = "babelmill"
UP = 180  # seconds for a server or worker: 15 s with an empty database on two cores, 45 s on busy ones
EVERY, LATER = 5, 60  # seconds between two looks at choices and logs, and after one that failed
AT_ONCE = "2"  # runs of a worker, as in compose.yaml: thirty at once crashed nine of them on two cores (SQLite)
AGAIN, WITHIN = 3, 3600  # a worker that ends by itself is started so often within so many seconds
Say = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """Options of the command."""

    host: str | None = None
    port: int | None = None
    file: Path | None = None
    worker: bool = True

    @property
    def path(self) -> Path:
        """The file of deployments."""
        return self.file or deploy_file("prefect.yaml")


class Stop(BaseException):
    """Somebody asks to end."""


def check(path: Path) -> Deployments:
    """The deployments of a file. Raises RecipeError with everything that is wrong with it."""
    found = load(path)
    named()  # first: of an address that is none Prefect says so in a traceback
    from flows.deployed import register

    faults = register.faults(found)
    if faults:
        raise RecipeError("\n".join(f"{path}: {fault}" for fault in faults))
    return found


def serve(asked: Asked, say: Say) -> None:
    """Run until somebody stops it. Raises EngineError if the server, or the worker again and again, ends by itself."""
    load(asked.path)  # what is misspelt is said before anything starts
    home = settings().home.absolute()
    folder = home / "prefect"
    lock = take(folder)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup has it
        signal.signal(signal.SIGHUP, _stop)
    try:
        if orphans := left_behind(folder):
            say(f"Ending what an earlier serve left behind: processes {', '.join(map(str, orphans))}")
            end({}, folder, None)
        processes = Processes(folder, lock)
        try:
            _run(asked, home, processes, say)
        finally:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            if processes.running:
                say("Stopping: runs are ended, what they translated is kept ...")
            processes.end()
    except Stop:
        say("Stopped.")


def _run(asked: Asked, home: Path, processes: Processes, say: Say) -> None:
    """Start everything, say where it is, watch it."""
    began, defaults = time.monotonic(), server_settings()
    server, sign_in = _server(asked, processes, defaults, say)
    environment = client_environment(os.environ, defaults, home, server.api, server.auth)
    register = ["flows.deployed.register", str(asked.path.absolute())]
    choices = _choices()
    processes.start("register", [*register, str(processes.folder / "registered.json")], environment, asked=True)  # while the server starts
    _until(lambda: server.answers() or processes.ended("register"), "server", processes)  # that ends first only where it fails
    if "server" in processes.running and not owned(server.api, os.getuid()):
        raise EngineError(f"another user's program took {server.ui} meanwhile. Choose another port: --port 0 takes a free one.")
    lines = processes.answer("register")
    server.ask("/admin/version")  # answers only who may sign in
    for name in settle(server, LOST):
        say(f"{name} is CRASHED: {LOST}")
    if lines is None:
        _until(lambda: processes.ended("register"), "server", processes)
        lines = processes.answer("register")
    for line in lines or []:
        say(line)
    if asked.worker:
        before = _beats(server)
        _start_worker(processes, environment)
        _until(lambda: _beats(server) != before, "worker", processes)
    if "server" in processes.running:
        (processes.folder / ADDRESS).write_text(f"{server.api}\n", "utf-8")
    say(
        f"Ready after {time.monotonic() - began:.0f} s: {server.ui}\n"
        f"  sign in    {sign_in}\n"
        f"  warehouse  {home}\n"
        f"  flows      {', '.join(each.label for each in load(asked.path).deployments)}\n"
        f"  logs       {processes.folder}/*.log\n"
        "  start one  in the browser, or with babelmill run.   Stop everything: Ctrl-C."
    )

    def follow() -> None:
        processes.start("register", register, environment, asked=True)

    _watch(server, processes, lambda: _start_worker(processes, environment), follow, choices, say)


def _server(asked: Asked, processes: Processes, defaults: Mapping[str, str], say: Say) -> tuple[Server, str]:
    """The server of PREFECT_API_URL, or one of our own, just started; and what to sign in with."""
    if server := named():
        if asked.host or asked.port:
            raise RecipeError(
                f"--host and --port are for a server of our own, but PREFECT_API_URL names one: {server.api}. Unset one of them."
            )
        return server, "as the server's administrator says"
    host = asked.host or os.environ.get("PREFECT_SERVER_API_HOST") or "127.0.0.1"
    given = os.environ.get("PREFECT_SERVER_API_PORT") or "4200"
    if not given.isdigit():
        raise RecipeError(f"PREFECT_SERVER_API_PORT={given}: expected a number. Unset it, or give --port.")
    port = asked.port if asked.port is not None else int(given)
    made, path = password(processes.folder)
    auth = os.environ.get("PREFECT_SERVER_API_AUTH_STRING") or made
    check_public(host, auth, made, os.environ)
    port = free_port(host, port)
    say(f"Starting a server on {host}:{port}; its database lies in {processes.folder} ...")
    server = Server(f"http://{inside(host)}:{port}/api", auth)
    environment = server_environment(os.environ, defaults, processes.folder, server.ui, auth)
    processes.start("server", ["prefect", "server", "start", "--host", host, "--port", str(port)], environment)
    return server, f"with the line in {path}" if auth == made else "with PREFECT_SERVER_API_AUTH_STRING"


def _start_worker(processes: Processes, environment: Mapping[str, str]) -> None:
    command = ["prefect", "worker", "start", "--pool", POOL, "--type", "process", "--name", worker_name(), "--limit", AT_ONCE]
    processes.start("worker", command, environment)


def _beats(server: Server) -> set[tuple[str, str]]:
    """Every worker of our pool with its last heartbeat: another set when one reports."""
    return {(each["name"], each["last_heartbeat_time"]) for each in server.ask(f"/work_pools/{POOL}/workers/filter", {})}


def _until(there: Callable[[], bool], role: str, processes: Processes) -> None:
    """Wait for a process to answer. Raises EngineError if it ends, or does not in time."""
    until = time.monotonic() + UP
    while not there():
        processes.check("server", role)
        if time.monotonic() > until:
            if role in processes.running:
                raise EngineError(f"the {role} does not answer after {UP} s. Its log: {processes.log(role)}\n{processes.tail(role)}")
            raise EngineError(f"no Prefect server answers at {os.environ['PREFECT_API_URL']}. Start it, or unset PREFECT_API_URL.")
        time.sleep(0.2)


def _watch(
    server: Server,
    processes: Processes,
    start_worker: Callable[[], None],
    follow_choices: Callable[[], None],
    choices: list[tuple[str, int]],
    say: Say,
) -> None:
    """Until somebody stops it: start a worker that ended again, keep the choices of the forms new and the logs small."""
    restarts: list[float] = []
    look, told = 0.0, False
    while True:
        time.sleep(0.5)
        processes.check("server")
        now = time.monotonic()
        if processes.ended("worker"):
            restarts = [*(each for each in restarts if each > now - WITHIN), now]
            if len(restarts) > AGAIN:
                processes.check("worker")
            say(f"The worker ended by itself; starting it again.\n{processes.tail('worker')}")
            start_worker()
        if now < look:
            continue
        look = now + EVERY
        processes.bound()
        try:
            told = told or _told_next(server, say)
            if "register" in processes.running:
                for line in processes.answer("register") or []:
                    say(line)
            elif choices != (choices := _choices()):
                follow_choices()
        except (EngineError, RecipeError, OSError) as error:
            say(f"Tried again in {LATER} s: {error}")
            choices, look = [], now + LATER


def _choices() -> list[tuple[str, int]]:
    """What the choices of the forms are made from, and when it last changed: the added recipes, the releases and their versions."""
    releases = settings().home / "releases"
    folders = [settings().added, releases, *releases.glob("[!.]*")]  # not where builds stage theirs
    return [(str(each), each.stat().st_mtime_ns) for each in sorted(folders) if each.exists()]


def _told_next(server: Server, say: Say) -> bool:
    """Say what runs by itself next, once the server has planned a run of every schedule that is on."""
    ours = {"work_pools": {"name": {"any_": [POOL]}}}
    deployments = {each["id"]: each for each in server.ask("/deployments/filter", ours)}
    wanted = {id_ for id_, each in deployments.items() if not each["paused"] and any(clock["active"] for clock in each["schedules"])}
    asked = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}, "deployment_id": {"any_": sorted(wanted)}}}
    first: dict[str, str] = {}
    for run in server.ask("/flow_runs/filter", asked | {"sort": "EXPECTED_START_TIME_ASC", "limit": 200}) if wanted else ():
        first.setdefault(run["deployment_id"], run["expected_start_time"][:16].replace("T", " "))
    if wanted <= first.keys():
        flows = {"flows": {"id": {"any_": sorted({each["flow_id"] for each in deployments.values()})}}}
        names = {each["id"]: each["name"] for each in server.ask("/flows/filter", flows)}
        coming = [f"{names[deployments[id_]['flow_id']]} {when} UTC" for id_, when in first.items()]
        say(f"Next by itself: {'; '.join(coming) or 'nothing, no schedule is on'}")
        return True
    return False


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stop
