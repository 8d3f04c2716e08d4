"""`babelmill serve` as a user runs it: sign-in, a run from the shell, one by schedule, choices, a restart, and nothing left at the end."""

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.keeper import alive, marked
from flows.server import RefusedError, Server
from schemas.resources import deploy_file

pytestmark = [pytest.mark.flow, pytest.mark.timeout(600)]
ROWS = [{"id": str(i), "text": f"A sentence, number {i}."} for i in range(40)]


class Serve:
    """A serve with a warehouse of its own, started and stopped as often as a test likes."""

    def __init__(self, folder: Path) -> None:
        self.home, self.said = folder / "home", folder / "serve.txt"
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        self.environment |= {"BABELMILL_HOME": str(self.home), "BABELMILL_WORKERS": "2"}
        self.file = folder / "prefect.yaml"
        self.process: subprocess.Popen[bytes] | None = None
        (self.home / "recipes").mkdir(parents=True)
        (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS), "utf-8")
        self.recipe("small")

    def recipe(self, name: str) -> None:
        source = {"format": "jsonl", "path": str(self.home.parent / "rows.jsonl")}
        values = {"name": name, "title": name, "language": "eng", "fields": ["text"], "source": source}
        values["translate"] = {"engine": "echo", "into": ["fin", "swh"]}
        (self.home / "recipes" / f"{name}.yaml").write_text(yaml.safe_dump(values), "utf-8")

    def deployments(self, schedules: list[dict[str, Any]], without: str = "none") -> None:
        """The shipped deployments but one, with schedules of ours for builds of `small`."""
        values = yaml.safe_load(deploy_file("prefect.yaml").read_text("utf-8"))
        values["deployments"][0] |= {"schedules": schedules}
        values["deployments"] = [each for each in values["deployments"] if not each["entrypoint"].endswith(without)]
        self.file.write_text(yaml.safe_dump(values), "utf-8")

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "flows.cli", *arguments]

    def start(self) -> str:
        """Until it is ready: what it said."""
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(
                self.command("serve", "--port", "0", "--file", str(self.file)), env=self.environment, stdout=out, stderr=out
            )
        until(lambda: "Ready after" in self.text() or (self.process and self.process.poll() is not None), 240, "serve is ready")
        assert self.process.poll() is None, self.text()
        return self.text()

    def text(self) -> str:
        return self.said.read_text("utf-8")

    def server(self) -> Server:
        folder = self.home / "prefect"
        return Server((folder / "address").read_text().strip(), (folder / "auth").read_text().strip())

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command("run", *arguments), env=self.environment, capture_output=True, text=True, timeout=240)

    def processes(self) -> list[int]:
        folder = self.home / "prefect"
        return [*marked("server", folder), *marked("worker", folder)]

    def end(self, number: signal.Signals) -> float:
        """Seconds until no process of it is left."""
        assert self.process
        began = time.monotonic()
        self.process.send_signal(number)
        until(lambda: self.process and self.process.poll() is not None and not self.processes(), 40, "all of it has ended")
        return time.monotonic() - began


def until(there: Callable[[], Any], seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end, f"after {seconds} s still not so: {what}"
        time.sleep(0.3)


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    serve = Serve(tmp_path_factory.mktemp("serve"))
    serve.deployments([{"slug": "often", "interval": 30, "parameters": {"recipe": "small"}}])
    serve.start()
    yield serve
    if serve.process and serve.process.poll() is None:
        serve.end(signal.SIGTERM)


def test_it_says_where_it_is_and_asks_who_calls(serve: Serve) -> None:
    server, text = serve.server(), serve.text()
    assert server.ui in text
    assert str(serve.home / "prefect" / "auth") in text
    assert server.auth
    assert server.auth.partition(":")[2] not in text
    for auth in (None, "babelmill:wrong"):
        with pytest.raises(RefusedError, match="Set PREFECT_API_AUTH_STRING") as refused:
            Server(server.api, auth).ask("/flow_runs/filter", {})
        assert refused.value.status == 401
    assert server.ask("/admin/settings")["server"]["api"]["csrf_protection_enabled"] is True


def test_a_second_one_for_the_same_warehouse_is_told_where_the_first_is(serve: Serve) -> None:
    second = subprocess.run(serve.command("serve", "--port", "0"), env=serve.environment, capture_output=True, text=True, timeout=60)
    assert second.returncode == 1
    assert f"runs for this warehouse already: {serve.server().ui}" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_run_from_the_shell_is_followed_to_its_preview(serve: Serve) -> None:
    done = serve.run("build-dataset", "recipe=small", "languages=Finnish", "limit=20")
    assert done.returncode == 0, done.stderr
    assert re.search(r"\d\d:\d\d:\d\d .*Running", done.stderr), "states"
    assert "100 %" in done.stderr, "progress"
    assert "fin_Latn" in done.stdout
    assert re.search(r"^Completed: small .*/flow-run/", done.stdout, re.MULTILINE)
    [preview] = (serve.home / "previews" / "small").iterdir()
    assert json.loads((preview / "manifest.json").read_text())["configs"]["fin_Latn"]["splits"]["train"]["rows_out"] == 20


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["build-datset"], "no flow 'build-datset'"),
        (["build-datset"], "Did you mean build-dataset?"),
        (["build-dataset", "limt=20"], "no parameter 'limt'"),
        (["build-dataset", "limit=many"], "expected a whole number"),
        (["build-dataset", "recipe=smal"], "Did you mean small?"),
        (["build-dataset", "languages=klingon"], "languages=klingon: not a choice"),
    ],
)
def test_a_wrong_word_starts_nothing(serve: Serve, words: list[str], message: str) -> None:
    def by_hand() -> int:
        return sum(not run["auto_scheduled"] for run in serve.server().ask("/flow_runs/filter", {}))

    before = by_hand()
    done = serve.run(*words)
    assert done.returncode == 2
    assert message in done.stderr
    assert by_hand() == before


