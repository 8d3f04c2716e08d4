"""The Prefect server as a client of plain HTTP sees it: which one is ours, and calls to it. Imports no Prefect, so it is there at once."""

import base64
import http.client
import itertools
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schemas.errors import EngineError

ADDRESS, AUTH = "address", "auth"  # files of BABELMILL_HOME/prefect, written by `babelmill serve`
PAGE = 200  # rows of a filter, the most that the server gives at once
PATIENCE = 15  # seconds for one answer; SQLite under a build answers in 1-3 s on two busy cores
BUSY = (429, 502, 503)  # nothing was done; the server asks to come again: SQLite was locked, a proxy waits for it
LISTENING = "0A"  # state of a socket, in /proc/net/tcp
LOCAL = ("127.0.0.1", "localhost", "::1")
AWAY = (OSError, ValueError, http.client.HTTPException)  # nothing there, no address, an answer cut off or of another protocol


class RefusedError(EngineError):
    """The server answered, but not with what was asked for."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Server:
    """A server: `api` ends in /api; `auth` is user:password, or None."""

    api: str
    auth: str | None = field(default=None, repr=False)
    _tokens: dict[str, str] = field(default_factory=dict, repr=False, compare=False)  # the headers of changes, asked for once

    @property
    def ui(self) -> str:
        """Where a browser goes."""
        return self.api.removesuffix("/api")

    def run_url(self, run: str) -> str:
        """The page of a flow run."""
        return f"{self.ui}/runs/flow-run/{run}"

    def answers(self, timeout: float = 2) -> bool:
        """Whether something that is healthy answers there; nobody is signed in for it."""
        try:
            with _opener(self.api).open(f"{self.api}/health", timeout=timeout) as answer:
                return bool(answer.status == 200)
        except AWAY:
            return False

    def ask(self, path: str, body: Any = None, method: str | None = None, timeout: float = PATIENCE) -> Any:
        """The JSON that the server answers; POST where there is a body. Raises RefusedError where it refuses, EngineError where none is."""
        method = method or ("GET" if body is None else "POST")
        data = None if body is None else json.dumps(body).encode()
        headers = self._headers() | ({"Content-Type": "application/json"} if body is not None else {})

        until, held = time.monotonic() + timeout, bool(self._tokens)
        while True:
            try:
                token = {} if method == "GET" else self._token(timeout)
                return self._send(method, path, headers | token, timeout, data)
            except RefusedError as refused:
                if refused.status in BUSY and time.monotonic() < until:
                    time.sleep(1)
                elif refused.status == 403 and method != "GET" and held:
                    self._tokens.clear()  # too old, or the server has another database now
                    held = False
                else:
                    raise

    def every(self, path: str, body: Any) -> Iterator[dict[str, Any]]:
        """All that a filter of the server finds."""
        for offset in itertools.count(step=PAGE):
            found = self.ask(path, {**body, "limit": PAGE, "offset": offset})
            yield from found
            if len(found) < PAGE:
                return

    def _token(self, timeout: float) -> dict[str, str]:
        """What a change must carry where the server guards against forged requests."""
        if not self._tokens:
            client, token = str(uuid.uuid4()), ""
            try:
                token = self._send("GET", f"/csrf-token?client={client}", self._headers(), timeout)["token"]
            except RefusedError as refused:
                if refused.status not in (404, 422):  # else it does not guard
                    raise
            self._tokens.update({"Prefect-Csrf-Token": token, "Prefect-Csrf-Client": client})
        return self._tokens

    def _headers(self) -> dict[str, str]:
        if self.auth:
            return {"Authorization": f"Basic {base64.b64encode(self.auth.encode()).decode()}"}
        key = os.environ.get("PREFECT_API_KEY")
        return {"Authorization": f"Bearer {key}"} if key else {}

    def _send(self, method: str, path: str, headers: dict[str, str], timeout: float, data: bytes | None = None) -> Any:
        try:
            request = urllib.request.Request(f"{self.api}{path}", data, headers, method=method)
            with _opener(self.api).open(request, timeout=timeout) as answer:
                content = answer.read()
            return json.loads(content) if content else None
        except urllib.error.HTTPError as error:
            raise RefusedError(self._said(f"{method} {self.api}{path}", error), error.code) from None
        except AWAY as error:
            reason = " ".join(str(getattr(error, "reason", None) or error).split())
            raise EngineError(
                f"no Prefect server answers at {self.api}: {reason}. Start one with babelmill serve, or set PREFECT_API_URL to yours, "
                "which is like http://127.0.0.1:4200/api."
            ) from None

    def _said(self, asked: str, error: urllib.error.HTTPError) -> str:
        """What was refused, in words."""
        if error.code in (401, 403):
            given = "does not take what PREFECT_API_AUTH_STRING says" if self.auth else "wants to know who calls"
            return f"the server at {self.api} {given}. Set PREFECT_API_AUTH_STRING to its user:password, as the server was started with."
        try:
            detail = json.loads(error.read())
            told = detail.get("detail") or detail.get("exception_message") or detail
        except (*AWAY, AttributeError):
            told = error.reason
        return f"{asked}: {error.code} {told}"


def named() -> Server | None:
    """The server of PREFECT_API_URL. Raises EngineError if that is no address."""
    address = os.environ.get("PREFECT_API_URL")
    if not address:
        return None
    try:
        parts = urllib.parse.urlsplit(address)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:  # asking for the port raises if it is no number
            return Server(address.rstrip("/"), os.environ.get("PREFECT_API_AUTH_STRING") or None)
    except ValueError:
        pass
    raise EngineError(f"PREFECT_API_URL={address}: expected an address like http://127.0.0.1:4200/api. Set it to that, or unset it.")


def known() -> Server | None:
    """The server to work with: that of PREFECT_API_URL, else the one that `babelmill serve` runs for this warehouse, if it answers."""
    if server := named():
        return server
    from flows.settings import settings  # here, as the keeper needs the rest of this file alone

    return served(settings().home)


def served(home: Path) -> Server | None:
    """The server that `babelmill serve` runs for a warehouse, if it answers."""
    folder = home / "prefect"
    address = _line(folder / ADDRESS)
    if not address or not owned(address, folder.stat().st_uid):
        return None
    server = Server(address, os.environ.get("PREFECT_SERVER_API_AUTH_STRING") or _line(folder / AUTH))
    return server if server.answers() else None


def owned(address: str, user: int) -> bool:
    """Whether who listens at an address of this machine is that user (uid); True where nobody does, or the kernel does not tell.

    After a crash the port may be another user's, who answers like a server to be sent the password.
    """
    port, owners = urllib.parse.urlsplit(address).port, set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for row in (line.split() for line in (_line(Path(table)) or "").splitlines()[1:]):
            if row[3] == LISTENING and int(row[1].rpartition(":")[2], 16) == port:
                owners.add(int(row[7]))
    return owners <= {user}


def _line(path: Path) -> str | None:
    try:
        return path.read_text("utf-8").strip() or None
    except OSError:
        return None


def _opener(address: str) -> urllib.request.OpenerDirector:
    """No proxy stands between this machine and itself."""
    local = urllib.parse.urlsplit(address).hostname in LOCAL
    return urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if local else []))
