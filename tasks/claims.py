"""Claims: chunks that run at once never translate the same sentence twice."""

import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future

from tasks.translate import Hypothesis

Found = dict[bytes, Hypothesis]


class Claims:
    """Keys that some chunk of this process is working on, each with the promise of its translation."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._promised: dict[tuple[str, bytes], Future[Hypothesis]] = {}

    def work(self, target: str, keys: Collection[bytes], find: Callable[[list[bytes]], Found]) -> Found:
        """The translations of all keys: `find` is asked for those that nobody else works on, the rest are waited for.

        `find` must have stored what it returns before it does: a promise is forgotten once it is kept. It is called
        before anything is waited for, so that two chunks that share keys cannot block each other.
        """
        with self._lock:
            theirs = {key: promise for key in keys if (promise := self._promised.get((target, key)))}
            mine: dict[bytes, Future[Hypothesis]] = {key: Future() for key in keys if key not in theirs}
            self._promised.update({(target, key): promise for key, promise in mine.items()})
        try:
            found = find(list(mine))
            for key, promise in mine.items():
                promise.set_result(found[key])
        except BaseException as error:
            for promise in mine.values():
                if not promise.done():
                    promise.set_exception(error)
            raise
        finally:
            with self._lock:
                for key in mine:
                    del self._promised[target, key]
        return {**found, **{key: promise.result() for key, promise in theirs.items()}}
