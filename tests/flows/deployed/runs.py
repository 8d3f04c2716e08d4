"""Flow runs as a colleague sees them: what the API of a Prefect server answers about them."""

import json
import urllib.request
from typing import Any


def ask(api: str, what: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    request = urllib.request.Request(f"{api}/{what}/filter", json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def run_of(api: str, state: Any) -> dict[str, Any]:
    """The flow run that a state is of."""
    [found] = ask(api, "flow_runs", {"flow_runs": {"id": {"any_": [str(state.state_details.flow_run_id)]}}})
    return found


def mine(run: dict[str, Any]) -> dict[str, Any]:
    """The filter for what belongs to a run."""
    return {"flow_runs": {"id": {"any_": [run["id"]]}}}


def artifacts(api: str, run: dict[str, Any]) -> dict[str, Any]:
    """Key -> data of the artifacts of a run; tables as lists of rows."""
    found = {each["key"]: each for each in ask(api, "artifacts", mine(run)) if each["key"]}
    return {key: json.loads(each["data"]) if each["type"] == "table" else each["data"] for key, each in found.items()}


def logs(api: str, run: dict[str, Any]) -> list[str]:
    """The lines of a run's log, those of its tasks too."""
    from prefect.logging.handlers import APILogWorker

    APILogWorker.drain_all(timeout=20)
    found = ask(api, "logs", {"logs": {"flow_run_id": {"any_": [run["id"]]}}, "sort": "TIMESTAMP_ASC"})
    return [str(each["message"]) for each in found]
