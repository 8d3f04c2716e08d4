"""A Hub on this machine, for tests: datasets and models that the real client of huggingface_hub lists and downloads over HTTP.

Faithful to huggingface_hub 2.4: X-Error-Code, X-Repo-Commit, Parquet and weights in LFS (302 with X-Linked-Etag), ranges, Link pages.
"""

import hashlib
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import yaml

PAGE = 50  # entries of a page of a tree
MODEL = "model "  # before the name of a model, which may be that of a dataset too
LFS = (".parquet", ".bin", ".safetensors", ".model")
REPO = r"(?P<repo>[\w.-]+(?:/[\w.-]+)?)"


@dataclass
class Repo:
    """Commits of a dataset or model, and the names that point at them."""

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    revisions: dict[str, str] = field(default_factory=dict)
    private: bool = False
    gated: bool = False


class Hub:
    """`with Hub() as hub: hub.commit("owner/name", {"train.jsonl": b"..."})`; it answers at `hub.url`."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.tokens: dict[str, set[str]] = {}  # token -> private and gated datasets that it may read
        self.broken: dict[str, int] = {}  # beginning of a path -> status to answer with
        self.halved: set[bytes] = set()  # files of which half is sent, and then no more until the Hub ends
        self.ended = threading.Event()
        self.requests: list[tuple[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("_Handler", (_Handler,), {"hub": self}))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.storage = f"http://localhost:{self._server.server_port}"  # another host, which gets no token

    def __enter__(self) -> "Hub":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()

    def commit(self, name: str, files: Mapping[str, bytes | str], *, tag: str | None = None, model: bool = False, **kind: bool) -> str:
        """A new commit on main that holds exactly these files; its sha."""
        repo = self.repos.setdefault(MODEL + name if model else name, Repo(**kind))
        content = {path: data.encode() if isinstance(data, str) else data for path, data in sorted(files.items())}
        sha = hashlib.sha1(repr((repo.revisions.get("main"), content)).encode()).hexdigest()
        repo.commits[sha] = content
        repo.revisions["main"] = sha
        if tag:
            repo.revisions[tag] = sha
        return sha

    def asked(self, part: str) -> int:
        """How many requests had this in their path."""
        return sum(part in path for _, path in self.requests)


class _RefusedError(Exception):
    def __init__(self, status: int, code: str | None = None) -> None:
        super().__init__(status)
        self.status, self.code = status, code


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        self.hub.requests.append((self.command, self.path))
        url = urlsplit(self.path)
        query = {key: values[-1] for key, values in parse_qs(url.query).items()}
        try:
            for beginning, status in self.hub.broken.items():
                if url.path.startswith(beginning):
                    raise _RefusedError(status)
            for pattern, answer in ROUTES:
                if match := re.fullmatch(pattern, url.path):
                    values = {key: value and unquote(value) for key, value in match.groupdict().items()}
                    if values.pop("models", None):
                        values["repo"] = MODEL + values["repo"]
                    return answer(self, query=query, **values)
            raise _RefusedError(404)
        except _RefusedError as refused:
            code = {"X-Error-Code": refused.code, "X-Error-Message": refused.code} if refused.code else {}
            self._answer(refused.status, {"error": refused.code or "refused"}, code)

    do_HEAD = do_GET  # noqa: N815

    def _repo(self, name: str) -> Repo:
        """As on the Hub, who may not see a private dataset is told that there is none: 404 with a token, 401 without."""
        repo = self.hub.repos.get(name)
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if token and token not in self.hub.tokens:
            raise _RefusedError(401)
        if repo is None or (repo.private and name not in self.hub.tokens.get(token, ())):
            raise _RefusedError(404 if token else 401, "RepoNotFound")
        return repo

    def _at(self, name: str, revision: str) -> tuple[Repo, str]:
        repo = self._repo(name)
        sha = repo.revisions.get(revision, revision)
        if sha not in repo.commits:
            raise _RefusedError(404, "RevisionNotFound")
        return repo, sha

    def info(self, repo: str, rev: str | None, query: dict[str, str]) -> None:
        it, sha = self._at(repo, rev or "main")
        files = it.commits[sha]
        siblings = [{"rfilename": path, **(_entry(path, data) if "blobs" in query else {})} for path, data in files.items()]
        front = re.match(r"---\n(.*?)\n---", files.get("README.md", b"").decode(), re.DOTALL)
        card = {"cardData": yaml.safe_load(front[1])} if front else {}
        gated = "auto" if it.gated else False
        self._answer(
            200,
            {"id": repo.removeprefix(MODEL), "sha": sha, "private": it.private, "gated": gated, "tags": [], "siblings": siblings, **card},
        )

    def tree(self, repo: str, rev: str, folder: str | None, query: dict[str, str]) -> None:
        it, sha = self._at(repo, rev)
        under = f"{folder}/" if folder else ""
        entries: dict[str, dict[str, Any]] = {}
        for path, data in it.commits[sha].items():
            if not path.startswith(under):
                continue
            parts = path[len(under) :].split("/")
            for depth in range(1, len(parts) if query.get("recursive", "").lower() in ("true", "1") else min(len(parts), 2)):
                name = under + "/".join(parts[:depth])
                entries[name] = {"type": "directory", "path": name, "size": 0, "oid": _git(name.encode())}
            if len(parts) == 1 or query.get("recursive", "").lower() in ("true", "1"):
                entries[path] = {"type": "file", "path": path, **_entry(path, data)}
        if folder and not entries:
            raise _RefusedError(404, "EntryNotFound")
        start, ordered = int(query.get("cursor", 0)), [entries[path] for path in sorted(entries)]
        link = f'<{self.hub.url}{urlsplit(self.path).path}?recursive={query.get("recursive", "")}&cursor={start + PAGE}>; rel="next"'
        self._answer(200, ordered[start : start + PAGE], {"Link": link} if start + PAGE < len(ordered) else {})

    def resolve(self, repo: str, rev: str, path: str, query: dict[str, str]) -> None:
        it, sha = self._at(repo, rev)
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if it.gated and repo not in self.hub.tokens.get(token, ()):
            raise _RefusedError(403 if token else 401, "GatedRepo")
        if path not in it.commits[sha]:
            raise _RefusedError(404, "EntryNotFound")
        data = it.commits[sha][path]
        if path.endswith(LFS):
            oid = hashlib.sha256(data).hexdigest()
            linked = {"X-Linked-Etag": f'"{oid}"', "X-Linked-Size": str(len(data)), "Location": f"{self.hub.storage}/lfs/{oid}"}
            return self._answer(302, b"", {"X-Repo-Commit": sha, **linked})
        self._bytes(data, {"X-Repo-Commit": sha, "ETag": f'"{_git(data)}"'})

    def lfs(self, oid: str, query: dict[str, str]) -> None:
        every = (data for repo in self.hub.repos.values() for files in repo.commits.values() for data in files.values())
        self._bytes(next(data for data in every if hashlib.sha256(data).hexdigest() == oid), {"ETag": f'"{oid}"'})

    def _bytes(self, data: bytes, headers: dict[str, str]) -> None:
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if not wanted:
            return self._answer(200, data, {"Accept-Ranges": "bytes", **headers})
        start, end = int(wanted[1]), min(int(wanted[2] or len(data) - 1), len(data) - 1)
        if start >= len(data):
            return self._answer(416, b"", {"Content-Range": f"bytes */{len(data)}"})
        self._answer(206, data[start : end + 1], {**headers, "Content-Range": f"bytes {start}-{end}/{len(data)}"})

    def _answer(self, status: int, body: Any, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        for name, value in {"Content-Type": kind, "Content-Length": str(len(raw)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD" and raw in self.hub.halved:
            self.wfile.write(raw[: len(raw) // 2])
            self.wfile.flush()
            self.hub.ended.wait()
        elif self.command != "HEAD":
            self.wfile.write(raw)


def _git(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def _entry(path: str, data: bytes) -> dict[str, Any]:
    sha = hashlib.sha256(data).hexdigest()
    lfs = {"lfs": {"oid": sha, "sha256": sha, "size": len(data), "pointerSize": 134}} if path.endswith(LFS) else {}
    return {"size": len(data), "oid": _git(data), "blobId": _git(data), **lfs}


ROUTES: list[tuple[str, Any]] = [
    (rf"/api/(?:datasets|(?P<models>models))/{REPO}/tree/(?P<rev>[^/]+)(?:/(?P<folder>.+))?", _Handler.tree),
    (rf"/api/(?:datasets|(?P<models>models))/{REPO}(?:/revision/(?P<rev>[^/]+))?", _Handler.info),
    (rf"/datasets/{REPO}/resolve/(?P<rev>[^/]+)/(?P<path>.+)", _Handler.resolve),
    (rf"(?P<models>/){REPO}/resolve/(?P<rev>[^/]+)/(?P<path>.+)", _Handler.resolve),
    (r"/lfs/(?P<oid>[0-9a-f]{64})", _Handler.lfs),
]
