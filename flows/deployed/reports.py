"""What a run shows to people: its log, artifacts and states, none with a secret in it."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial, wraps
from inspect import signature
from pathlib import Path
from typing import Any, ParamSpec

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.logging.handlers import PrefectConsoleHandler
from prefect.states import Completed, Failed
from rich.console import Console

from flows.settings import settings
from schemas.errors import BabelmillError, RecipeError
from tasks.redact import redact

P = ParamSpec("P")
MOST = 1_000  # rows of a table: Prefect keeps it in its database, as text
NAMED = 4  # of a list, in the name of a run


def explained(job: Callable[P, Any]) -> Callable[P, Any]:
    """A flow whose failures a person can read: what, where and the way out in its state; what nobody expected keeps its traceback."""

    @wraps(job)
    def flow(*args: P.args, **kwargs: P.kwargs) -> Any:
        redact_logs()
        outlive_worker()
        try:
            require_lasting(settings().home, "BABELMILL_HOME", "Start the worker with")
            return job(*args, **kwargs)
        except BabelmillError as error:
            return failed(error)
        except BaseException as error:  # its words go into the state of the run
            error.args = tuple(redact(each) if isinstance(each, str) else each for each in error.args)
            raise

    return flow


def require_lasting(folder: Path, name: str, way_out: str) -> None:
    """Raises RecipeError where a run would write releases into the folder that its worker gives it, and removes when it has ended."""
    context = FlowRunContext.get()
    if context and context.flow_run and context.flow_run.deployment_id and not folder.is_absolute():
        lost = "it lies in the folder of this run, which is removed after it"
        raise RecipeError(f"{name}={folder} is no whole path: {lost}. {way_out} {name}=/WHOLE/PATH.")


def failed(error: BabelmillError) -> Any:
    """A state whose message says what went wrong, and which raises the error where it is asked for its result."""
    return Failed(message=redact(explanation(error)), data=error)


def explanation(error: BabelmillError) -> str:
    """The kind of an error and its words: what a person is told instead of a traceback."""
    return f"{type(error).__name__}: {error}"


def done(message: str, result: Any, name: str | None = None) -> Any:
    """A state that says what came of a run, and has it as its result; `name` instead of Completed."""
    return Completed(message=redact(message), data=result, name=name)


class Redacted(logging.Filter):
    """Takes secrets out of a record, of its message and of its traceback; an error that says what is wrong needs no traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            text = record.getMessage()
        except (TypeError, ValueError, KeyError):  # arguments that do not fit: a library's slip, which must not end the run
            text = f"{record.msg} {record.args}"
        if record.exc_info and isinstance(record.exc_info[1], BabelmillError):  # Prefect's runner calls every failed run "unexpected"
            text, record.exc_info, record.exc_text = explanation(record.exc_info[1]), None, None
        record.msg, record.args = redact(text), None
        if record.exc_info:  # formatted here, once for all handlers
            record.exc_text, record.exc_info = redact(_PLAIN.formatException(record.exc_info)), None
        return True


_PLAIN, _REDACTED = logging.Formatter(), Redacted()


def redact_logs() -> None:
    """Let no handler of this process write a secret, whichever library's record it is. A second time changes nothing."""
    for handler in _handlers():
        handler.addFilter(_REDACTED)


def outlive_worker() -> None:
    """Let a run go on whose worker died: its terminal is a pipe to the worker, and rich ends a process whose pipe nobody reads.

    The log goes to the server as before. A second time changes nothing.
    """
    for handler in _handlers():
        if isinstance(handler, PrefectConsoleHandler):
            handler.console.on_broken_pipe = partial(_unheard, handler.console)  # type: ignore[method-assign]  # rich's hook for this


def _unheard(console: Console) -> None:
    console.quiet = True
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, console.file.fileno())  # what is in its buffer, and what others write there
    os.close(nowhere)


def _handlers() -> Iterator[logging.Handler]:
    for logger in (logging.root, *logging.root.manager.loggerDict.values()):
        yield from getattr(logger, "handlers", ())  # a name without a logger has none


def show_table(rows: Iterable[Mapping[str, Any]], key: str, description: str) -> None:
    """An artifact with a line for each row."""
    shown, told = capped(rows, description)
    create_table_artifact(table=shown, key=key, description=told)


def capped(rows: Iterable[Mapping[str, Any]], description: str) -> tuple[list[dict[str, Any]], str]:
    """The first MOST rows without secrets, and the description, which says how many there are where that is not all.

    Every row has every column, for the UI shows those of the first.
    """
    told = list(rows)
    names = dict.fromkeys(name for row in told for name in row)
    more = f" (the first {MOST:,} of {len(told):,} rows)" if len(told) > MOST else ""
    return [{name: _clean(row.get(name)) for name in names} for row in told[:MOST]], redact(description + more)


def _clean(value: Any) -> Any:
    return redact(value) if isinstance(value, str) else value


def show_text(markdown: str, key: str, description: str) -> None:
    """An artifact with a text."""
    create_markdown_artifact(redact(markdown), key=key, description=redact(description))


def show_link(url: str, text: str, key: str, description: str) -> None:
    """An artifact with a link."""
    create_link_artifact(redact(url), link_text=redact(text), key=key, description=redact(description))


def key_of(name: str, what: str) -> str:
    """Key of an artifact: Prefect takes small letters, digits and dashes, and keeps a history for each key."""
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in f"{name}-{what}".lower())


def tag(name: str) -> None:
    """Give this run a tag, by which the runs of one release are found."""
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    if run and name not in run.tags:
        run.tags = [*run.tags, name]
        with get_client(sync_client=True) as client:
            client.update_flow_run(run.id, tags=run.tags)


def given() -> dict[str, Any]:
    """The parameters of this run, with the flow's defaults for those that nobody named."""
    context = FlowRunContext.get()
    if context is None or context.flow is None:
        return {}
    defaults = {name: parameter.default for name, parameter in signature(context.flow.fn).parameters.items()}
    return defaults | dict(context.parameters or {})


def several(names: Sequence[str]) -> str:
    """Names in the name of a run: a few, and how many more."""
    return ",".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
