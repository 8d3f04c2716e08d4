"""Small releases with real files, and the Hub they go to as a reader sees it."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.manifest import Config, Manifest, Split
from tasks.card import write_card
from tasks.materialise import entry
from tasks.patience import Patience
from tasks.publish import Published, Target, publish
from tasks.store import LocalStore, Release
from tests.hub.repos import Commit, File
from tests.hub.server import Hub
from tests.hub.wire import Answer, Request

REPO, TOKEN = "owner/trial", "hf_canary"
BASE = Manifest.model_validate(
    {
        "name": "trial",
        "version": "auto",
        "title": "A trial",
        "license": "cc-by-4.0",
        "signature": "src:f.jsonl@0123",
        "language": "eng_Latn",
        "source": {"name": "f.jsonl", "format": "jsonl", "id": "id", "digest": "ab" * 32, "normalised": 0, "license": "cc-by-4.0"},
        "engine": {"model": "echo", "digest": "echo-1", "library": "babelmill", "options": {}},
        "recipe": {"annotations": [], "checks": {"reject": ["empty"], "flag": ["language"], "on_reject": "field"}},
        "tools": {"polars": "1"},
        "learnt": {},
        "configs": {},
    }
)
HASTY = Patience(first=0.01, longest=0.05, answer=5, seconds=30)


def made(store: LocalStore, base: Manifest, version: str, rows: dict[str, int], *, word: str = "word", **changes: Any) -> Release:
    """A version of the local store: a Parquet file of each config, rejects, card and report."""
    with store.staging() as folder:
        configs = {}
        for code, count in rows.items():
            path = f"{code}/train-00000-of-00001.parquet"
            (folder / code).mkdir()
            table(folder / path, count, f"{code} {word}")
            split = Split(
                rows_in=count,
                rows_out=count,
                set_aside=0,
                rejected=0,
                fields=0,
                verdicts={},
                reasons={},
                files=(entry(folder, path, count),),
            )
            columns, kind = {"id": "string", "text": "string"}, "source" if code == base.language else "translation"
            configs[code] = Config(language=code, kind=kind, columns=columns, splits={"train": split})
        (folder / "rejected").mkdir()
        table(folder / "rejected/fin_Latn.parquet", 3, "rejected")
        rejected = entry(folder, "rejected/fin_Latn.parquet", 3)
        manifest = base.model_copy(update={"version": version, "configs": configs, "files": (rejected,), **changes})
        return store.commit(folder, manifest, pages)


def table(path: Path, rows: int, word: str) -> None:
    """Text that no other file has."""
    texts = [hashlib.sha256(f"{word} {row}".encode()).hexdigest() for row in range(rows)]
    pq.write_table(pa.table({"id": [str(row) for row in range(rows)], "text": texts}), path)


def pages(manifest: Manifest, folder: Path) -> None:
    write_card(manifest, folder)
    (folder / "report.html").write_text(f"<p>{manifest.name} {manifest.version}</p>", "utf-8")


def send(store: LocalStore, release: Release, patience: Patience = HASTY, **target: Any) -> Published:
    return publish(store, release, Target(**{"repo": REPO, **target}), patience)


def on_hub(hub: Hub, revision: str = "main", repo: str = REPO) -> dict[str, str]:
    """Path -> sha256 of what a reader of a revision gets, but for .gitattributes."""
    files = hub.repos[repo].commits[hub.repos[repo].sha(revision) or ""].files
    return {path: hashlib.sha256(file.read()).hexdigest() for path, file in files.items() if path != ".gitattributes"}


def whole(hub: Hub, release: Release, revision: str = "main", repo: str = REPO) -> bool:
    """Whether a revision holds exactly the files of the release; the card may go on after ours."""
    there, manifest = on_hub(hub, revision, repo), release.manifest
    files = [file for config in manifest.configs.values() for split in config.splits.values() for file in split.files]
    ours = {file.path: file.sha256 for file in (*files, *manifest.files)}
    ours["manifest.json"] = hashlib.sha256((release.path / "manifest.json").read_bytes()).hexdigest()
    card = hub.repos[repo].commits[hub.repos[repo].sha(revision) or ""].files.get("README.md")
    same = card is not None and card.read().startswith((release.path / "README.md").read_bytes().rstrip(b"\n"))
    return same and {**ours, "README.md": ""} == {**there, "README.md": ""}


def version_at(hub: Hub, revision: str = "main", repo: str = REPO) -> str:
    files = hub.repos[repo].commits[hub.repos[repo].sha(revision) or ""].files
    return str(json.loads(files["manifest.json"].read())["version"]) if "manifest.json" in files else "none"


def titles(hub: Hub, repo: str = REPO) -> list[str]:
    """Of the commits of main, oldest first; raises where the history is not one line."""
    it, found = hub.repos[repo], []
    sha: str | None = it.branches["main"]
    while sha is not None:
        found.append(it.commits[sha].title)
        sha = it.commits[sha].parent
    assert len(found) == len(it.commits), "a commit stands beside the line"
    return found[::-1]


def tags(hub: Hub, repo: str = REPO) -> dict[str, str]:
    return dict(hub.repos[repo].tags)


def edit(hub: Hub, changes: dict[str, str | None], repo: str = REPO) -> str:
    """A commit of somebody else: files with other content, or without; its sha."""
    it = hub.repos[repo]
    files = dict(it.commits[it.branches["main"]].files)
    for path, content in changes.items():
        files.pop(path, None)
        if content is not None:
            files[path] = File.of(path, content.encode())
    return it.add(Commit(files, it.branches["main"], "by hand"))


def before(hub: Hub, part: str, act: Callable[[], object]) -> None:
    """Do something when the first request with this in its path has come, before it is carried out."""
    answer, todo = hub.answer, [act]

    def answering(request: Request) -> Answer:
        if part in request.path and todo:
            todo.pop()()
        return answer(request)

    hub.answer = answering  # type: ignore[method-assign]


def content(hub: Hub, path: str, revision: str = "main", repo: str = REPO) -> bytes:
    it = hub.repos[repo]
    return it.commits[it.sha(revision) or ""].files[path].read()
