"""deploy/server.env and cluster.env: Prefect ignores a name it does not know, so we ask it."""

import re
import shlex

import pytest

from schemas.errors import did_you_mean
from schemas.resources import server_settings

FOREIGN = {"DO_NOT_TRACK"}  # read by prefect._internal.analytics, not a setting


def read(path):
    return dict(word.split("=", 1) for word in shlex.split(path.read_text("utf-8"), comments=True))


def unknown(names, known):
    return {name: did_you_mean(name, known) for name in set(names) - known - FOREIGN}


@pytest.mark.parametrize("file", ["server.env", "cluster.env"])
def test_every_name_is_a_setting(file, deploy, known):
    assert unknown(read(deploy / file), known) == {}


@pytest.mark.parametrize(
    "name", ["PREFECT_SERVER_ANALYTICS_ENABLE", "PREFECT_FLOW_HEARTBEAT_FREQUENCY", "PREFECT_SERVER_CSRF_PROTECTION_ENABLED"]
)
def test_a_misspelt_or_outdated_name_is_none(name, known):
    assert unknown([name], known)[name].startswith(" Did you mean PREFECT_")


def test_every_value_is_taken_and_survives_the_way_to_a_run(monkeypatch):
    """A worker hands its settings to the process of a run as variables, in Prefect's own spelling."""
    from prefect.settings.models.root import Settings

    for name, value in server_settings().items():
        monkeypatch.setenv(name, value)
    now = Settings()
    handed = now.to_environment_variables(exclude_unset=True)
    assert set(server_settings()) - FOREIGN <= set(handed)
    for name, value in handed.items():
        monkeypatch.setenv(name, value)
    assert Settings() == now
    assert now.server.api.csrf_protection_enabled
    assert not now.server.analytics_enabled
    assert not now.server.ephemeral.enabled
    assert now.server.services.db_vacuum.enabled_vacuum_types >= {"events", "flow_runs"}
    assert now.flows.heartbeat_frequency == 30
    assert now.server.api.host == now.worker.webserver.host == "127.0.0.1"
    assert "*" not in now.server.api.cors_allowed_origins


def test_the_makers_are_told_nothing(monkeypatch):
    from prefect._internal.analytics import enabled

    monkeypatch.setattr(enabled, "is_ci_environment", lambda: False)
    monkeypatch.delenv("DO_NOT_TRACK", raising=False)
    assert enabled.is_telemetry_enabled()
    monkeypatch.setenv("DO_NOT_TRACK", server_settings()["DO_NOT_TRACK"])
    assert not enabled.is_telemetry_enabled()


@pytest.mark.parametrize("file", ["server.env", "cluster.env"])
def test_no_secret_and_a_reason_for_each(file, deploy):
    text = (deploy / file).read_text("utf-8")
    assert [name for name in read(deploy / file) if re.search("PASSWORD|AUTH_STRING|TOKEN$|SECRET|CONNECTION_URL", name)] == []
    assert [block for block in text.split("\n\n") if "=" in block and not block.startswith("#")] == []


@pytest.mark.parametrize("file", ["server.env", "cluster.env"])
def test_all_who_read_it_read_the_same(file, deploy):
    """docker run keeps quotes, a shell takes them away; compose puts variables in; some take spaces, some do not."""
    lines = [line for line in (deploy / file).read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[A-Z_]+=[\w.,:/+-]+", line)] == []
    assert dict(line.split("=", 1) for line in lines) == read(deploy / file)
