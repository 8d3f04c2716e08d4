"""Batches: many sentences given to CTranslate2 at once, and what to do with a batch that does not fit into memory."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

SMALLEST = 64  # tokens of a batch; below that, one sentence after the other

Submit = Callable[[Sequence[int], int], Sequence[Any]]
"""Hands sentences (their numbers) over in batches of so many tokens, and returns at once a promise of CTranslate2 for each."""


class Batches:
    """The size of the batches of one engine: halved where one did not fit, and then for good, as the next would not fit either.

    On a CPU no hypothesis depends on its batch, so that the halving shows in nothing but the time.
    """

    def __init__(self, tokens: int) -> None:
        self.tokens = tokens

    def start(self, submit: Submit, count: int) -> "Running":
        """Begin with sentences 0 to count; while they are in work, the caller may prepare the next ones."""
        tokens = self.tokens
        return Running(self, submit, tokens, submit(range(count), tokens))


class Running:
    """Sentences in work. Iterate once, to the end: (number, result) of each, None where one does not fit into memory even alone."""

    def __init__(self, batches: Batches, submit: Submit, tokens: int, promises: Sequence[Any]) -> None:
        self._batches, self._submit, self._tokens, self._promises = batches, submit, tokens, promises

    def __iter__(self) -> Iterator[tuple[int, Any]]:
        waiting: Sequence[int] = range(len(self._promises))
        while self._tokens >= SMALLEST:
            failed = []
            for number, promise in zip(waiting, self._promises, strict=True):
                result = _result(promise)
                if result is None:
                    failed.append(number)
                else:
                    yield number, result
            if not failed:
                return
            self._tokens //= 2
            self._batches.tokens = max(SMALLEST, min(self._batches.tokens, self._tokens))
            waiting = failed
            if self._tokens >= SMALLEST:
                self._promises = self._submit(waiting, self._tokens)
        for number in waiting:  # each with all the memory there is
            yield number, _result(self._submit([number], SMALLEST)[0])


def _result(promise: Any) -> Any:
    """What was promised; None if there was not enough memory for it."""
    try:
        return promise.result()
    except MemoryError:
        return None
    except RuntimeError as error:
        if "memory" not in str(error) and "ALLOC_FAILED" not in str(error):  # "CUDA failed with error out of memory", cuBLAS's status
            raise
        return None
