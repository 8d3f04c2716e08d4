"""The same build as a Prefect flow run: chunk tasks, a progress artifact, a table of the rows.

Only this file imports Prefect.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Literal, TypeVar, cast

from prefect import flow, task
from prefect.artifacts import create_progress_artifact, create_table_artifact, update_progress_artifact
from prefect.cache_policies import NO_CACHE
from prefect.futures import wait
from prefect.logging import get_run_logger
from prefect.states import Failed
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from flows import census_commands
from flows.build import Built, build
from flows.options import Options, request
from flows.options import workers as at_once
from flows.progress import EVERY, Silent
from schemas.errors import BabelmillError
from schemas.manifest import Split
from schemas.plan import Chunk, Part

S = TypeVar("S", Chunk, Part)
T = TypeVar("T")
STEPS = ("translate", "derive", "write")  # the stages of a build that are mapped over chunks or parts


@flow(name="build-dataset", flow_run_name="{recipe}", persist_result=False)
def build_dataset(
    recipe: str = "xmind-sample",
    languages: list[str] | None = None,
    limit: int | None = None,
    engine: Literal["ctranslate2", "echo"] | None = None,
    changes: list[str] | None = None,
    store: str | None = None,
    strict: bool = False,
    workers: int | None = None,
) -> Any:
    """Translate, check and release a dataset; safe to run again after any interruption.

    Args:
        recipe: A recipe file, or the name of a shipped recipe.
        languages: Only these target languages; writes a preview.
        limit: Read only so many rows of each split; writes a preview.
        engine: Another engine than the recipe's; writes a preview.
        changes: Changes of the recipe as PATH.TO.KEY=VALUE; writes a preview.
        store: Folder where releases go, if not to the warehouse.
        strict: Stop at the first source row that cannot be read.
        workers: Chunks in work at once; changes nothing but the time.
    """
    options = Options(recipe, languages, limit, engine, changes, store, strict, workers)
    logged = Logged()
    try:
        wanted = request(options)
        runner = Tasks(ThreadPoolTaskRunner(max_workers=at_once(options)), wanted.recipe.name, logged)
        built = build(wanted, runner, logged)
    except BabelmillError as error:
        return _failed(error)
    logged.say(logged.summary())
    description = f"{built.release.change}: {built.release.path}"
    create_table_artifact(table=rows(built), key=key_of(built.release.manifest.name, "rows"), description=description)
    return built


@flow(name="crawl-hub", flow_run_name="{languages}", persist_result=False)
def crawl_hub(
    languages: list[str],
    tasks: list[str] | None = None,
    modality: str | None = None,
    author: str | None = None,
    endpoint: str | None = None,
    limit: int | None = None,
    cards: int = 500,
    calls: int = 500,
) -> Any:
    """Count the datasets of a Hub in some languages and release the census; safe to run again after any interruption.

    Args:
        languages: Under any alias; all tags that mean them are asked for.
        tasks: Only these task categories.
        modality: Only this modality: text, audio, image, ...
        author: Only datasets of this user or organisation.
        endpoint: Another Hub than HF_ENDPOINT.
        limit: So many of the most downloaded of each list; writes a preview, no snapshot.
        cards: README cards read at most, the most downloaded first.
        calls: Calls for pages in five minutes; the Hub's own limit holds if it is lower.
    """
    asked = census_commands.Asked(",".join(languages), ",".join(tasks or ()), modality, author, endpoint, limit, cards, calls)
    try:
        told = census_commands.run(asked, Logged())
    except BabelmillError as error:
        return _failed(error)
    create_table_artifact(
        table=[{"tags": tags, "datasets": count} for tags, count in told["found"].items()],
        key=key_of(told["name"], "found"),
        description=f"{told['datasets']:,} datasets, {len(told['new'])} new, {len(told['removed'])} removed: {told['path']}",
    )
    return told


def run(options: Options) -> Built:
    """A build of the command line as a flow run of the server at PREFECT_API_URL."""
    return cast(Built, build_dataset(**asdict(options)))


def rows(built: Built) -> list[dict[str, Any]]:
    """One line per config and split: the account of its rows, as the release's manifest has it."""
    counts = {"rows_in", "rows_out", "set_aside", "rejected", "fields"}
    return [
        {"config": code, "split": split, **account.model_dump(include=counts), **account.verdicts, **projected(account)}
        for code, config in built.release.manifest.configs.items()
        for split, account in config.splits.items()
    ]


def projected(account: Split) -> dict[str, int]:
    """Spans of the source and those that have a place in the translation; nothing where none were carried over."""
    return account.projection.model_dump(include={"spans", "projected"}) if account.projection else {}


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
            try:
                return step(by_name[chunk])
            except BabelmillError as error:
                return _failed(error)

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


def key_of(name: str, what: str) -> str:
    """Key of an artifact: Prefect takes small letters, digits and dashes, and keeps a history for each key."""
    return "".join(c if c.isalnum() else "-" for c in f"{name}-{what}")


def _failed(error: BabelmillError) -> Any:
    """A state whose message says what went wrong, and which raises the error where it is asked for its result."""
    return Failed(message=f"{type(error).__name__}: {error}", data=error)
