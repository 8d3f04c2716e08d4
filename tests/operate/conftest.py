"""A real server with sign-in and CSRF, set as deploy/server.env says, and the bootstrap against it in this process."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from tests.bench.prefect_server import Server, serving


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("prefect")) as running:
        yield running


@pytest.fixture
def bootstrap(server: Server, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """bootstrap(notify=None, auth=None): its lines."""
    monkeypatch.delenv("BABELMILL_NOTIFY_URL", raising=False)
    from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

    from flows.deployed.bootstrap import bootstrap

    def call(notify: str | None = None, auth: str = server.auth, api: str | None = server.api) -> list[str]:
        with temporary_settings({PREFECT_API_URL: api, PREFECT_API_AUTH_STRING: auth}):
            return asyncio.run(bootstrap(notify))

    return call
