"""The trials of prefect_faults: each starts a worker for itself, kills or disturbs something, and answers what became of the run."""

import json
import os
import time
from typing import Any

import psutil
import yaml

from tests.bench.measure_build import titles, write_corpus
from tests.bench.prefect_server import Server, until

FLOWS = "tests.bench.fault_flows"
SOON, LATE = 180, 420  # seconds: until a run has started; until the automation must have acted
Told = dict[str, Any]
workers: list[Any] = []  # all that were started, for the end


def started(server: Server, flow: str, queue: str = "default", **parameters: Any) -> tuple[str, psutil.Process]:
    """A run at work, by the path of its flow, and its process."""
    run = server.run(server.deployment(flow, queue, queue), **parameters)
    server.until_state(run, "Running", seconds=SOON)
    return run, until(lambda: process_of(run), SOON)


def process_of(run: str) -> psutil.Process | None:
    """The process of a run: Prefect tells it the run's id in its environment."""
    for process in psutil.process_iter():
        try:
            if process.environ().get("PREFECT__FLOW_RUN_ID", "").replace("-", "") == run.replace("-", ""):
                return process
        except psutil.Error:
            continue
    return None


def told(server: Server, run: str, since: float, *names: str, seconds: float = LATE) -> Told:
    """The state that a run came to, after how many seconds; its last state where it came to none of these."""
    try:
        state = server.until_state(run, *names, seconds=seconds)
    except TimeoutError:
        state = server.state(run)
    return {"state": state["name"], "seconds": round(time.monotonic() - since, 1), "message": state["message"]}


def killed_run(server: Server) -> Told:
    with_worker(server, "killed-run")
    run, process = started(server, f"{FLOWS}.sleep_through", "killed-run")
    time.sleep(5)
    process.kill()
    return told(server, run, time.monotonic(), "Crashed", "Failed")


def killed_worker(server: Server) -> Told:
    worker = with_worker(server, "killed-worker")
    run, process = started(server, f"{FLOWS}.sleep_through", "killed-worker", seconds=240)
    time.sleep(5)
    since = time.monotonic()
    worker.kill()
    time.sleep(5)
    return {"alive after 5 s": process.is_running(), **told(server, run, since, "Crashed", "Failed", "Completed")}


def killed_with_its_worker(server: Server, name: str, after: float = 5) -> str:
    """A run that nobody can tell the server about any more; killed after so many seconds."""
    worker = with_worker(server, name)
    run, process = started(server, f"{FLOWS}.sleep_through", name)
    time.sleep(after)
    worker.kill()
    process.kill()
    return run


def zombie(server: Server) -> Told:
    run = killed_with_its_worker(server, "zombie")
    return told(server, run, time.monotonic(), "Crashed", "Failed")


def healthy(server: Server) -> Told:
    with_worker(server, "healthy")
    runs = [started(server, f"{FLOWS}.{flow}", "healthy", seconds=600)[0] for flow in ("sleep_through", "in_tasks")]
    return ends(server, runs, 900)


