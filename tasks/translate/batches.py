"""Batches: many sentences given to CTranslate2 at once, of which none depends on its neighbours or is lost for want of memory."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

SMALLEST = 64  # tokens of a batch; below that, one sentence after the other
STEP = 4  # tokens
NO_ROOM = ("out of memory", "allocate", "ALLOC_FAILED")  # of CUDA, of CTranslate2 on a CPU, of cuBLAS; not "illegal memory access"

Submit = Callable[[Sequence[int], int], Sequence[Any]]
"""Hands one batch over, the numbers of its sentences and the tokens that each is padded to; returns at once a promise for each."""


class Batches:
    """The size of the batches of one engine: halved where one did not fit, and then for good, as the next would not fit either.

    Padding moves the attention of an int8 model by up to 0.01, enough to turn a near tie: in batches cut otherwise, 1 of 1,000 captions
    came out otherwise. So a sentence is always padded to the same length, the next multiple of STEP, whatever stands beside it.
    """

    def __init__(self, tokens: int, threads: int = 1) -> None:
        self.tokens, self.threads = tokens, threads

    def start(self, submit: Submit, lengths: Sequence[int]) -> "Running":
        """Begin with sentences of so many tokens; while they are in work, the caller may prepare the next ones.

        Few sentences are shared out, so that no thread is idle while one works on them all.
        """
        return Running(self, submit, lengths, max(SMALLEST, min(self.tokens, -(-sum(lengths) // self.threads))))


class Running:
    """Sentences in work. Iterate once, to the end: (number, result) of each, None where one does not fit into memory even alone."""

    def __init__(self, batches: Batches, submit: Submit, lengths: Sequence[int], tokens: int) -> None:
        self._batches, self._submit, self._lengths, self._tokens = batches, submit, lengths, tokens
        self._padded = [-(-length // STEP) * STEP for length in lengths]
        self._promised = self._start(range(len(lengths)))

    def __iter__(self) -> Iterator[tuple[int, Any]]:
        while self._tokens >= SMALLEST:
            failed = []
            for number, promise in self._promised:
                result = _result(promise)
                if result is None:
                    failed.append(number)
                else:
                    yield number, result
            if not failed:
                return
            self._tokens //= 2
            self._batches.tokens = max(SMALLEST, min(self._batches.tokens, self._tokens))
            self._promised = self._start(failed) if self._tokens >= SMALLEST else [(number, None) for number in failed]
        for number, _ in self._promised:  # each with all the memory there is
            yield number, _result(self._submit([number], self._padded[number])[0])

    def _start(self, numbers: Sequence[int]) -> list[tuple[int, Any]]:
        """Longest first, as the last batches to end should be short ones; those of one padding in batches of about one size.

        Each begins with one of the longest, which sets the padding, and goes on with sentences of about one length, which end together.
        """
        promised: list[tuple[int, Any]] = []
        order = sorted(numbers, key=self._lengths.__getitem__, reverse=True)
        for length, group in groupby(order, key=self._padded.__getitem__):
            same = list(group)
            count = -(-len(same) * length // self._tokens)
            first, rest = same[:count], same[count:]
            for i, longest in enumerate(first):
                batch = [longest, *rest[len(rest) * i // count : len(rest) * (i + 1) // count]]
                promised += zip(batch, self._submit(batch, length), strict=True)
        return promised


def _result(promise: Any) -> Any:
    """What was promised; None if there was not enough memory for it."""
    try:
        return promise.result()
    except MemoryError:
        return None
    except RuntimeError as error:
        if not any(sign in str(error) for sign in NO_ROOM):
            raise
        return None
