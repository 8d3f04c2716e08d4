"""What passes over the wire: a request with its query and body, an answer, and the refusal of one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

if TYPE_CHECKING:
    from tests.hub.server import Hub

PAGE = 50  # entries of a page of a tree or a history


@dataclass(frozen=True)
class Request:
    """One request as routes see it; `target` is the path with its query."""

    hub: "Hub"
    method: str
    target: str
    headers: Message
    body: bytes = b""

    @cached_property
    def path(self) -> str:
        return urlsplit(self.target).path

    @cached_property
    def query(self) -> dict[str, list[str]]:
        """Values of each key in order, for keys that are repeated: filter=, expand=."""
        return parse_qs(urlsplit(self.target).query)

    def value(self, key: str, default: str = "") -> str:
        """The last value of a key of the query."""
        return self.query.get(key, [default])[-1]

    def flag(self, key: str) -> bool:
        """Whether a key of the query says yes: true in Python's spelling and in JavaScript's."""
        return self.value(key).lower() in ("true", "1")

    @property
    def token(self) -> str:
        return (self.headers.get("Authorization") or "").removeprefix("Bearer ")

    def json(self) -> Any:
        """The body. Raises RefusedError where it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise RefusedError(400, message="Invalid JSON") from None


@dataclass(frozen=True)
class Answer:
    """bytes go out as they are, anything else as JSON."""

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class RefusedError(Exception):
    """The answer is an error: status, the code that the client maps to its own errors, a message for people."""

    def __init__(self, status: int, code: str | None = None, message: str | None = None, **headers: str) -> None:
        super().__init__(status)
        self.status, self.code, self.message, self.headers = status, code, message or code or "refused", headers

    def answer(self) -> Answer:
        code = {"X-Error-Code": self.code} if self.code else {}
        return Answer({"error": self.message}, self.status, {**code, "X-Error-Message": self.message, **self.headers})


def page(request: Request, entries: list[Any], size: int = PAGE) -> Answer:
    """The entries from `cursor` on, and an absolute link to the next ones."""
    start = int(request.value("cursor", "0"))
    if start + size >= len(entries):
        return Answer(entries[start:])
    query = urlencode({**request.query, "cursor": start + size}, doseq=True)
    return Answer(entries[start : start + size], headers={"Link": f'<{request.hub.url}{request.path}?{query}>; rel="next"'})
