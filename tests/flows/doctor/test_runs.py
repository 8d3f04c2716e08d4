"""What runs on a server: each finding good and broken, over answers as the server gives them."""

from datetime import UTC, datetime

import pytest

from flows.doctor.runs import FLOWS, automation, choices, deployed, ended, queues, stuck, worker

NOW = datetime(2026, 11, 21, 14, 0, 0, tzinfo=UTC)
BEAT = "prefect.flow-run.heartbeat"


def at(name, seen, status="ONLINE"):
    return {"name": name, "last_heartbeat_time": f"2026-11-21T{seen}.123456Z", "status": status}


@pytest.mark.parametrize(
    ("workers", "state", "says"),
    [
        ([at("gpu", "13:59:45"), at("old", "10:00:00", "OFFLINE")], "ok", "1 at work in babelmill, last heartbeat: gpu (15 s ago)"),
        (
            [at("old", "10:00:00", "OFFLINE"), at("gpu", "13:50:00", "OFFLINE")],
            "BAD",
            "the last one, gpu, was there 10 min ago: runs wait. Start",
        ),
        ([], "BAD", "none is alive in babelmill: runs wait. Start babelmill serve, or prefect worker start --pool babelmill"),
    ],
)
def test_workers(workers, state, says):
    found = worker(workers, NOW)
    assert found.state == state
    assert says in found.found


def queue(name, polled="2026-11-21T13:59:50Z", paused=False):
    return {"name": name, "last_polled": polled, "is_paused": paused}


@pytest.mark.parametrize(
    ("found", "state", "says"),
    [
        ([queue("build"), queue("default"), queue("other", None)], "ok", "build and default are looked into"),
        ([queue("default")], "BAD", "build lacking"),
        (
            [queue("build", None), queue("default")],
            "BAD",
            "nobody looks into build: what is sent there waits. Start a worker without -q or with -q",
        ),
        ([queue("build", "2026-11-21T13:50:00Z"), queue("default")], "BAD", "nobody looks into build"),
        ([queue("build", paused=True), queue("default")], "--", "build paused"),
    ],
)
def test_queues(found, state, says):
    told = queues(found, NOW)
    assert told.state == state
    assert says in told.found


def deployment(recipes=("a", "b"), schedules=({"active": True},), paused=False):
    schema = {"properties": {"recipe": {"enum": list(recipes)}}} if recipes is not None else {}
    return {"parameter_openapi_schema": schema, "schedules": list(schedules), "paused": paused}


@pytest.mark.parametrize(
    ("changes", "states"),
    [
        ({}, {"deployments": "ok", "choices": "ok", "upkeep": "ok"}),
        ({"refresh": None}, {"deployments": "BAD", "choices": "ok", "upkeep": "ok"}),
        ({"build-dataset": deployment(["a"])}, {"deployments": "ok", "choices": "BAD", "upkeep": "ok"}),
        ({"build-dataset": deployment(None)}, {"deployments": "ok", "choices": "ok", "upkeep": "ok"}),  # a form without choices
        ({"maintain": deployment(schedules=[])}, {"deployments": "ok", "choices": "ok", "upkeep": "--"}),
        ({"maintain": deployment(schedules=[{"active": False}])}, {"deployments": "ok", "choices": "ok", "upkeep": "--"}),
        ({"maintain": deployment(paused=True)}, {"deployments": "ok", "choices": "ok", "upkeep": "--"}),
        (dict.fromkeys(FLOWS), {"deployments": "BAD"}),
    ],
)
def test_deployments(changes, states):
    there = {flow: each for flow, each in (dict.fromkeys(FLOWS, deployment()) | changes).items() if each}
    assert {each.what: each.state for each in deployed(there, ["a", "b"])} == states


def test_choices_that_are_not_fresh_are_named():
    assert "does not offer c: babelmill serve" in choices(["a"], ["a", "c"]).found
    assert "offers b, which is not here" in choices(["a", "b"], ["a"]).found
    assert choices(["b", "a"], ["a", "b"]).state == "ok"


def crashing(within=180, enabled=True, **trigger):
    return {"name": "silent", "enabled": enabled, "trigger": {"after": [BEAT], "posture": "Proactive", "within": within, **trigger}}


OTHER = {"name": "other", "enabled": True, "trigger": {"type": "compound", "triggers": []}}


@pytest.mark.parametrize(
    ("found", "beat", "state", "says"),
    [
        ([OTHER, crashing()], 30, "ok", "a run without heartbeat for 180 s is set Crashed; they come every 30 s"),
        ([OTHER], 30, "BAD", "no automation sees runs that died"),
        ([crashing(posture="Reactive")], 30, "BAD", "no automation"),
        ([crashing(enabled=False)], 30, "--", "'silent' is switched off"),
        ([crashing()], None, "BAD", "runs give none. Set PREFECT_FLOWS_HEARTBEAT_FREQUENCY=30"),
        ([crashing(within=90)], 180, "BAD", "dead after 90 s, and heartbeats come every 180 s: healthy runs would be set Crashed"),
        ([crashing(within=59)], 30, "BAD", "healthy runs"),
        ([crashing(within=60)], 30, "ok", "60 s"),
    ],
)
def test_runs_that_died_are_seen_and_healthy_ones_are_not_taken_for_dead(found, beat, state, says):
    told = automation(found, beat)
    assert told.state == state
    assert says in told.found


def test_runs_that_are_stuck_are_named():
    assert stuck([], NOW).state == "ok"
    found = stuck([{"name": "news fin_Latn", "start_time": "2026-11-21T11:00:00Z"}], NOW)
    assert (found.state, "news fin_Latn (since 3 h ago)" in found.found) == ("BAD", True)


def run(state_type, message="All done", by_schedule=True):
    state = {"name": state_type.title(), "message": message}
    return {
        "name": "brave-owl",
        "state_type": state_type,
        "end_time": "2026-11-21T03:00:10.5Z",
        "state": state,
        "auto_scheduled": by_schedule,
    }


@pytest.mark.parametrize(
    ("last", "state", "says"),
    [
        ({"refresh": run("COMPLETED"), "maintain": None}, "ok", "none failed; never ran: maintain"),
        ({"refresh": run("COMPLETED")}, "ok", "none failed"),
        ({}, "ok", "none failed"),
        (
            {"refresh": run("FAILED", "SourceError: no column 'text'.\nName one."), "maintain": run("COMPLETED")},
            "BAD",
            "refresh (brave-owl, 2026-11-21T03:00Z) Failed: SourceError: no column 'text'. Name one.",
        ),
        ({"refresh": run("FAILED", "RecipeError: --limit 0", by_schedule=False)}, "--", "Failed: RecipeError: --limit 0"),
        ({"maintain": run("CRASHED", None)}, "BAD", "maintain (brave-owl, 2026-11-21T03:00Z) Crashed: None"),
    ],
)
def test_how_the_last_runs_ended(last, state, says):
    found = ended(last)
    assert found.state == state
    assert says in found.found
