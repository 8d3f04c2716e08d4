"""The census as a flow run on a real Prefect server on loopback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.test_deployed import ask
from tests.hub.faults import Fault
from tests.hub.server import Hub
from tests.tasks.census.records import fill, record

pytestmark = pytest.mark.flow


def crawl(api: str, folder: Path, url: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PREFECT_API_URL": api, "PREFECT_HOME": str(folder / "prefect"), "BABELMILL_HOME": str(folder / "home")}
    code = f"from flows.deployed import crawl_hub; crawl_hub(['ko'], endpoint={url!r}, cards=0)"
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120)


def test_a_flow_run_adds_a_snapshot(prefect_server: str, tmp_path: Path, hub: Hub) -> None:
    fill(hub, {f"o/d{i}": record(i) for i in range(9)})
    done = crawl(prefect_server, tmp_path, hub.url)
    assert done.returncode == 0, done.stderr
    [release] = (tmp_path / "home/releases").glob("census-*/1.1.0")
    [flow_run] = ask(prefect_server, "flow_runs", {"flows": {"name": {"any_": ["crawl-hub"]}}})
    assert flow_run["state_type"] == "COMPLETED"
    mine = {"flow_runs": {"id": {"any_": [flow_run["id"]]}}}
    [artifact] = [each for each in ask(prefect_server, "artifacts", mine) if each["key"]]
    assert json.loads(str(artifact["data"])) == [{"tags": "language:ko", "datasets": 9}]
    assert str(release) in str(artifact["description"])
    hub.faults.append(Fault("GET", "", 403, times=99))
    failed = crawl(prefect_server, tmp_path, hub.url)
    states = {each["state_type"]: each["state"] for each in ask(prefect_server, "flow_runs", {"flows": {"name": {"any_": ["crawl-hub"]}}})}
    assert failed.returncode == 1
    assert "the Hub refused the token (403)" in str(states["FAILED"])
