"""Patience: calls to the Hub that its client makes once are made again while there is hope, for a bounded time.

The client itself repeats lists, pre-uploads and uploads (6 tries in 23 s); it never repeats info, commits, tags, refs or the making of a
repository, knows no Retry-After that is a date, and waits for an answer for ever. Only calls that may be made twice belong here.
"""

import json
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from huggingface_hub import get_session
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # the HTTP library under the client, whichever it is

T = TypeVar("T")

PASSING = {408, 425, 429}  # and all from 500: they say nothing about the request
SPENT = re.compile(r"r\s*=\s*0\s*;\s*t\s*=\s*(\d+)")  # in RateLimit: `"api";r=0;t=55`
HALVED = (httpx.RemoteProtocolError, httpx.DecodingError, json.JSONDecodeError)  # a body of known length, packed, of unknown length
ON_THE_WAY = (httpx.TimeoutException, httpx.NetworkError, ConnectionResetError, TimeoutError, *HALVED)


def _quiet(_: str) -> None:
    """Says nothing."""


@dataclass(frozen=True)
class Patience:
    """How long to try, and the world it is tried in."""

    tries: int = 8
    """Calls at most. Without the server's word, 7 waits are about 1.5 minutes in all."""
    seconds: float = 900
    """From the first call to the last at most: three of the Hub's windows of five minutes."""
    first: float = 1
    """Wait after the first failure; it doubles each time, and half of it is drawn."""
    longest: float = 30
    """Such a wait at most; what the server asks for is not shortened."""
    answer: float = 120
    """Seconds that the server may be silent; the client by itself waits for ever."""
    say: Callable[[str], None] = _quiet
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    draw: Callable[[], float] = random.random


def patiently(call: Callable[[], T], *, what: str, patience: Patience | None = None) -> T:
    """What `call` returns, made again after a wait whenever the Hub or the way to it fails in passing.

    what: the call in words, for `patience.say`. Waits as long as RateLimit or Retry-After ask, and a little longer, so that many do not
    come back at once. Raises what the last call raised: at once what will not pass, or when tries or seconds are used up.
    """
    patience = patience or Patience()
    start, tried = patience.clock(), 0
    while True:
        tried += 1
        _bound(get_session(), patience.answer)
        try:
            return call()
        except (httpx.HTTPError, OSError, ValueError) as error:
            if not passing(error) or tried == patience.tries:
                raise
            wait = _wait(asked(error), tried, patience)
            if patience.clock() + wait > start + patience.seconds:
                raise
            patience.say(f"{what}: {reason(error)}; again in {wait:.0f} s (try {tried + 1} of {patience.tries})")
            patience.sleep(wait)


def passing(error: Exception) -> bool:
    """Whether the same call may well succeed later."""
    if isinstance(error, HfHubHTTPError):
        return status(error) in PASSING or status(error) >= 500
    return isinstance(error, ON_THE_WAY)


def status(error: Exception) -> int:
    """The HTTP status of an error, 0 where the server did not answer."""
    return int(error.response.status_code) if isinstance(error, HfHubHTTPError) else 0


def asked(error: Exception, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> float | None:
    """Seconds until the server wants to be asked again, by RateLimit or Retry-After; None where it does not say.

    A date is compared with the server's own Date where it sent one: clocks differ.
    """
    if not isinstance(error, HfHubHTTPError):
        return None
    headers: Mapping[str, str] = error.response.headers
    waits = [float(seconds) for seconds in SPENT.findall(headers.get("RateLimit", ""))]
    after = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d+", after, re.ASCII):
        waits.append(float(after))
    elif then := _date(after):
        waits.append((then - (_date(headers.get("Date", "")) or now())).total_seconds())
    return max(0.0, *waits) if waits else None


def reason(error: Exception) -> str:
    """An error in a word or two."""
    if status(error):
        return "too many requests (429)" if status(error) == 429 else f"the Hub answered {status(error)}"
    return f"no answer ({type(error).__name__})"


def _bound(client: httpx.Client, seconds: float) -> None:
    """Bound the silence of every request of this client, also of those that ask for no bound, as the client's own do."""
    client.timeout = httpx.Timeout(seconds, connect=min(seconds, 20))

    def bounded(request: httpx.Request) -> None:
        if not any((request.extensions.get("timeout") or {}).values()):
            request.extensions["timeout"] = client.timeout.as_dict()

    hooks = client.event_hooks
    if not any(hook.__name__ == bounded.__name__ for hook in hooks["request"]):
        client.event_hooks = {**hooks, "request": [*hooks["request"], bounded]}


def _wait(asked: float | None, tried: int, patience: Patience) -> float:
    if asked is not None:
        return asked + 1 + patience.draw() * max(1.0, asked / 10)  # a second, since the server rounds
    return min(patience.longest, patience.first * float(2 ** (tried - 1))) * (0.5 + patience.draw() / 2)


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
