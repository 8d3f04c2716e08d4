"""Faults for chosen requests: `hub.faults.append(Fault("POST", "/commit/", "lost"))`.

Before the request is carried out: a status instead of it (429, 500, 503, ...), "slow", "reset". After it was: "half" of the answer's body
and the connection closed, "stall" with half of it until the Hub ends, "lost" with no answer at all.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Literal

Kind = Literal["slow", "reset", "half", "stall", "lost"]


@dataclass
class Fault:
    """What happens to the nth request, and the `times - 1` after it, of a method ("" is any) with the pattern in path or query."""

    method: str
    pattern: str
    kind: int | Kind
    nth: int = 1
    times: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)  # of a status
    seconds: float = 0.5  # of "slow"
    seen: int = 0  # requests that it could have struck

    def strikes(self, method: str, target: str) -> bool:
        """Whether it is this request's turn; counts it."""
        if (self.method and method != self.method) or not re.search(self.pattern, target):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times

    @property
    def struck(self) -> int:
        """How often it did."""
        return max(0, min(self.seen - self.nth + 1, self.times))


def used_up(seconds: int) -> dict[str, str]:
    """Headers of a 429 whose window ends in so many seconds."""
    return {"RateLimit": f'"api";r=0;t={seconds}', "RateLimit-Policy": '"fixed window";"api";q=500;w=300'}


def retry_after(seconds: int) -> dict[str, str]:
    """Header that says the wait in seconds."""
    return {"Retry-After": str(seconds)}


def retry_at(time: float) -> dict[str, str]:
    """Header that says the end of the wait as an HTTP date; time: seconds since 1970."""
    return {"Retry-After": formatdate(time, usegmt=True)}
