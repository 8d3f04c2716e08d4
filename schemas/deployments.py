"""Deployments: what may stand in deploy/prefect.yaml, read strictly.

The file is Prefect's own (`prefect deploy --all` takes it), and a part of what Prefect reads: every key here means there what it
means here. Prefect leaves out a key that it does not know; here it is an error that names the deployment, the key and near matches.
"""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.errors import RecipeError, did_you_mean
from schemas.recipe_file import Loader

NAME = r"^[^/%&<>]+$"  # what Prefect takes as the name of an object


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class JobVariables(Strict):
    """What a work pool of type process takes for one run."""

    env: dict[str, str] = {}
    """Environment variables of the run; no secrets, everybody who may sign in reads them."""
    working_dir: str | None = None
    """Folder to work in; one of its own, removed afterwards, if not given."""
    stream_output: bool | None = None
    """Whether the run's output goes to the worker's log."""


class WorkPool(Strict):
    """Who takes the runs."""

    name: str = Field(pattern=NAME)
    work_queue_name: str = Field(default="default", pattern=NAME)
    """`build` for what needs the model, else `default`."""
    job_variables: JobVariables = JobVariables()


class Concurrency(Strict):
    """Runs of a deployment at once."""

    limit: int = Field(ge=1)
    collision_strategy: Literal["ENQUEUE", "CANCEL_NEW"] = "ENQUEUE"
    """Whether a run too many waits or is cancelled."""


class Schedule(Strict):
    """When a deployment runs by itself. Exactly one of cron, interval and rrule."""

    slug: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    """Its name: by it a changed schedule is found again, and those that people made in the UI are left alone."""
    cron: str | None = None
    interval: timedelta | None = Field(default=None, gt=timedelta(0))
    """Seconds, or as PT1H."""
    rrule: str | None = None
    timezone: str = "UTC"
    """As Europe/Helsinki."""
    active: bool = True
    parameters: dict[str, Any] = {}
    """Other parameters than the deployment's."""

    @model_validator(mode="after")
    def _one_clock(self) -> "Schedule":
        if sum(value is not None for value in (self.cron, self.interval, self.rrule)) != 1:
            raise ValueError("exactly one of cron, interval and rrule is needed")
        return self


class Deployment(Strict):
    """A flow that people and schedules can start."""

    name: str = Field(pattern=NAME)
    """Beside the flow's: build-dataset/NAME."""
    entrypoint: str = Field(pattern=r"^\w+(\.\w+)+$")
    """Module path of the flow, as flows.deployed.refresh."""
    description: str | None = None
    """Of the form; the flow's own if not given."""
    version: str | None = None
    tags: tuple[str, ...] = ()
    parameters: dict[str, Any] = {}
    """Other defaults than the flow's."""
    concurrency_limit: Annotated[int, Field(ge=1)] | Concurrency | None = None
    work_pool: WorkPool
    schedules: tuple[Schedule, ...] = ()

    @model_validator(mode="after")
    def _slugs_differ(self) -> "Deployment":
        slugs = [schedule.slug for schedule in self.schedules]
        twice = sorted({slug for slug in slugs if slugs.count(slug) > 1})
        if twice:
            raise ValueError(f"two schedules have the slug {', '.join(twice)}; give each its own")
        return self

    @property
    def label(self) -> str:
        """How messages name it."""
        return _label(self.entrypoint, self.name)


class Deployments(Strict):
    """The whole file."""

    name: str | None = None
    pull: tuple[()] = ()
    """Nothing: a worker has babelmill installed, and fetches no code."""
    deployments: tuple[Deployment, ...] = Field(min_length=1)


def load(path: Path) -> Deployments:
    """The deployments of a file. Raises RecipeError with every wrong key."""
    try:
        values = yaml.load(path.read_text("utf-8"), Loader)
    except OSError as error:
        raise RecipeError(f"{path}: {error.strerror}. Name a file of deployments with --file, or leave it out.") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        where = getattr(error, "problem_mark", None)
        line = f" line {where.line + 1}" if where else ""
        raise RecipeError(f"{path}{line}: not YAML: {getattr(error, 'problem', None) or error}.") from None
    try:
        return Deployments.model_validate(values)
    except ValidationError as error:
        raise RecipeError("\n".join(f"{path}: {line}" for line in _explain(error, values))) from None


def _explain(error: ValidationError, values: Any) -> list[str]:
    """One line per fault: where, what is wrong, near matches."""
    lines = []
    for fault in error.errors(include_url=False):
        message = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            message = f"unknown key.{did_you_mean(str(fault['loc'][-1]), _siblings(fault['loc']))}"
        elif fault["type"] == "missing":
            message = "missing."
        elif fault["type"] in ("model_type", "tuple_type"):
            message = f"expected a {'list' if fault['type'] == 'tuple_type' else 'mapping'}, not {fault['input']!r}."
        lines.append(f"{_where(fault['loc'], values)}: {message}".removeprefix(": "))
    return lines


def _where(loc: tuple[int | str, ...], values: Any) -> str:
    """`refresh.schedules[0].cron` of pydantic's location: a deployment goes by its flow's name."""
    text = ""
    if len(loc) > 1 and loc[0] == "deployments" and isinstance(loc[1], int):
        given = values["deployments"][loc[1]]
        given = given if isinstance(given, dict) else {}
        text, loc = _label(str(given.get("entrypoint") or ""), str(given.get("name") or "")) or f"deployments[{loc[1]}]", loc[2:]
    for part in loc:
        if part not in ("constrained-int", "Concurrency"):  # members of a union, no keys
            text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")


def _label(entrypoint: str, name: str) -> str:
    flow = entrypoint.rpartition(".")[2].replace("_", "-")
    return flow if not flow or name in ("", "default") else f"{flow}/{name}"


def _siblings(loc: tuple[int | str, ...]) -> set[str]:
    """The keys that may stand where `loc` points."""
    model: type[BaseModel] = Deployments
    for part in loc[:-1]:
        if isinstance(part, str) and part in model.model_fields:
            model = next(iter(_models(model.model_fields[part].annotation)), model)
    return set(model.model_fields)


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models(argument)]