def test_without_a_flow_it_says_what_there_is(serve: Serve) -> None:
    found = {each["flow"]: each["parameters"] for each in json.loads(serve.run("--json").stdout)}
    assert set(found) == {"build-dataset", "crawl-hub", "publish-release", "refresh", "maintain"}
    assert "small" in found["build-dataset"]["recipe"]["takes"]


def test_a_scheduled_run_begins_by_itself(serve: Serve) -> None:
    until(lambda: re.search(r"Next by itself: .*maintain 20\d\d-\d\d-\d\d 02:30 UTC", serve.text()), 60, "it says what comes")
    ours = {"flow_runs": {"tags": {"all_": ["auto-scheduled"]}, "state": {"type": {"any_": ["COMPLETED"]}}}}
    until(lambda: serve.server().ask("/flow_runs/filter", ours), 150, "the scheduled run has completed")
    previews = [json.loads((each / "manifest.json").read_text())["configs"] for each in (serve.home / "previews" / "small").iterdir()]
    assert any({"fin_Latn", "swh_Latn"} <= set(configs) for configs in previews), "with both languages, which nobody asked for by hand"


def test_a_failure_ends_with_its_reason_and_1(serve: Serve) -> None:
    gone = serve.home / "recipes" / "gone.yaml"
    serve.recipe("gone")
    text = gone.read_text("utf-8").replace("rows.jsonl", "none.jsonl")
    gone.write_text(text, "utf-8")
    done = serve.run("build-dataset", f"recipe={gone}", "--json")
    assert done.returncode == 1
    assert "none.jsonl" in done.stderr
    assert json.loads(done.stdout)["state"] == "Failed"


@pytest.mark.slow
def test_prefect_takes_the_shipped_file_as_it_is(serve: Serve) -> None:
    server = serve.server()
    there = {each["id"] for each in server.ask("/deployments/filter", {})}
    signed_in = {"PREFECT_API_URL": server.api, "PREFECT_API_AUTH_STRING": str(server.auth), "PREFECT_HOME": str(serve.home / "deploys")}
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
    folder = deploy_file("prefect.yaml").parent
    done = subprocess.run(command, cwd=folder, env=serve.environment | signed_in, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout
    assert {each["id"] for each in server.ask("/deployments/filter", {})} == there, "the same five, none beside them"


def test_choices_follow_the_folder_and_schedules_of_people_outlive_a_restart(serve: Serve) -> None:
    server = serve.server()
    [build] = [each for each in server.ask("/deployments/filter", {}) if "build_dataset" in each["entrypoint"]]
    [refresh] = [each for each in server.ask("/deployments/filter", {}) if "refresh" in each["entrypoint"]]

    def choices() -> list[str]:
        now = serve.server().ask(f"/deployments/{build['id']}")
        return list(now["parameter_openapi_schema"]["properties"]["recipe"]["enum"])

    assert "added" not in choices()
    serve.recipe("added")
    until(lambda: "added" in choices(), 25, "the new recipe is a choice")
    server.ask(f"/deployments/{build['id']}/schedules", [{"schedule": {"cron": "0 4 * * *"}, "active": True, "parameters": {"limit": 5}}])
    [weekly] = server.ask(f"/deployments/{refresh['id']}/schedules")
    server.ask(f"/deployments/{refresh['id']}/schedules/{weekly['id']}", {"active": True}, "PATCH")

    assert serve.end(signal.SIGTERM) < 30
    assert serve.process
    assert serve.process.returncode == 0
    serve.deployments([{"slug": "yearly", "cron": "0 0 1 1 *"}], without="crawl_hub")  # instead of `often`
    assert "flows.deployed.crawl_hub stands in the file no longer; it stays" in serve.start()
    there = {(each["slug"], each["schedule"].get("cron")) for each in serve.server().ask(f"/deployments/{build['id']}/schedules")}
    assert there == {("yearly", "0 0 1 1 *"), (None, "0 4 * * *")}
    [weekly] = serve.server().ask(f"/deployments/{refresh['id']}/schedules")
    assert weekly["active"] is True, "switched on by hand, and the file did not change"


def test_a_worker_that_is_killed_is_started_again(serve: Serve) -> None:
    [worker] = marked("worker", serve.home / "prefect")
    os.kill(worker, signal.SIGKILL)
    until(lambda: "The worker ended by itself; starting it again" in serve.text(), 30, "it says so")
    until(lambda: set(marked("worker", serve.home / "prefect")) - {worker}, 30, "there is another")


def test_kill_9_leaves_no_process_and_no_run_at_work(serve: Serve) -> None:
    with (serve.home.parent / "rows.jsonl").open("a") as file:  # a run that works for a while
        file.writelines(json.dumps({"id": f"more-{i}", "text": f"Sentence {i}. " * 20}) + "\n" for i in range(20_000))
    run = json.loads(serve.run("build-dataset", "recipe=small", "--detach", "--json").stdout)["run"]
    server = serve.server()
    until(lambda: server.ask(f"/flow_runs/{run}")["state_type"] == "RUNNING", 120, "the run is at work")
    pid = int(server.ask(f"/flow_runs/{run}")["infrastructure_pid"])
    assert alive(pid)
    assert serve.end(signal.SIGKILL) < 30
    assert not alive(pid)
    with contextlib.closing(sqlite3.connect(serve.home / "prefect" / "prefect.db")) as database:
        assert database.execute("SELECT state_type FROM flow_run WHERE id = ?", [run]).fetchall() == [("CRASHED",)]
