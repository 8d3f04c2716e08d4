"""A run that is killed together with its worker, and one that nobody watches any more, beside one that is healthy: four minutes."""

import pytest

from flows.deployed import automations
from tests.bench import fault_trials
from tests.bench.prefect_server import Server, end

pytestmark = [pytest.mark.flow, pytest.mark.slow, pytest.mark.timeout(600)]


def test_only_the_dead_run_is_set_crashed(server: Server, bootstrap) -> None:
    bootstrap()
    flow = server.ask("POST", "/flows/", {"name": "forgotten"})["id"]  # as of a machine that went down with its server
    forgotten = server.ask("POST", "/flow_runs/", {"flow_id": flow, "state": {"type": "RUNNING", "name": "Running"}})["id"]
    worker = fault_trials.with_worker(server, "healthy")
    try:
        healthy, _ = fault_trials.started(server, f"{fault_trials.FLOWS}.sleep_through", "healthy", seconds=400)
        assert bootstrap()[-1] == "asked 2 runs at work for a sign of life"
        dead = fault_trials.zombie(server)
        assert (dead["state"], dead["message"]) == ("Crashed", automations.CRASHED)
        assert automations.SILENT.total_seconds() - 35 < dead["seconds"] < automations.SILENT.total_seconds() + 60
        assert server.until_state(forgotten, "Crashed")["message"] == automations.CRASHED
        assert server.state(healthy)["name"] == "Running"
    finally:
        end(worker)
