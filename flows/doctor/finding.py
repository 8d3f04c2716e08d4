"""Findings: what a look at a part of the installation came to, and looks that may take only so long."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from schemas.errors import BabelmillError

State = Literal["ok", "BAD", "--"]


@dataclass(frozen=True)
class Finding:
    """ok: in order. BAD: broken, and `found` says what to do. --: absent by choice, or not needed; `found` says what it is good for."""

    what: str
    state: State
    found: str


Look = Callable[[], Iterable[Finding]]


def ok(what: str, found: str) -> Finding:
    return Finding(what, "ok", found)


def bad(what: str, found: str) -> Finding:
    return Finding(what, "BAD", found)


def absent(what: str, found: str) -> Finding:
    return Finding(what, "--", found)


def gather(looks: Mapping[str, Look], seconds: float) -> dict[str, list[Finding]]:
    """What each look found, by its name; all at once, and after so many seconds what there is, with a finding that names who hangs.

    A dead disk or a driver that hangs cannot be ended from here: its thread is left, and does not keep the process from ending.
    """
    running = {name: _Running(name, look) for name, look in looks.items()}
    deadline = time.monotonic() + seconds
    return {name: each.result(deadline, seconds) for name, each in running.items()}


class _Running:
    def __init__(self, name: str, look: Look) -> None:
        self._name, self._look = name, look
        self._found: list[Finding] = []
        self._ended = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def result(self, deadline: float, seconds: float) -> list[Finding]:
        self._thread.join(max(deadline - time.monotonic(), 0))
        if self._thread.is_alive():
            last = f"after {self._found[-1].what}" if self._found else "at all"
            return [*self._found, bad(self._name, f"no answer {last} within {seconds:.0f} s: it hangs or this machine is very busy.")]
        if not self._ended:  # by an error that nobody foresaw, whose traceback the thread has printed
            return [*self._found, bad(self._name, "this look failed; what went wrong is printed above. Report it.")]
        return self._found

    def _run(self) -> None:
        try:
            for finding in self._look():
                self._found.append(finding)
        except (BabelmillError, OSError, ImportError) as error:
            self._found.append(bad(self._name, str(error)))
        self._ended = True
