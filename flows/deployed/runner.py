"""Who runs the chunks of a build under Prefect: each is a task run. Progress goes into the run's log and an artifact."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from prefect import task
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.cache_policies import NO_CACHE
from prefect.futures import wait
from prefect.logging import get_run_logger
from prefect.task_runners import TaskRunner

from flows.deployed.reports import explained, key_of
from flows.progress import EVERY, Silent
from schemas.plan import Chunk, Part

S = TypeVar("S", Chunk, Part)
T = TypeVar("T")
STEPS = ("translate", "derive", "write")  # the stages of a build that are mapped over chunks or parts


class Logged(Silent):
    """Progress as lines of the run's log."""

    def say(self, text: str) -> None:
        get_run_logger().info(text)


class Tasks:
    """A runner whose chunks are task runs. Results stay in this process; what must survive lies in the warehouse."""

    def __init__(self, runner: TaskRunner[Any], name: str, progress: Silent) -> None:
        self._runner, self._progress = runner, progress
        self._key = key_of(name, "progress")
        self._artifact: Any = None

    def each(self, verb: str, step: Callable[[S], T], chunks: Sequence[S]) -> list[T]:
        by_name = {str(chunk): chunk for chunk in chunks}

        @task(name=verb, task_run_name=f"{verb} {{chunk}}", cache_policy=NO_CACHE, persist_result=False)
        def run_chunk(chunk: str) -> Any:
            return explained(step)(by_name[chunk])

        with self._runner.duplicate() as pool:  # left early, it drops what waits and lets end what runs
            futures = [pool.submit(run_chunk, {"chunk": name}) for name in by_name]
            left = set(futures)
            while left:
                done, left = wait(list(left), timeout=EVERY)
                for future in done:
                    future.result()  # raises what the step raised
                self._report(verb, 1 - len(left) / len(futures))
            return [future.result() for future in futures]

    def _report(self, verb: str, share: float) -> None:
        """Tell how much of a stage is done: of its chunks, or of the sentences if that is more, as a chunk may take an hour."""
        if verb == "translate":
            share = max(share, sum(self._progress.done.values()) / max(sum(self._progress.totals.values()), 1))
        percent, told = 100 * (STEPS.index(verb) + min(share, 1)) / len(STEPS), f"{verb}: {self._progress.summary()}"
        if self._artifact is None:
            self._artifact = create_progress_artifact(percent, key=self._key, description=told)
        else:
            update_progress_artifact(self._artifact, percent, description=told)
