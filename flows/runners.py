"""Runners: who maps a step over chunks, or over the parts of a release. The result is the same; only time differs."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Protocol, TypeVar

from schemas.plan import Chunk, Part

S = TypeVar("S", Chunk, Part)
T = TypeVar("T")


class Runner(Protocol):
    """Maps a step over chunks; a chunk may be run twice, so a step must be idempotent."""

    def each(self, verb: str, step: Callable[[S], T], chunks: Sequence[S]) -> list[T]:
        """The results in the order of the chunks; raises what the first failing step raised."""


class Threads:
    """Threads of this process: the model and Polars work outside Python's lock."""

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def each(self, verb: str, step: Callable[[S], T], chunks: Sequence[S]) -> list[T]:
        pool = ThreadPoolExecutor(self.workers, thread_name_prefix=verb)
        try:
            futures = [pool.submit(step, chunk) for chunk in chunks]
            for done in as_completed(futures):
                done.result()  # raises what the step raised, at once
            return [future.result() for future in futures]
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)  # who stops a build does not wait for its chunks
            raise
        except BaseException:
            pool.shutdown(cancel_futures=True)  # the chunks that run still need the folders of the build
            raise
        finally:
            pool.shutdown(wait=False)
