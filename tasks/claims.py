"""Claims: chunks that run at once never translate the same sentence twice."""

import threading
from collections.abc import Callable
from concurrent.futures import Future

import polars as pl

Find = Callable[[pl.Series], pl.DataFrame]
"""From distinct keys (Binary) to a row for each: `key` and what was found for it, in any order."""


class Claims:
    """Keys that some chunk of this process is working on, each with the promise of its chunk's answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._promised: dict[tuple[str, bytes], Future[pl.DataFrame]] = {}

    def work(self, target: str, keys: pl.Series, find: Find) -> list[pl.DataFrame]:
        """The rows of all keys (distinct): what `find` says of those that nobody else works on, then what others found.

        `find` must have stored what it returns before it does: a promise is forgotten once it is kept. It is called
        before anything is waited for, so that two chunks that share keys cannot block each other.
        """
        promise: Future[pl.DataFrame] = Future()
        places = [(target, key) for key in keys]
        with self._lock:
            promises = [self._promised.setdefault(place, promise) for place in places]
        others = dict.fromkeys(other for other in promises if other is not promise)
        mine = keys.filter(pl.Series([other is promise for other in promises], dtype=pl.Boolean)) if others else keys
        try:
            found = find(mine)
            if found.height != len(mine):
                raise KeyError(f"{len(mine)} keys were looked for, {found.height} found")
            promise.set_result(found)
        except BaseException as error:
            promise.set_exception(error)
            raise
        finally:
            with self._lock:
                for place, other in zip(places, promises, strict=True):
                    if other is promise:
                        del self._promised[place]
        wanted = keys.to_frame("key")
        return [found, *(other.result().join(wanted, on="key", how="semi") for other in others)]
