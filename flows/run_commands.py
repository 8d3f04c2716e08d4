"""Behind `babelmill run`: a deployment of the server, started with values by its form, and followed to its end."""

import time
import uuid
from pathlib import Path
from typing import Any

from flows.follow import Followed, Lines, artifacts, shown
from flows.parameters import SHOWN, members, values_of
from flows.server import RefusedError, Server, known
from schemas.errors import EngineError, RecipeError, did_you_mean

RECIPE = "recipe"  # the parameter that may also be a file, where the worker reads the same disk


def server() -> Server:
    """The server to work with. Raises EngineError where there is none."""
    found = known()
    if not found:
        raise EngineError("no Prefect server: start one with babelmill serve (for this BABELMILL_HOME), or set PREFECT_API_URL to yours.")
    return found


def deployments(at: Server) -> dict[str, dict[str, Any]]:
    """FLOW/DEPLOYMENT -> deployment, of the whole server."""
    flows = {each["id"]: each["name"] for each in at.every("/flows/filter", {})}
    return {f"{flows.get(each['flow_id'])}/{each['name']}": each for each in at.every("/deployments/filter", {})}


def listed(at: Server) -> list[dict[str, Any]]:
    """What can be run: name, description, parameters with what they take and their defaults."""
    return [
        {"flow": name.removesuffix("/default"), "description": each["description"], "parameters": _parameters(each)}
        for name, each in sorted(deployments(at).items())
    ]


def _parameters(deployment: dict[str, Any]) -> dict[str, dict[str, Any]]:
    whole = deployment["parameter_openapi_schema"] or {}
    return {
        name: {
            "takes": " or ".join(_kind(kind) for kind in members(schema, whole)),
            "default": deployment["parameters"].get(name, schema.get("default")),
            "description": schema.get("description"),
        }
        for name, schema in whole.get("properties", {}).items()
    }


def _kind(kind: Any) -> str:
    if "enum" in kind:
        more = ", ..." if len(kind["enum"]) > SHOWN else ""
        return ", ".join(map(str, kind["enum"][:SHOWN])) + more
    if kind.get("type") == "array":
        return f"list of {' or '.join(_kind(each) for each in members(kind.get('items', {})))}"
    return str(kind.get("type", "value"))


def start(at: Server, flow: str, words: list[str]) -> dict[str, Any]:
    """Start a deployment with NAME=VALUE words; the run. Raises RecipeError before anything is started, if a word is wrong."""
    name = flow.replace("_", "-") if "/" in flow else f"{flow.replace('_', '-')}/default"
    there = deployments(at)
    if name not in there:
        names = [each.removesuffix("/default") for each in there]
        raise RecipeError(f"no flow {flow!r} at {at.ui}; there are {', '.join(sorted(names)) or 'none'}.{did_you_mean(flow, names)}")
    deployment = there[name]
    whole = deployment["parameter_openapi_schema"] or {}
    files = dict(_file(word, whole) for word in words if _file(word, whole)[1])
    values = values_of([word for word in words if word.partition("=")[0] not in files], whole)
    body: dict[str, Any] = {"parameters": values | files, "idempotency_key": str(uuid.uuid4())}  # asked again, it starts no second run
    if files:
        body["enforce_parameter_schema"] = False  # a file is none of the form's choices; the rest was looked at here
    run: dict[str, Any] = at.ask(f"/deployments/{deployment['id']}/create_flow_run", body)
    return run


def _file(word: str, whole: dict[str, Any]) -> tuple[str, str]:
    """(name, whole path) of a word that names a recipe by its file, else the path is empty."""
    name, _, text = word.partition("=")
    choices = [choice for kind in members(whole.get("properties", {}).get(name, {}), whole) for choice in kind.get("enum", ())]
    if name != RECIPE or text in choices:
        return name, ""
    try:
        path = Path(text).expanduser().absolute()
        return name, str(path) if path.is_file() else ""
    except (OSError, RuntimeError):  # a name too long for a file, ~ of nobody
        return name, ""


def follow(at: Server, run: str, lines: Lines) -> dict[str, Any]:
    """Follow a run to its end: what became of it, with what it shows."""
    began = time.monotonic()
    ended = Followed(at, run, lines).to_the_end()
    below = at.ask("/flow_runs/filter", {"flow_runs": {"parent_flow_run_id": {"any_": [run]}}, "limit": 50})
    found = artifacts(at, [run, *(each["id"] for each in below)], "markdown", "table")
    return {
        "run": run,
        "name": ended["name"],
        "ok": ended["state_type"] == "COMPLETED",
        "state": ended["state_name"],
        "message": ended["state"]["message"],
        "url": at.run_url(run),
        "seconds": round(time.monotonic() - began, 1),
        "artifacts": {each["key"]: {"type": each["type"], "data": each["data"]} for each in found},
        "text": shown(found),
    }


def cancel(at: Server, run: str) -> str:
    """Ask for the end of a run; what its state is now. Raises RecipeError if there is no such run."""
    state = {"type": "CANCELLING", "name": "Cancelling", "message": "by babelmill run --cancel"}
    try:
        answer = at.ask(f"/flow_runs/{run}/set_state", {"state": state})
    except RefusedError as refused:
        if refused.status != 404:
            raise
        raise RecipeError(f"no run {run!r} at {at.ui}. Its id is in the address of its page.") from None
    return str(answer["state"]["name"] if answer["state"] else answer["status"])
