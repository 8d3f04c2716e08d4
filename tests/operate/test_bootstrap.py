"""The bootstrap against a real server with sign-in and CSRF: made once, mended, and what people set left alone."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from flows.deployed import automations
from schemas.errors import EngineError, RecipeError
from tests.bench.prefect_server import Server, end

pytestmark = pytest.mark.flow
Bootstrap = Callable[..., list[str]]
SILENT = automations.silent().name


def test_a_second_time_changes_nothing(server: Server, bootstrap: Bootstrap) -> None:
    bootstrap()
    before = everything(server)
    again = bootstrap()
    assert again[:4] == [
        "work pool babelmill is there",
        "work queue default is there",
        "work queue build is there",
        f"automation {SILENT!r} is there",
    ]
    assert everything(server) == before


def everything(server: Server) -> list[object]:
    """Pools, queues and automations with the time of their last change."""
    return [server.ask("POST", f"/{kind}/filter", {}) for kind in ("work_pools", "work_queues", "automations")]


def silent(server: Server) -> list[dict[str, object]]:
    return [each for each in server.ask("POST", "/automations/filter", {}) if each["name"] == SILENT]


def test_what_is_ours_is_mended_and_what_people_set_is_left(server: Server, bootstrap: Bootstrap) -> None:
    bootstrap()
    [ours] = silent(server)
    changed = {**ours, "trigger": {**ours["trigger"], "within": 60}, "enabled": False}  # type: ignore[dict-item]
    server.ask("POST", "/automations/", {key: changed[key] for key in ("name", "trigger", "actions")})  # a double
    server.ask("PUT", f"/automations/{ours['id']}", {key: changed[key] for key in ("name", "trigger", "actions", "enabled")})
    server.ask("PATCH", "/work_pools/babelmill", {"concurrency_limit": 3, "is_paused": True})
    server.ask("DELETE", "/work_pools/babelmill/queues/build")
    try:
        assert bootstrap()[:4] == [
            "work pool babelmill is there",
            "work queue default is there",
            "made work queue build",
            f"mended automation {SILENT!r}, switched off by hand",
        ]
        [mended] = silent(server)
        assert (mended["trigger"]["within"], mended["enabled"]) == (automations.SILENT.total_seconds(), False)  # type: ignore[index]
        pool = server.ask("GET", "/work_pools/babelmill")
        assert (pool["concurrency_limit"], pool["is_paused"]) == (3, True)
    finally:
        server.ask("PATCH", "/work_pools/babelmill", {"concurrency_limit": None, "is_paused": False})
        server.ask("PATCH", f"/automations/{ours['id']}", {"enabled": True})


@pytest.mark.parametrize(
    ("notify", "told"),
    [
        ("slack-webhook/tem", "Did you mean slack-webhook/team?"),
        ("team", "TYPE/NAME, as in slack-webhook/team"),
        ("secret/plain", "the block 'secret/plain' cannot notify"),
    ],
)
def test_a_block_that_will_not_do(server: Server, bootstrap: Bootstrap, notify: str, told: str) -> None:
    block(server, "slack-webhook", "team", {"url": "https://hooks.example/secret-path"})
    block(server, "secret", "plain", {"value": "secret-value"})
    with pytest.raises(RecipeError) as error:
        bootstrap(notify)
    assert told in str(error.value)
    assert "secret-path" not in str(error.value)


def block(server: Server, kind: str, name: str, data: dict[str, str]) -> None:
    """A block, if it is not there."""
    kind_id = server.ask("GET", f"/block_types/slug/{kind}")["id"]
    if name not in [each["name"] for each in server.ask("GET", f"/block_types/slug/{kind}/block_documents")]:
        [schema, *_] = server.ask("POST", "/block_schemas/filter", {"block_schemas": {"block_type_id": {"any_": [kind_id]}}})
        server.ask("POST", "/block_documents/", {"name": name, "data": data, "block_type_id": kind_id, "block_schema_id": schema["id"]})


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"auth": "admin:wrong"}, "Set PREFECT_API_AUTH_STRING"),
        ({"api": "http://127.0.0.1:9/api"}, "no Prefect server answers at http://127.0.0.1:9/api"),
        ({"api": None}, "PREFECT_API_URL is not set"),
    ],
)
def test_a_server_that_does_not_let_us(bootstrap: Bootstrap, options: dict[str, str], told: str) -> None:
    with pytest.raises(EngineError) as error:
        bootstrap(**options)
    assert told in str(error.value)
    assert "admin:wrong" not in str(error.value)


def test_a_pool_of_another_kind_is_not_touched(server: Server, bootstrap: Bootstrap) -> None:
    bootstrap()
    server.ask("DELETE", "/work_pools/babelmill")
    server.ask("POST", "/work_pools/", {"name": "babelmill", "type": "docker"})
    try:
        with pytest.raises(EngineError, match=r"is of type docker, expected process\. Delete it"):
            bootstrap()
    finally:
        server.ask("DELETE", "/work_pools/babelmill")
    assert bootstrap()[0] == "made work pool babelmill"


def test_an_address_that_nobody_knows(bootstrap: Bootstrap, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("BABELMILL_NOTIFY_URL", "https://chat.example/hooks/canary-path")
    with pytest.raises(RecipeError, match=r"BABELMILL_NOTIFY_URL is no address that Apprise knows, as slack://") as error:
        bootstrap()
    assert "canary-path" not in str(error.value) + caplog.text


class Inbox(HTTPServer):
    """A webhook on this machine: what it was sent, and the status it answers."""

    def __init__(self) -> None:
        self.got: list[dict[str, str]] = []
        self.status = 200
        self.came = threading.Event()
        super().__init__(("127.0.0.1", 0), Post)

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.server_port}/hook/canary-path"


class Post(BaseHTTPRequestHandler):
    server: Inbox

    def do_POST(self) -> None:
        self.server.got.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(self.server.status)
        self.end_headers()
        self.server.came.set()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_failed_run_is_told(server: Server, bootstrap: Bootstrap, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BABELMILL_NOTIFY_URL", inbox.url)
    bootstrap()
    assert "failed runs are told to slack-webhook/babelmill-notify, which is there" in bootstrap()
    deployment = server.deployment("tests.bench.fault_flows.fail_now")
    worker = server.worker("--name", "told")
    try:
        run = server.run(deployment, message="line 3: no column 'text'")
        assert inbox.came.wait(120)
        [told] = inbox.got
        assert told["title"].startswith("fail-now ")
        assert told["title"].endswith(": Failed")
        assert "line 3: no column 'text'" in told["message"]
        assert told["message"].endswith(f"http://127.0.0.1:{server.port}/runs/flow-run/{run}")
        inbox.status = 500
        inbox.came.clear()
        server.run(deployment)
        assert inbox.came.wait(120)
    finally:
        end(worker)
        server.ask("DELETE", "/work_pools/babelmill")  # with the worker that it has seen
    monkeypatch.delenv("BABELMILL_NOTIFY_URL")
    assert "failed runs are told as before: automation 'babelmill: a run failed'" in bootstrap()
    kept = [json.dumps(server.ask("POST", f"/{kind}/filter", {})) for kind in ("automations", "block_documents", "events", "logs")]
    log = (server.folder / "server.log").read_text("utf-8")
    assert not [text for text in (*kept, log) if "canary-path" in text]
