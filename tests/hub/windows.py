"""Fixed windows of requests, as the Hub counts them, and its quota of commits.

Source: hub-docs rate-limits.md ("September '25"): per five minutes 500 API calls and 3,000 files without a token, 1,000 and 5,000 with a
free account's; 128 commits an hour (huggingface_hub #3010).
"""

import math
from dataclasses import dataclass, field

from tests.hub.wire import RefusedError

PLENTY = 1_000_000  # what a test has that is not about quotas


@dataclass
class Window:
    """What one caller, a token or the one without, may do in `seconds`; they begin with the first call."""

    quota: int = PLENTY
    seconds: int = 300
    name: str = "api"
    begun: dict[str, tuple[float, int]] = field(default_factory=dict)  # caller -> when the window began, calls in it

    def spend(self, caller: str, now: float) -> dict[str, str]:
        """Count a call; the headers that say what is left. Raises RefusedError where it was used up."""
        start, used = self.begun.get(caller, (now, 0))
        if now >= start + self.seconds:
            start, used = now, 0
        self.begun[caller] = start, used + 1
        left, reset = self.quota - used - 1, math.ceil(start + self.seconds - now)
        if left >= 0:
            return self.headers(left, reset)
        if self.name == "commits":  # no header says so
            raise RefusedError(429, message="You have exceeded our hourly quotas for action: commit. We invite you to retry later.")
        raise RefusedError(429, message="We had to rate limit you", **self.headers(0, reset))

    def headers(self, left: int, reset: int) -> dict[str, str]:
        policy = f'"fixed window";"{self.name}";q={self.quota};w={self.seconds}'
        return {"RateLimit": f'"{self.name}";r={left};t={reset}', "RateLimit-Policy": policy}


def windows() -> dict[str, Window]:
    """Of a Hub whose callers have plenty."""
    return {"api": Window(), "resolvers": Window(name="resolvers"), "commits": Window(seconds=3600, name="commits")}


def counted(path: str) -> str | None:
    """The window that a request falls into."""
    return "resolvers" if "/resolve/" in path else "api" if path.startswith("/api/") else None
