"""The same build as a Prefect flow run: chunk tasks, a progress artifact and a table of the rows. Only this file imports Prefect."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast
from uuid import UUID

from prefect import flow, task
from prefect.artifacts import acreate_progress_artifact, acreate_table_artifact, aupdate_progress_artifact
from prefect.cache_policies import NO_CACHE
from prefect.futures import as_completed
from prefect.logging import get_run_logger
from prefect.task_runners import ThreadPoolTaskRunner

from flows.build import Built, Request, build
from flows.commands import request
from flows.progress import Silent
from flows.settings import settings
from schemas.plan import Chunk

T = TypeVar("T")
STEPS = ("translate", "write")  # the stages of a build that are mapped over chunks


@flow(name="build-dataset", flow_run_name="{recipe}", persist_result=False, validate_parameters=True)
def build_dataset(
    recipe: str = "xmind-sample",
    languages: list[str] | None = None,
    limit: int | None = None,
    strict: bool = False,
) -> dict[str, Any]:
    """Translate, check and release a dataset.

    Args:
        recipe: A recipe file, or the name of a shipped recipe.
        languages: Only these target languages; writes a preview.
        limit: Read only so many rows of each split; writes a preview.
        strict: Stop at the first source row that cannot be read.
    """
    wanted = request(recipe, ",".join(languages) if languages else None, limit, None, None, None, strict)
    return _run(wanted, settings().workers).run


def run_request(wanted: Request, workers: int) -> Built:
    """A request of the command line as a flow run of the server at PREFECT_API_URL."""

    @flow(
        name="build-dataset",
        flow_run_name=wanted.recipe.name,
        task_runner=cast(Any, ThreadPoolTaskRunner(max_workers=workers)),
        persist_result=False,
        validate_parameters=False,
    )
    def build_dataset() -> Built:
        return _run(wanted, workers)

    return build_dataset()


def _run(wanted: Request, workers: int) -> Built:
    runner = Tasks(workers)
    built = build(wanted, runner, Logged())
    _await(acreate_table_artifact(table=rows_of(built), key="rows", description=f"{built.release.path}\n\n{built.release.change}"))
    return built


def rows_of(built: Built) -> list[dict[str, Any]]:
    """One line per config and split: the account of its rows, as the release's manifest has it."""
    return [
        {
            "config": code,
            "split": split,
            **account.model_dump(include={"rows_in", "rows_out", "set_aside", "rejected"}),
            **account.verdicts,
        }
        for code, config in built.release.manifest.configs.items()
        for split, account in config.splits.items()
    ]


class Logged(Silent):
    """Progress as lines of the run's log."""

    def say(self, text: str) -> None:
        get_run_logger().info(text)


class Tasks:
    """A runner whose chunks are task runs. Results stay in this process; what must survive lies in the warehouse."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._artifact: UUID | None = None

    def each(self, verb: str, step: Callable[[Chunk], T], chunks: Sequence[Chunk]) -> list[T]:
        by_name = {str(chunk): chunk for chunk in chunks}

        @task(name=f"{verb}-chunk", task_run_name=f"{verb} {{chunk}}", cache_policy=NO_CACHE, persist_result=False)
        def run_chunk(chunk: str) -> T:
            return step(by_name[chunk])

        futures = [run_chunk.submit(name) for name in by_name]
        stage = STEPS.index(verb)
        for done, future in enumerate(as_completed(futures), 1):
            future.result()  # raises what the step raised, at once
            self._report(100 * (stage + done / len(futures)) / len(STEPS), verb)
        return [future.result() for future in futures]

    def _report(self, percent: float, verb: str) -> None:
        if self._artifact is None:
            self._artifact = _await(acreate_progress_artifact(percent, key="progress", description=verb))
        else:
            _await(aupdate_progress_artifact(self._artifact, percent, description=verb))


def _await(coroutine: Any) -> Any:
    return asyncio.run(coroutine)
