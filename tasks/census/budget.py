"""Budget: so many calls in a window of time, as the Hub counts them."""

import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping

LEFT = re.compile(r"r\s*=\s*(\d+)\s*;\s*t\s*=\s*(\d+)")  # RateLimit: "api";r=12;t=55
POLICY = re.compile(r"q\s*=\s*(\d+)\s*;\s*w\s*=\s*(\d+)")  # RateLimit-Policy: "fixed window";"api";q=500;w=300
LISTS, FILES = 500, 3_000  # of the Hub to those without a token, in a window (hub-docs, rate limits, September 2025)
WINDOW = 300.0  # seconds


class Budget:
    """Waits before a call where the window is spent, by our own count and by the server's; the smaller of the two holds.

    In any stretch of one window it makes at most `calls` calls, so that it matters not when the server's windows begin.
    """

    def __init__(
        self,
        calls: int,
        window: float = WINDOW,
        *,
        spent: Iterable[float] = (),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        """spent: how many seconds ago calls were made before, by a process that was killed."""
        self.calls, self.window, self.made = calls, window, 0
        self._clock, self._sleep, self._say = clock, sleep, say
        self._times = deque(sorted(clock() - ago for ago in spent))
        self._closed = -float("inf")  # until when the server takes no more

    def take(self) -> None:
        """Wait until one more call is within the budget, and count it."""
        while (wait := self._wait()) > 0:
            self._say(f"{self.calls} calls in {self.window:.0f} s are spent; on in {wait:.0f} s")
            self._sleep(wait)
        self._times.append(self._clock())
        self.made += 1

    def heard(self, headers: Mapping[str, str]) -> None:
        """Take what the server says of its window: a quota below ours is obeyed, none left means to wait for its next window."""
        if policy := POLICY.search(headers.get("RateLimit-Policy", "")):
            self.calls, self.window = min(self.calls, max(int(policy[1]), 1)), float(policy[2])
        if (left := LEFT.search(headers.get("RateLimit", ""))) and left[1] == "0":
            self._closed = self._clock() + int(left[2]) + 1  # a second, since the server rounds

    def _wait(self) -> float:
        now = self._clock()
        while self._times and self._times[0] <= now - self.window:
            self._times.popleft()
        full = self._times[-self.calls] + self.window - now if len(self._times) >= self.calls else 0.0
        return max(full, self._closed - now)