def locked(server: Server) -> Told:
    with_worker(server, "locked")
    held = (60, 120, 160)
    runs = [started(server, f"{FLOWS}.hold_the_lock", "locked", held=s, times=600 // (s + 40))[0] for s in held]
    return dict(zip((f"held {s} s" for s in held), ends(server, runs, 900).values(), strict=True))


def paused(server: Server) -> Told:
    """Set from outside, as the UI does it."""
    with_worker(server, "paused")
    names = ("Paused", "Suspended")
    runs = {name: started(server, f"{FLOWS}.in_tasks", "paused", seconds=240) for name in names}
    answer: Told = {}
    for name, (run, _) in runs.items():
        details = {"pause_reschedule": name == "Suspended", "pause_timeout": "2030-01-01T00:00:00Z"}
        state = {"type": "PAUSED", "name": name, "state_details": details}
        answer[name] = {"answer": server.ask("POST", f"/flow_runs/{run}/set_state", {"state": state})["status"]}
    since = time.monotonic()
    for name, (run, process) in runs.items():
        time.sleep(10)
        answer[name] |= {"process lives": alive(process), **told(server, run, since, "Crashed", "Failed", "Completed", seconds=300)}
    return answer


def cancelled(server: Server, *, orphan: bool = False) -> Told:
    queue = "cancelled-orphan" if orphan else "cancelled"
    worker = with_worker(server, queue)
    run, process = started(server, f"{FLOWS}.in_tasks", queue)
    family = [process, *process.children(recursive=True)]
    if orphan:
        worker.kill()
        time.sleep(1)
    since = time.monotonic()
    server.ask("POST", f"/flow_runs/{run}/set_state", {"state": {"type": "CANCELLING", "name": "Cancelling"}})
    after = told(server, run, since, "Cancelled", "Crashed", seconds=LATE)
    time.sleep(5)
    return after | {"processes left": sum(alive(each) for each in family)}


def restart(server: Server) -> Told:
    """The worker stays; a run beats into the void meanwhile. The second absence is longer than the automation waits."""
    with_worker(server, "restart")
    run, _ = started(server, f"{FLOWS}.in_tasks", "restart", seconds=480)
    answer: Told = {}
    for away, watched in ((60, 60), (240, 300)):
        time.sleep(20)
        server.stop()
        time.sleep(away)
        back, states, since = server.start(), [""], time.monotonic()
        while time.monotonic() - since < watched and states[-1] != "Completed":
            name = server.state(run)["name"]
            states += [name] if states[-1] != name else []
            time.sleep(1)
        answer[f"away {away} s"] = {"start": round(back, 1), "states": states[1:]}
    return answer


def dark(server: Server) -> Told:
    """Worker, run and server die together, as with their machine, for longer than the automation waits; no bootstrap afterwards."""
    run = killed_with_its_worker(server, "dark", after=20)
    server.stop()
    time.sleep(270)
    server.start()
    return told(server, run, time.monotonic(), "Crashed", seconds=60)


def resumed(server: Server) -> Told:
    """A build of 40,000 distinct titles by the demo model, killed when the memory has its first rows."""
    with_worker(server, "resumed")
    folder = server.folder / "resumed"
    folder.mkdir()
    write_corpus(folder / "rows.jsonl", titles(40_000, 0))
    recipe = folder / "recipe.yaml"
    values = {"name": "resumed", "title": "Resumed", "language": "eng", "fields": ["title"]}
    values |= {"source": {"format": "jsonl", "path": str(folder / "rows.jsonl")}, "translate": {"model": "demo", "into": ["ron"]}}
    recipe.write_text(yaml.safe_dump(values), "utf-8")
    run, process = started(server, "flows.deployed.build_dataset", "resumed", recipe=str(recipe))
    until(lambda: list((server.folder / "home" / "memory").rglob("*.parquet")), LATE)
    since = time.monotonic()
    process.kill()
    first = told(server, run, since, "Crashed", "Failed")
    again = server.run(server.deployment("flows.deployed.build_dataset", "resumed", "resumed"), recipe=str(recipe))
    second = told(server, again, time.monotonic(), "Completed", "Failed", "Crashed", seconds=900)
    record = max((server.folder / "home" / "runs").glob("*.json"), key=os.path.getmtime)
    kept = {key: value for key, value in json.loads(record.read_text()).items() if key in ("sentences", "from_memory", "translated")}
    return {"killed": first, "again": second, "record": kept}


def ends(server: Server, runs: list[str], seconds: float) -> Told:
    since = time.monotonic()
    return {run: told(server, run, since, "Completed", "Crashed", "Failed", seconds=seconds) for run in runs}


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def with_worker(server: Server, queue: str, *arguments: str) -> Any:
    """A worker for one queue, ended with the server; BABELMILL_HOME lies beside its log."""
    worker = server.worker("-q", queue, "--name", queue, *arguments, log=f"{queue}.log", BABELMILL_HOME=str(server.folder / "home"))
    workers.append(worker)
    return worker
