"""The census as a flow run on a real Prefect server on loopback."""

from pathlib import Path

import pytest

from flows.deployed import crawl_hub
from tests.flows.deployed.runs import artifacts, run_of
from tests.hub.faults import Fault
from tests.hub.server import Hub
from tests.tasks.census.records import fill, record

pytestmark = pytest.mark.flow


def test_a_flow_run_adds_a_snapshot(api: str, home: Path, hub: Hub) -> None:
    fill(hub, {f"o/d{i}": record(i) for i in range(9)})
    state = crawl_hub(["ko"], endpoint=hub.url, cards=0, return_state=True)
    [release] = (home / "releases").glob("census-*/1.1.0")
    flow_run = run_of(api, state)
    assert (flow_run["name"], flow_run["state_type"]) == ("ko", "COMPLETED")
    assert flow_run["state"]["message"] == f"9 datasets, 0 new, 0 removed: {release}"
    name = release.parent.name
    found = artifacts(api, flow_run)
    assert found[f"{name}-found"] == [{"tags": "language:ko", "datasets": 9}]
    assert "| datasets | 9, 0 new, 0 removed, 0 changed |" in found[f"{name}-summary"]
    hub.faults.append(Fault("GET", "", 403, times=99))
    failed = run_of(api, crawl_hub(["ko"], endpoint=hub.url, cards=0, return_state=True))
    assert failed["state_type"] == "FAILED"
    assert "the Hub refused the token (403)" in failed["state"]["message"]


def test_nothing_to_count_is_said(api: str) -> None:
    failed = run_of(api, crawl_hub(return_state=True))
    assert (failed["name"], failed["state_type"]) == ("census", "FAILED")
    assert "what should be counted? Name --languages, --tasks or --author" in failed["state"]["message"]
