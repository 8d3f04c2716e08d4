"""`babelmill doctor` before a real server with sign-in and CSRF: what the bootstrap made is found in order, what is missing is named."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.doctor import runs, server
from flows.server import known
from tests.bench.prefect_server import Server, end, until

pytestmark = pytest.mark.flow


@pytest.fixture(autouse=True)
def _known(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BABELMILL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PREFECT_API_URL", server.api)
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", server.auth)


def states(look: Callable[[], object]) -> dict[str, str]:
    return {each.what: each.state for each in look()}  # type: ignore[attr-defined]


def test_a_server_as_we_ship_it_is_in_order() -> None:
    assert states(server.look) == {"server": "ok", "sign-in": "ok", "csrf": "ok", "database": "ok"}


@pytest.mark.parametrize("auth", ["admin:wrong-password-of-mine", None])
def test_a_password_that_is_wrong_or_missing_is_said_and_not_shown(auth: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_AUTH_STRING")
    if auth:
        monkeypatch.setenv("PREFECT_API_AUTH_STRING", auth)
    [found] = server.look()
    assert (found.what, found.state) == ("server", "BAD")
    assert "Set PREFECT_API_AUTH_STRING to its user:password" in found.found
    assert "wrong-password-of-mine" not in found.found
    assert states(runs.look) == {}


def test_what_the_bootstrap_makes_is_found_and_a_worker_is_seen(bootstrap: Callable[..., list[str]], server: Server) -> None:
    bootstrap()
    before = states(runs.look)
    assert before == before | {"worker": "BAD", "queues": "BAD", "crashes": "ok", "at work": "ok"}
    worker = server.worker("--type", "process")
    try:
        until(lambda: states(runs.look) | {"worker": "ok", "queues": "ok"} == states(runs.look), 90, 2)
    finally:
        end(worker)


def test_runs_that_are_stuck_or_failed_are_named(bootstrap: Callable[..., list[str]], server: Server) -> None:
    bootstrap()
    deployment = server.deployment("flows.deployed.maintain", name="default")
    flow = server.ask("GET", f"/deployments/{deployment}")["flow_id"]
    failed, stuck = (
        server.ask("POST", "/flow_runs/", {"flow_id": flow, "deployment_id": deployment, "name": name}) for name in ("owl", "elk")
    )
    try:
        told = {"type": "FAILED", "name": "Failed", "message": "WarehouseError: the disk is full.\nMake room."}
        server.ask("POST", f"/flow_runs/{failed['id']}/set_state", {"state": told, "force": True})
        server.ask("POST", f"/flow_runs/{stuck['id']}/set_state", {"state": {"type": "RUNNING"}, "force": True})
        found = {each.what: each for each in runs.look()}
        assert (found["last runs"].state, found["at work"].state, found["deployments"].state) == ("--", "ok", "BAD")
        assert "maintain (owl, " in found["last runs"].found
        assert "Failed: WarehouseError: the disk is full. Make room." in found["last runs"].found
        assert found["upkeep"].state == "--"
        beat, later = (datetime.now(UTC) + timedelta(minutes=minutes) for minutes in (4, 6))
        assert [run["name"] for run in runs._silent(known(), later)] == ["elk"]
        event = {"event": runs.BEAT, "occurred": beat.isoformat(), "id": str(uuid.uuid4())}
        server.ask("POST", "/events", [event | {"resource": {"prefect.resource.id": f"prefect.flow-run.{stuck['id']}"}}])
        until(lambda: runs._silent(known(), later) == [], 20)
        assert [run["name"] for run in runs._silent(known(), later + timedelta(minutes=5))] == ["elk"], "that beat is long ago by then"
    finally:
        server.ask("DELETE", f"/deployments/{deployment}")
        for run in (failed, stuck):
            server.ask("DELETE", f"/flow_runs/{run['id']}")
