"""A Hub on this machine, for tests: the real clients of huggingface_hub and datasets list, download and publish over HTTP.

Faithful to huggingface_hub 2.4 and hf-xet 1.8; what each route does stands in the file of its ROUTES.
"""

import re
import socket
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.hub import access, cas, history, lfs, listing, reading, writing
from tests.hub.faults import Fault
from tests.hub.repos import MODEL, Commit, File, Repo
from tests.hub.windows import counted, windows
from tests.hub.wire import Answer, RefusedError, Request

ROUTES: list[tuple[str, re.Pattern[str], Callable[..., Answer]]] = [  # method, path, function of the request and the groups
    (method, re.compile(pattern), function)
    for part in (access, listing, writing, history, lfs, cas, reading)
    for method, pattern, function in part.ROUTES
]


class Hub:
    """`with Hub() as hub: hub.commit("owner/name", {"train.jsonl": b"..."})`; it answers at `hub.url`."""

    def __init__(self, port: int = 0) -> None:
        self.repos: dict[str, Repo] = {}
        self.records: dict[str, dict[str, Any]] = {}  # name -> fields of its record as the API names them; a repo need not exist
        self.tokens: dict[str, set[str]] = {}  # token -> private and gated datasets that it may read
        self.writers: dict[str, str | tuple[str, ...]] = {}  # token -> its user, then organisations, that it may write for
        self.faults: list[Fault] = []
        self.windows = windows()
        self.clock: Callable[[], float] = time.time
        self.requests: list[tuple[str, str]] = []
        self.objects: dict[str, File] = {}  # sha256 -> what came over LFS or Xet, whether a commit names it or not
        self.parts: dict[tuple[str, int], bytes] = {}  # of objects that are still coming
        self.part_size = 16 << 20  # bytes from which LFS objects come in parts
        self.ended = threading.Event()
        self.lock = threading.RLock()
        self._folder = tempfile.TemporaryDirectory(prefix="hub-", ignore_cleanup_errors=True)
        self._server = _Server(("127.0.0.1", port), type("_Handler", (_Handler,), {"hub": self}))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.cas = cas.Storage(self.url, Path(self._folder.name))
        self.storage = f"http://localhost:{self._server.server_port}"  # another host, which gets no token

    def __enter__(self) -> "Hub":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._folder.cleanup()

    def commit(
        self,
        name: str,
        files: Mapping[str, bytes | str],
        *,
        tag: str | None = None,
        model: bool = False,
        private: bool = False,
        gated: bool = False,
    ) -> str:
        """A new commit on main that holds exactly these files; its sha."""
        with self.lock:
            repo = self.repos.setdefault(MODEL + name if model else name, Repo(private=private, gated=gated))
            content = {path: File.of(path, data.encode() if isinstance(data, str) else data) for path, data in sorted(files.items())}
            self.objects = {file.sha256: file for file in content.values() if file.sha256} | self.objects
            date = (datetime(2026, 1, 1) + timedelta(seconds=len(repo.commits))).isoformat() + ".000Z"  # the same in every run
            sha = repo.add(Commit(content, repo.branches.get("main"), date=date))
            if tag:
                repo.tags[tag] = sha
            return sha

    def asked(self, part: str) -> int:
        """How many requests had this in their path."""
        return sum(part in path for _, path in self.requests)

    def date(self) -> str:
        """Now, as the API writes it."""
        return datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def answer(self, request: Request) -> Answer:
        """What the Hub says to a request; what it changes is changed whole before another request is looked at."""
        with self.lock:
            headers: dict[str, str] = {}
            try:
                if window := counted(request.path):
                    headers = self.windows[window].spend(request.token, self.clock())
                answer = self._route(request)
            except RefusedError as refused:
                answer = refused.answer()
            headers["X-Request-Id"] = f"Root=1-{len(self.requests):08x}"  # the client tells it in every error
            return Answer(answer.body, answer.status, {**headers, **answer.headers})

    def fault(self, request: Request) -> Fault | None:
        """The fault whose turn it is; every fault counts the request."""
        with self.lock:
            striking = [fault for fault in self.faults if fault.strikes(request.method, request.target)]
            return striking[0] if striking else None

    def _route(self, request: Request) -> Answer:
        for method, pattern, function in ROUTES:
            if request.method.replace("HEAD", "GET") == method and (match := pattern.fullmatch(request.path)):
                values = {key: value and unquote(value) for key, value in match.groupdict().items()}
                if values.pop("models", None):
                    values["repo"] = MODEL + str(values["repo"])
                return function(request, **values)
        raise RefusedError(404)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *args: Any) -> None:
        self.live: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.live.add(request)
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a client that ends is no fault of ours
            super().handle_error(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.live.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for connection in list(self.live):  # that clients keep open: a Hub that has ended answers nobody
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # closed meanwhile


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # header and body go out together

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def handle_any(self) -> None:
        self.hub.requests.append((self.command, self.path))
        body = self._body()
        if body is None:  # the client ended while it sent: nothing of it is carried out
            self.close_connection = True
            return
        request = Request(self.hub, self.command, self.path, self.headers, body)
        fault = self.hub.fault(request)
        kind = fault.kind if fault else None
        if fault and kind == "slow":
            self.hub.ended.wait(fault.seconds)
        if kind == "reset":
            return self._hang_up()
        refused = RefusedError(kind, None, "scripted fault", **fault.headers).answer() if fault and isinstance(kind, int) else None
        answer = refused or self.hub.answer(request)
        if kind == "lost":
            return self._hang_up()
        self._send(answer, cut=kind if kind in ("half", "stall") else None)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815

    def _body(self) -> bytes | None:
        """The whole body, or None where it is cut short."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            size = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(size)
            return body if len(body) == size else None
        parts = []
        while line := self.rfile.readline().strip():
            parts.append(self.rfile.read(int(line, 16)))
            self.rfile.readline()
            if line == b"0":
                return b"".join(parts)
        return None

    def _hang_up(self) -> None:
        """Close at once, so that the client sees a reset."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _send(self, answer: Answer, cut: str | None) -> None:
        raw = answer.content
        self.send_response(answer.status)
        kind = "application/octet-stream" if isinstance(answer.body, bytes) else "application/json; charset=utf-8"
        for name, value in {"Content-Type": kind, "Content-Length": str(len(raw)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(raw[: len(raw) // 2] if cut else raw)
        if cut:
            self.wfile.flush()
            self.close_connection = True
        if cut == "stall":
            self.hub.ended.wait()
