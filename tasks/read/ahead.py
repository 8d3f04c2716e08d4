"""Ahead: files that lie elsewhere, fetched one after the other as they are read, the next one while one is read."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import overload

from schemas.errors import BabelmillError

Fetch = Callable[[int], Path]


class Files(Sequence[Path]):
    """The files of a split. Names and hashes are known before anything is fetched; each is fetched once."""

    def __init__(self, hashes: Sequence[tuple[str, str]], fetch: Fetch) -> None:
        """hashes: name and hash of each file, in order. fetch: from the number of a file, from 0, to where it then lies."""
        self.hashes = hashes
        self._fetch = fetch
        self._here: dict[int, Path] = {}
        self._last = -1  # the file that was taken last
        self._ahead = False
        self._running: Thread | None = None

    def __len__(self) -> int:
        return len(self.hashes)

    @overload
    def __getitem__(self, i: int) -> Path: ...
    @overload
    def __getitem__(self, i: slice) -> Sequence[Path]: ...
    def __getitem__(self, i: int | slice) -> Path | Sequence[Path]:
        if isinstance(i, slice):
            return [self[each] for each in range(len(self))[i]]
        i = range(len(self))[i]
        if self._running:
            self._running.join()
            self._running = None
        if i not in self._here:
            self._here[i] = self._fetch(i)
        self._last = i
        if self._ahead:
            self._begin(i + 1)
        return self._here[i]

    def __iter__(self) -> Iterator[Path]:
        for i in range(len(self)):
            yield self[i]

    def ahead(self) -> None:
        """From now on fetch the file after the one that was taken last, while that is read."""
        if not self._ahead:
            self._ahead = True
            self._begin(self._last + 1)

    def _begin(self, i: int) -> None:
        if i < len(self) and i not in self._here:
            self._running = Thread(target=self._try, args=(i,), daemon=True)  # daemon: who stops early does not wait for it
            self._running.start()

    def _try(self, i: int) -> None:
        with suppress(BabelmillError):  # who takes the file tries again, and is told
            self._here[i] = self._fetch(i)
