"""A local store with releases, and a Hub that one token may write to."""

from collections.abc import Callable
from typing import Any

import pytest

from tasks.store import LocalStore, Release
from tests.hub.server import Hub
from tests.tasks.publish.making import BASE, TOKEN, made

ROWS = {"eng_Latn": 8, "fin_Latn": 8}


@pytest.fixture
def store(tmp_path) -> LocalStore:
    return LocalStore(tmp_path / "releases")


@pytest.fixture
def release(store: LocalStore) -> Callable[..., Release]:
    """release(version, rows=, word=, **changes): a version in the store; no licence bars it."""

    def make(version: str = "1.0.0", rows: dict[str, int] = ROWS, **changes: Any) -> Release:
        return made(store, BASE, version, rows, **changes)

    return make


@pytest.fixture
def hub(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    hub.writers[TOKEN] = "owner"
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return hub
