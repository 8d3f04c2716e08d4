"""Progress: what a person sees while a build runs. Bars on a terminal, plain lines elsewhere."""

import sys
import threading
import time
from types import TracebackType
from typing import Any, Protocol, Self

EVERY = 10.0  # seconds between two plain lines


class Progress(Protocol):
    """Told what happens, from any thread."""

    def say(self, text: str) -> None:
        """A stage begins."""

    def plan(self, totals: dict[str, int]) -> None:
        """So many sentences will be needed in each language."""

    def add(self, language: str, sentences: int, tokens: int = 0, remembered: int = 0) -> None:
        """Sentences are there: translated into `tokens` tokens, or `remembered` by the memory (or repeated)."""


class Silent:
    """Counts, and shows nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since = time.monotonic()
        self.totals: dict[str, int] = {}
        self.done: dict[str, int] = {}
        self.remembered: dict[str, int] = {}
        self.tokens = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        pass

    def say(self, text: str) -> None:
        pass

    def plan(self, totals: dict[str, int]) -> None:
        self._since = time.monotonic()
        self.totals = totals

    def add(self, language: str, sentences: int, tokens: int = 0, remembered: int = 0) -> None:
        with self._lock:
            self.done[language] = self.done.get(language, 0) + sentences
            self.remembered[language] = self.remembered.get(language, 0) + remembered
            self.tokens += tokens

    def summary(self) -> str:
        """`1,204/2,202 sentences, 310 from memory, 512/s, 10,240 tokens/s, 2 s left`."""
        done, total, old = sum(self.done.values()), sum(self.totals.values()), sum(self.remembered.values())
        seconds = max(time.monotonic() - self._since, 1e-3)
        rate = (done - old) / seconds
        left = f", {(total - done) / rate:,.0f} s left" if rate and done < total else ""
        return f"{done:,}/{total:,} sentences, {old:,} from memory, {rate:,.0f}/s, {self.tokens / seconds:,.0f} tokens/s{left}"


class Lines(Silent):
    """Plain lines on stderr, for logs."""

    def __init__(self) -> None:
        super().__init__()
        self._last = time.monotonic()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.totals:
            self.say(self.summary())

    def say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def add(self, language: str, sentences: int, tokens: int = 0, remembered: int = 0) -> None:
        super().add(language, sentences, tokens, remembered)
        if time.monotonic() - self._last >= EVERY:
            self._last = time.monotonic()
            self.say(self.summary())


class Bars(Silent):
    """One bar a language on a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        super().__init__()
        self._rich = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._bars: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._rich.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._rich.stop()

    def say(self, text: str) -> None:
        self._rich.console.print(text, highlight=False)

    def plan(self, totals: dict[str, int]) -> None:
        super().plan(totals)
        self._bars = {language: self._rich.add_task(language, total=total, rate="") for language, total in totals.items()}

    def add(self, language: str, sentences: int, tokens: int = 0, remembered: int = 0) -> None:
        super().add(language, sentences, tokens, remembered)
        fresh = self.done[language] - self.remembered[language]
        rate = f"{fresh / max(time.monotonic() - self._since, 1e-3):,.0f}/s, {self.remembered[language]:,} from memory"
        self._rich.update(self._bars[language], completed=self.done[language], rate=rate)


def progress(quiet: bool = False) -> Silent:
    """What suits this terminal."""
    if quiet:
        return Silent()
    return Bars() if sys.stderr.isatty() else Lines()
