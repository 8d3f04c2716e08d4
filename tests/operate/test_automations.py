"""What the automations wait for, against the states that flows can come to and the heartbeats that are set."""

import ast
from pathlib import Path
from uuid import uuid4

import pytest
from prefect.server.events.schemas.automations import AutomationCore

from flows.deployed import automations
from tests.bench.prefect_server import settings

DEPLOYED = Path(automations.__file__).parent
ALL = [automations.silent(), automations.failed(uuid4()), automations.waiting(uuid4())]


def test_a_run_may_miss_four_heartbeats():
    assert automations.SILENT.total_seconds() >= 5 * int(settings()["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"])


def test_the_names_of_our_own_states_end_a_run():
    """An event bears the name of a state: a run that ends under a name that stands not here would be tried for a crash."""
    assert "Unchanged" in own_names()
    assert own_names() - {*automations.ENDS} == set()


def own_names() -> set[str]:
    """Names that flows/deployed gives to states: the third argument of its `done`."""
    calls = (node for file in DEPLOYED.glob("*.py") for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call))
    named = (call.args[2] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "done" and len(call.args) > 2)
    parts = (part for value in named for part in ast.walk(value))
    return {part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)}


@pytest.mark.parametrize("automation", ALL, ids=lambda each: each.name)
def test_the_server_takes_it(automation):
    """The server reads the JSON with models of its own, which check the templates of a notification."""
    read = AutomationCore.model_validate(automation.model_dump(mode="json"))
    assert read.trigger.model_dump(exclude={"id"}) == automation.trigger.model_dump() | {"posture": read.trigger.posture}
    assert len(read.actions) == 1


def test_beats_and_ends_are_told_apart():
    trigger = automations.silent().trigger
    assert trigger.after < trigger.expect  # the next beat is waited for as the first was
    assert "prefect.flow-run.Running" not in trigger.expect  # it may come after the first beat, and would stop the watch
    assert "prefect.flow-run.Cancelling" not in trigger.expect
