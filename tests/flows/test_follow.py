"""A run is followed: what is said while it waits, and what it shows at the end as text."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows import follow
from flows.follow import Lines, shown, table
from flows.run_commands import cancel, start
from flows.run_commands import follow as followed
from flows.server import PAGE, Server, known
from schemas.errors import EngineError, RecipeError
from schemas.resources import deploy_file


def test_numbers_stand_to_the_right_and_text_to_the_left() -> None:
    rows = [{"config": "fin_Latn", "rows": 12345, "note": "a"}, {"config": "x", "rows": 7, "rejected": 1}]
    assert table(rows).splitlines() == [
        "config      rows  note  rejected",
        "fin_Latn  12,345  a",
        "x              7               1",
    ]
    assert table([{"n": 1, "flag": None}, {"n": 2, "flag": 30}]).splitlines() == ["n  flag", "1", "2    30"], "none, as the server fills in"
    assert table([]) == ""


def test_a_long_table_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "ROWS", 2)
    assert table([{"n": i} for i in range(5)]).splitlines() == ["n", "0", "1", "... and 3 more rows"]


def test_artifacts_become_text() -> None:
    found = [
        {"type": "table", "data": '[{"a": 1}]', "description": "Rows"},
        {"type": "markdown", "data": "# Built\n", "description": None},
        {"type": "markdown", "data": "", "description": None},
    ]
    assert shown(found) == "Rows\na\n1\n\n# Built"


class Impatient(Lines):
    """Ends the run as soon as it is told that nobody takes it."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.server, self.run, self.said = server, "", [""]

    def say(self, text: str) -> None:
        self.said.append(text)
        if "no worker" in text:
            assert cancel(self.server, self.run) == "Cancelled"


@pytest.mark.flow
def test_without_a_worker_it_says_so_and_the_run_can_be_ended(prefect_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", prefect_server)
    monkeypatch.setattr(follow, "WAITING", 1)
    environment = os.environ | {"PREFECT_HOME": str(tmp_path / "prefect")}
    command = [sys.executable, "-m", "flows.deployed.register", str(deploy_file("prefect.yaml")), str(tmp_path / "notes.json")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    server = known()
    assert server == Server(prefect_server)
    recipe = tmp_path / "mine.yaml"
    recipe.write_text("name: mine\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    run = start(server, "build_dataset", ["recipe=mine.yaml", "languages=Finnish,zho_Hant"])
    assert run["parameters"]["recipe"] == str(recipe)
    assert run["parameters"]["languages"] == ["fin_Latn", "cmn_Hant"]
    lines = Impatient(server)
    lines.run = run["id"]
    told = followed(server, run["id"], lines)
    assert (told["state"], told["ok"]) == ("Cancelled", False)
    assert any("Start one: babelmill serve" in line for line in lines.said)
    line = {"flow_run_id": run["id"], "name": "n", "level": 20, "timestamp": "2026-01-01T00:00:00Z"}
    server.ask("/logs/", [line | {"message": str(number)} for number in range(2 * PAGE + 1)])
    logs = {"logs": {"flow_run_id": {"any_": [run["id"]]}, "timestamp": {"before_": "2026-01-02T00:00:00Z"}}}
    assert {each["message"] for each in server.every("/logs/filter", logs)} == {str(number) for number in range(2 * PAGE + 1)}
    for unknown in ("nonsense", "00000000-0000-4000-8000-000000000000"):
        with pytest.raises(RecipeError, match=f"no run '{unknown}' at http.*Its id is in the address"):
            cancel(server, unknown)
    with pytest.raises(RecipeError, match="Did you mean maintain"):
        start(server, "maintian", [])
    with pytest.raises(RecipeError, match="recipe=~nobody/x: not a choice"):
        start(server, "refresh", ["accept_licence=~ as agreed", "recipe=~nobody/x"])


def test_a_server_that_does_not_answer_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    assert known() is None, "none is named, and none runs for this warehouse"
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api/")
    server = known()
    assert server
    assert not server.answers()
    with pytest.raises(EngineError, match=r"no Prefect server answers at http://127\.0\.0\.1:9/api: .*babelmill serve"):
        server.ask("/admin/version")
