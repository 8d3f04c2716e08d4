"""Where a server may listen, what it and its worker run with, and what is told of the folder."""

import socket
import stat
from pathlib import Path

import pytest

from flows import serve_processes
from flows.serve_checks import check_public, free_port, inside, is_local
from flows.serve_processes import bound, client_environment, password, server_environment
from schemas.errors import EngineError, RecipeError

MADE, OWN = "babelmill:made-for-this-machine", "ada:sixteen-characters"
OFF = {"PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "False"}


@pytest.mark.parametrize(
    ("host", "auth", "environment"),
    [
        ("127.0.0.1", MADE, {}),
        ("::1", MADE, {}),
        ("localhost", MADE, OFF),  # of this machine alone
        ("127.0.0.53", "a:b", {}),
        ("0.0.0.0", OWN, {}),
        ("babelmill.example.org", OWN, {"PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true"}),
    ],
)
def test_may_listen(host: str, auth: str, environment: dict[str, str]) -> None:
    check_public(host, auth, MADE, environment)


@pytest.mark.parametrize(
    ("host", "auth", "environment", "message"),
    [
        ("0.0.0.0", MADE, {}, "Set PREFECT_SERVER_API_AUTH_STRING=user:password to one of your own first"),
        ("::", MADE, {}, "of your own first"),
        ("192.168.1.5", "ada:fifteen-letters", {}, "less than 16 characters"),
        ("somewhere", "ada:", {}, "expected user:password"),
        ("127.0.0.1", "no colon", {}, "expected user:password"),
        ("0.0.0.0", OWN, OFF, "CSRF_PROTECTION_ENABLED is off, so any web page could act"),
        ("0.0.0.0", OWN, {"PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "0"}, "PREFECT_SERVER_CSRF_PROTECTION_ENABLED is off"),
    ],
)
def test_may_not_listen(host: str, auth: str, environment: dict[str, str], message: str) -> None:
    with pytest.raises(RecipeError) as refused:
        check_public(host, auth, MADE, environment)
    assert message in str(refused.value)
    assert auth.partition(":")[2] not in str(refused.value) or not auth.partition(":")[2]
    if not is_local(host) and ":" in auth and auth != "ada:":
        assert "TLS proxy" in str(refused.value)


@pytest.mark.parametrize(
    ("host", "called"),
    [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]"), ("127.0.0.1", "127.0.0.1"), ("a.example", "a.example")],
)
def test_how_the_machine_calls_its_own_server(host: str, called: str) -> None:
    assert inside(host) == called


def test_a_taken_port_is_named_with_the_way_out() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(EngineError, match=f"--port {taken}: Address already in use. Choose another, as in --port {taken + 1}"):
            free_port("127.0.0.1", taken)
    assert free_port("127.0.0.1", taken) == taken
    assert free_port("127.0.0.1", 0) > 0


def test_the_password_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    made, path = password(tmp_path)
    assert password(tmp_path) == (made, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert made.startswith("babelmill:")
    assert len(made.partition(":")[2]) >= 32
    path.write_text("")  # as after a loss of power
    assert len(password(tmp_path)[0]) == len(made)
    (tmp_path / "another").mkdir()
    assert password(tmp_path / "another")[0] != made


def test_a_variable_that_is_set_wins_but_never_switches_the_password_off(tmp_path: Path) -> None:
    given = {
        "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": "https://a.example",
        "PREFECT_SERVER_API_AUTH_STRING": "",
        "PATH": "/bin",
        "EMPTY": "",
    }
    defaults = {"PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": "http://127.0.0.1:4200", "PREFECT_CLI_PROMPT": "false"}
    assert server_environment(given, defaults, tmp_path, "http://127.0.0.1:4201", MADE) == {
        "PREFECT_UI_URL": "http://127.0.0.1:4201",
        "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": "https://a.example",
        "PREFECT_SERVER_API_AUTH_STRING": MADE,
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_HOME": str(tmp_path),
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(tmp_path / "ui"),
        "PATH": "/bin",
        "EMPTY": "",
    }


def test_a_worker_knows_whole_paths_and_not_the_servers_own_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"BABELMILL_HOME": "warehouse", "BABELMILL_RECIPES": "recipes", "PREFECT_SERVER_API_AUTH_STRING": OWN}
    worker = client_environment(given, {}, tmp_path / "warehouse", "http://127.0.0.1:1/api", OWN)
    assert worker == {
        "BABELMILL_HOME": str(tmp_path / "warehouse"),
        "BABELMILL_RECIPES": str(tmp_path / "recipes"),
        "PREFECT_HOME": str(tmp_path / "warehouse" / "prefect"),
        "PREFECT_API_URL": "http://127.0.0.1:1/api",
        "PREFECT_API_AUTH_STRING": OWN,
    }


def test_a_log_stays_small_while_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve_processes, "LOG_BYTES", 100)
    log = tmp_path / "server.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"a" * 99 + b"\n")
        bound(log)
        assert log.stat().st_size == 100, "not yet above the limit"
        writer.write(b"b" * 50)
        bound(log)
        writer.write(b"c" * 10)
    assert log.read_bytes() == b"c" * 10, "who writes goes on at the new end"
    assert (tmp_path / "server.log.1").read_bytes() == b"a" * 99 + b"\n" + b"b" * 50
    bound(tmp_path / "none.log")
    assert not (tmp_path / "none.log").exists()
