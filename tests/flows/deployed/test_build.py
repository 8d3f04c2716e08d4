"""The build as a flow run on a real Prefect server on loopback."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.deployed import build_dataset
from tests.flows.building import digests, run
from tests.flows.deployed.runs import artifacts, ask, logs, mine, run_of

pytestmark = pytest.mark.flow


def test_the_command_line_makes_the_same_bytes_as_a_flow_run(
    prefect_server: str, tmp_path: Path, write_recipe: Callable[..., Path]
) -> None:
    rows = [{"id": str(i), "text": f"The minister visited Berlin on day {i}."} for i in range(30)]
    recipe = write_recipe(rows, chunk_rows=20, variants=[{"kind": "transliterate"}])
    there = tmp_path / "flow"
    environment = {"PREFECT_API_URL": prefect_server, "PREFECT_HOME": str(there / "prefect"), "BABELMILL_HOME": str(there / "home")}
    command = [sys.executable, "-m", "flows.cli", "build", str(recipe)]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    here = run(recipe).release
    path = there / "home/releases/small/1.0.0"
    assert digests(path) == digests(here.path)
    [flow_run] = ask(prefect_server, "flow_runs", {"flow_runs": {"name": {"any_": ["recipe.yaml"]}}})
    assert (flow_run["state_type"], flow_run["state"]["message"]) == ("COMPLETED", f"small 1.0.0 (first version): {path}")
    assert flow_run["tags"] == ["small"]
    tasks = ask(prefect_server, "task_runs", mine(flow_run))
    assert sorted(str(t["name"]) for t in tasks if t["state_type"] == "COMPLETED") == sorted(
        [f"translate {code} train-0000{chunk}" for code in ("ron_Latn", "hin_Deva") for chunk in (0, 1)]
        + [f"derive {code} train-0000{chunk}" for code in ("eng_Latn", "ron_Latn", "hin_Deva") for chunk in (0, 1)]
        + [f"write {config} train" for config in here.manifest.configs]
    )
    found = artifacts(prefect_server, flow_run)
    assert found["small-progress"] == 100
    assert {row["config"]: row["rows_out"] for row in found["small-rows"]} == {
        code: config.splits["train"].rows_out for code, config in here.manifest.configs.items()
    }
    assert "| version | 1.0.0 (first version) |" in found["small-summary"]
    assert not list((there / "prefect").rglob("storage/*")), "no results outside the warehouse"


def test_a_trial_from_the_form(api: str, home: Path) -> None:
    state = build_dataset(languages=["ron_Latn"], limit=5, return_state=True)
    flow_run = run_of(api, state)
    assert (flow_run["name"], flow_run["state_type"]) == ("xmind-sample ron_Latn limit 5 (preview)", "COMPLETED")
    assert {row["config"] for row in artifacts(api, flow_run)["xmind-sample-rows"]} >= {"eng_Latn", "ron_Latn"}
    assert not (home / "releases").exists()
    assert flow_run["state"]["message"].startswith(f"xmind-sample preview: {home}/previews/xmind-sample/")
    assert any(line.startswith("Reading ") for line in logs(api, flow_run))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"limit": 0}, "RecipeError: --limit 0: a number of rows from 1. Leave it out for all rows."),
        (
            {"recipe": "xmind-smaple"},
            "RecipeError: no recipe 'xmind-smaple': neither a file nor one of xmind-sample. Did you mean xmind-sample?",
        ),
        ({"languages": ["swahilli"]}, "unknown language 'swahilli'. Did you mean swh_Latn (Swahili)"),
        ({"workers": 0}, "RecipeError: --workers 0: a number from 1."),
        ({"limit": "many"}, "limit: Input should be a valid integer, unable to parse string as an integer"),
    ],
)
def test_what_is_wrong_is_said_in_the_state(api: str, given: dict[str, object], message: str) -> None:
    flow_run = run_of(api, build_dataset(**{"recipe": "xmind-sample", "engine": "echo", **given}, return_state=True))
    assert flow_run["state_type"] == "FAILED"
    assert message in flow_run["state"]["message"]


def test_a_source_that_lacks_a_field_and_a_fault_of_ours(api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a person can mend has no traceback; what nobody expected has one, and neither has a secret."""
    monkeypatch.setenv("HF_TOKEN", "a-canary-of-a-token")
    (tmp_path / "rows.jsonl").write_text('{"body": "x"}\n')
    recipe = tmp_path / "wrong.yaml"
    recipe.write_text(
        "name: wrong\ntitle: Wrong\nlanguage: eng\nfields: [text]\nsource: {format: jsonl, path: rows.jsonl}\n"
        "translate: {engine: echo, into: [fin]}\n"
    )
    flow_run = run_of(api, build_dataset(recipe=str(recipe), return_state=True))
    assert (flow_run["name"], flow_run["state_type"]) == ("wrong.yaml", "FAILED")
    assert "no column 'text'; there are body" in flow_run["state"]["message"]
    assert "Traceback" not in "".join(logs(api, flow_run))

    def fails(*_: object) -> None:
        raise RuntimeError("refused a-canary-of-a-token")

    monkeypatch.setattr("flows.deployed.build.request", fails)
    flow_run = run_of(api, build_dataset(recipe=str(recipe), return_state=True))
    assert flow_run["state"]["message"] == "Flow run encountered an exception: RuntimeError: refused ***"
    said = "".join(logs(api, flow_run))
    assert "Traceback" in said
    assert "in fails" in said
    assert "canary" not in said
