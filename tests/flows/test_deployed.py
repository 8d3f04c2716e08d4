"""The build as a flow run on a real Prefect server on loopback."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.flows.building import digests, run

pytestmark = pytest.mark.flow


def ask(api: str, what: str, body: dict[str, object]) -> list[dict[str, object]]:
    request = urllib.request.Request(f"{api}/{what}/filter", json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def command(api: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "PREFECT_API_URL": api,
        "PREFECT_HOME": str(folder / "prefect"),
        "BABELMILL_HOME": str(folder / "home"),
    }
    return subprocess.run([sys.executable, "-m", "flows.cli", *arguments], env=environment, capture_output=True, text=True, timeout=240)


def test_a_flow_run_makes_the_same_bytes(prefect_server: str, tmp_path: Path, home: Path) -> None:
    done = command(prefect_server, tmp_path / "flow", "build", "xmind-sample")
    assert done.returncode == 0, done.stderr
    here = run("xmind-sample").release
    assert digests(tmp_path / "flow" / "home" / "releases" / "xmind-sample" / "1.0.0") == digests(here.path)
    [flow_run] = ask(prefect_server, "flow_runs", {"flow_runs": {"name": {"any_": ["xmind-sample"]}}})
    assert flow_run["state_type"] == "COMPLETED"
    mine = {"flow_runs": {"id": {"any_": [flow_run["id"]]}}}
    tasks = ask(prefect_server, "task_runs", mine)
    assert sorted(str(t["name"]) for t in tasks if t["state_type"] == "COMPLETED") == sorted(
        [f"translate {code} train-00000" for code in ("ron_Latn", "hin_Deva", "cmn_Hans")]
        + [f"derive {code} train-00000" for code in ("eng_Latn", "ron_Latn", "hin_Deva", "cmn_Hans")]
        + [f"write {config} train" for config in here.manifest.configs if config != "behaviors"]
    )
    artifacts = {a["key"]: a for a in ask(prefect_server, "artifacts", mine) if a["key"]}
    assert artifacts["xmind-sample-progress"]["data"] == 100
    table = json.loads(str(artifacts["xmind-sample-rows"]["data"]))
    assert {row["config"]: row["rows_out"] for row in table} == {
        code: config.splits["train"].rows_out for code, config in here.manifest.configs.items()
    }
    assert not list((tmp_path / "flow" / "prefect").rglob("storage/*")), "no results outside the warehouse"


def test_a_failure_says_what_where_and_the_way_out(prefect_server: str, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"body": "x"}\n')
    recipe = tmp_path / "wrong.yaml"
    recipe.write_text(
        "name: wrong\ntitle: Wrong\nlanguage: eng\nfields: [text]\nsource: {format: jsonl, path: rows.jsonl}\n"
        "translate: {engine: echo, into: [fin]}\n"
    )
    done = command(prefect_server, tmp_path / "flow", "build", str(recipe))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    [flow_run] = ask(prefect_server, "flow_runs", {"flow_runs": {"name": {"any_": [str(recipe)]}}})
    assert flow_run["state_type"] == "FAILED"
    assert "no column 'text'; there are body" in str(flow_run["state"]["message"])  # type: ignore[index]
