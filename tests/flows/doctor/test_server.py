"""The Prefect server: each finding good and broken. A server with sign-in stands in tests/operate."""

import pytest

from flows.doctor import runs
from flows.doctor.server import guarded, look, retention, same_version
from flows.server import Server


def settings(enabled, runs=7776000.0, events=604800.0):
    return {"server": {"services": {"db_vacuum": {"enabled": enabled, "retention_period": runs}}, "events": {"retention_period": events}}}


@pytest.mark.parametrize(
    ("told", "state", "says"),
    [
        (settings(["events", "flow_runs", "orphans"]), "ok", "keeps events 7 days and runs 90 days"),
        (settings(["events", "flow_runs"], "P90D", "PT12H"), "ok", "keeps events 0.5 days and runs 90 days"),
        (settings(["events"]), "BAD", "keeps events 7 days and the rest for ever, so it grows"),
        (settings([]), "BAD", "keeps everything for ever, so it grows. Set PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED=events,flow_runs"),
    ],
)
def test_what_the_database_forgets(told, state, says):
    found = retention(told)
    assert found.state == state
    assert says in found.found


@pytest.mark.parametrize(("theirs", "state"), [("3.8.8", "ok"), ("3.7.0", "BAD"), ("3.9.1", "BAD")])
def test_client_and_server_are_of_one_version(theirs, state):
    assert same_version("http://server/api", theirs, "3.8.8").state == state


def test_without_a_server_builds_run_here():
    [found] = look()
    assert (found.state, "builds run in this process" in found.found) == ("--", True)
    assert list(runs.look()) == []


def test_a_server_that_is_named_must_answer(monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    [found] = look()
    assert (found.state, "no Prefect server answers at http://127.0.0.1:9/api" in found.found) == ("BAD", True)
    assert list(runs.look()) == []


@pytest.mark.flow
def test_a_server_as_it_comes_out_of_the_box(prefect_server, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", prefect_server)
    found = {each.what: each for each in look()}
    assert {what: each.state for what, each in found.items()} == {"server": "ok", "sign-in": "--", "csrf": "--", "database": "BAD"}
    found = {each.what: each for each in runs.look()}
    assert {what: each.state for what, each in found.items() if each.state != "ok"} == {
        "worker": "BAD",
        "deployments": "BAD",
        "crashes": "BAD",
    }
    assert "there is no work pool babelmill" in found["worker"].found


@pytest.mark.flow
def test_an_open_door_is_broken_where_others_may_reach_it(prefect_server, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.1")
    monkeypatch.setenv("no_proxy", "127.1")
    found = list(guarded(Server(prefect_server.replace("127.0.0.1", "127.1"))))  # the same server, under a name that is not this machine's
    assert [(each.what, each.state) for each in found] == [("sign-in", "BAD"), ("csrf", "BAD")]
    assert "PREFECT_SERVER_API_AUTH_STRING" in found[0].found
