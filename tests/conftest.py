"""What every test may use: the files handed to the project, a folder for generated files, and short ways to write sources and recipes."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from schemas.manifest import Manifest
from schemas.recipe import Recipe
from schemas.recipe_file import parse
from tests.hub.server import Hub

# Derandomized: a red test is red for everybody. To look for more: pytest --hypothesis-profile=search
settings.register_profile("steady", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", settings.get_profile("steady"), derandomize=False, max_examples=1000)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of corpora and models that lies beside the repository."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip(f"needs the corpora and models of {folder}, which is not here")
    return folder


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for property tests, whose examples write the same file again and again."""
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """write(name, content): a file under tmp_path, with its folders; text goes there as UTF-8, line ends untouched."""

    def file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return file


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A Hub on this machine that the client of huggingface_hub talks to in this process; it begins without cache and token."""
    from huggingface_hub import constants, hf_api
    from huggingface_hub.utils import _detect_agent, _xet

    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with Hub() as server:  # the client read its environment when it was imported
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        monkeypatch.setattr(hf_api.api, "endpoint", server.url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", server.url + "/{repo_id}/resolve/{revision}/{filename}")
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub-cache"))
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
        monkeypatch.setenv("HF_XET_CACHE", str(tmp_path / "xet"))  # else chunks of another test's Hub count as stored
        monkeypatch.setenv("HF_XET_CLIENT_RETRY_BASE_DELAY", "20ms")
        monkeypatch.setattr(_xet, "_GLOBAL_XET_HOLDER", _xet.XetSessionHolder())  # a new session reads them
        monkeypatch.setattr(_xet, "XET_CONNECTION_INFO_CACHE", {})
        monkeypatch.setattr(_detect_agent, "_registry", _detect_agent._EMPTY_REGISTRY)  # else a process's first test has a request more
        yield server


@pytest.fixture
def writer(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> str:
    """The token in this process: of the user `owner`, who may write for the organisation `team` too."""
    hub.writers["write-token"] = ("owner", "team")
    monkeypatch.setenv("HF_TOKEN", "write-token")
    return "write-token"


@pytest.fixture
def datasets(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The library datasets, which talks to the Hub of the test and begins with an empty cache."""
    import datasets
    from huggingface_hub import HfFileSystem

    HfFileSystem.clear_instance_cache()
    monkeypatch.setattr(datasets.config, "HF_ENDPOINT", hub.url)
    monkeypatch.setattr(datasets.config, "HUB_DATASETS_URL", hub.url + "/datasets/{repo_id}/resolve/{revision}/{path}")
    for name in ("HF_DATASETS_CACHE", "DOWNLOADED_DATASETS_PATH", "HF_MODULES_CACHE"):
        monkeypatch.setattr(datasets.config, name, tmp_path / name.lower())
    datasets.disable_progress_bars()
    return datasets


@pytest.fixture
def recipe() -> Callable[..., Recipe]:
    """recipe(format, path, **changes): English field `text` into Finnish by echo, unless changed."""

    def make(format: str, path: Path, **changes: Any) -> Recipe:
        source = {"format": format, "path": str(path), **changes.pop("source", {})}
        values = {"name": "trial", "title": "A trial", "language": "eng_Latn", "fields": ["text"]}
        return parse({**values, "source": source, "translate": {"engine": "echo", "into": ["fin_Latn"]}, **changes})

    return make


@pytest.fixture(scope="session")
def manifest() -> Callable[..., Manifest]:
    """manifest(rows={config: rows}, columns=, **changes): of a release from English; every fourth field is flagged."""

    def make(rows: dict[str, int] | None = None, columns: dict[str, str] | None = None, **changes: Any) -> Manifest:
        values: dict[str, Any] = {
            "name": "trial",
            "version": "auto",
            "title": "A trial",
            "license": "cc-by-4.0",
            "signature": "src:f.jsonl@0123",
            "language": "eng_Latn",
            "source": {"name": "f.jsonl", "format": "jsonl", "id": "id", "digest": "ab" * 32, "normalised": 0},
            "engine": {"model": "echo", "digest": "echo-1", "library": "babelmill", "options": {}},
            "recipe": {"annotations": [], "checks": {"reject": ["empty"], "flag": ["language"], "on_reject": "field"}},
            "tools": {"polars": "1"},
            "learnt": {},
        }
        values["configs"] = {
            code: {
                "language": code,
                "kind": "source" if code == "eng_Latn" else "translation",
                "columns": columns or {"id": "string", "text": "string"},
                "splits": {
                    "train": {
                        "rows_in": count + 3,
                        "rows_out": count,
                        "set_aside": 2,
                        "rejected": 1,
                        "fields": count,
                        "verdicts": {} if code == "eng_Latn" else {"accept": count - count // 4, "flag": count // 4},
                        "reasons": {} if code == "eng_Latn" or count < 4 else {"language": count // 4},
                        "files": [],
                    }
                },
            }
            for code, count in (rows or {"eng_Latn": 8, "fin_Latn": 8}).items()
        }
        return Manifest.model_validate({**values, **changes})

    return make
