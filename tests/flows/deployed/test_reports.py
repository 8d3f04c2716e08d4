"""Names of runs, keys of artifacts, and secrets that must not get out."""

import io
import logging
import os
import re
from contextlib import contextmanager
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext
from prefect.logging.handlers import PrefectConsoleHandler

from flows.deployed.build import called
from flows.deployed.reports import Redacted, explained, failed, key_of, outlive_worker, require_lasting, several
from flows.settings import settings
from schemas.errors import RecipeError, SourceError

TOKEN = "hf_" + "cAnArY0123456789" * 2


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"recipe": "xmind-sample"}, "xmind-sample"),
        (
            {"recipe": "xmind-sample", "languages": ["fin_Latn", "swh_Latn"], "limit": 20},
            "xmind-sample fin_Latn,swh_Latn limit 20 (preview)",
        ),
        ({"recipe": "/a/b/mine.yaml", "engine": "echo"}, "mine.yaml echo (preview)"),
        ({"recipe": "x", "engine": "ctranslate2", "languages": [], "changes": [], "limit": None}, "x"),
        ({"recipe": "x", "changes": ["a=1", "b=2"]}, "x 2 changes (preview)"),
        ({"recipe": "x", "changes": ["a=1"]}, "x 1 change (preview)"),
        ({"recipe": "x", "limit": 0}, "x limit 0 (preview)"),
        ({"recipe": "x", "languages": [f"l{i}" for i in range(9)]}, "x l0,l1,l2,l3 and 5 more (preview)"),
        ({"recipe": None, "languages": None}, "None"),  # wrong parameters get a name too
    ],
)
def test_the_name_of_a_build_says_what_runs(parameters, name):
    assert called(parameters) == name


@pytest.mark.parametrize(("names", "text"), [([], ""), (["a"], "a"), (list("abcd"), "a,b,c,d"), (list("abcde"), "a,b,c,d and 1 more")])
def test_several(names, text):
    assert several(names) == text


@pytest.mark.parametrize(("name", "key"), [("xmind-sample", "xmind-sample-rows"), ("A.b_ç/9", "a-b---9-rows")])
def test_a_key_is_one_that_prefect_takes(name, key):
    assert key_of(name, "rows") == key
    assert re.fullmatch(r"[a-z0-9-]+", key)


def test_an_error_becomes_a_state_that_says_it():
    state = explained(lambda: (_ for _ in ()).throw(SourceError(f"news: no column 'text' for {TOKEN}")))()
    assert (state.type.value, state.message) == ("FAILED", "SourceError: news: no column 'text' for ***")
    assert failed(RecipeError("limit 0")).message == "RecipeError: limit 0"


def test_what_nobody_expected_is_raised_without_its_secrets():
    def fails() -> None:
        raise RuntimeError(f"401 for {TOKEN}", 7)

    with pytest.raises(RuntimeError) as error:
        explained(fails)()
    assert error.value.args == ("401 for ***", 7)


@contextmanager
def two_handlers():
    """A logger whose records are written twice, as Prefect's run logger has a terminal and the server; and what is written."""
    sink = io.StringIO()
    handlers = [logging.StreamHandler(sink), logging.StreamHandler(sink)]
    logger = logging.getLogger("canary")
    logger.propagate = False
    for handler in handlers:
        handler.addFilter(Redacted())
        logger.addHandler(handler)
    try:
        yield logger, sink
    finally:
        for handler in handlers:
            logger.removeHandler(handler)


def test_a_log_has_no_secret_in_message_arguments_and_traceback():
    with two_handlers() as (logger, sink):
        logger.error("sent %s to %d", TOKEN, 3)
        logger.error(f"100 % of {TOKEN}")
        logger.error("%d of", TOKEN)  # a slip, as libraries have them
        try:
            raise RuntimeError(f"inner {TOKEN}")
        except RuntimeError:
            logger.exception("failed with %r", TOKEN)
    said = sink.getvalue()
    assert TOKEN not in said
    assert said.count("sent *** to 3") == said.count("100 % of ***") == said.count("failed with '***'") == 2
    assert said.count("%d of ('***',)") == 2
    assert said.count("RuntimeError: inner ***") == said.count("Traceback") == 2


def test_a_mistake_of_the_user_is_in_the_log_without_a_traceback():
    with two_handlers() as (logger, sink):
        try:
            raise RecipeError(f"limit 0, {TOKEN}")
        except RecipeError:
            logger.exception("Engine execution exited with unexpected exception")
    assert sink.getvalue() == "RecipeError: limit 0, ***\n" * 2


@pytest.mark.parametrize(
    ("home", "deployed", "refused"),
    [
        ("/srv/warehouse", True, False),
        ("data/warehouse", True, True),  # the default
        ("~/warehouse", True, True),  # as an EnvironmentFile leaves it
        ("data/warehouse", False, False),  # a build of the command line, in the folder of who runs it
    ],
)
def test_a_worker_writes_only_where_it_lasts(monkeypatch, home, deployed, refused):
    monkeypatch.setenv("BABELMILL_HOME", home)
    run = FlowRun(flow_id=uuid4(), deployment_id=uuid4() if deployed else None)
    with FlowRunContext.model_construct(flow_run=run):
        if refused:
            with pytest.raises(RecipeError, match=f"BABELMILL_HOME={home} is no whole path: .* Start the worker with BABELMILL_HOME=/"):
                require_lasting(settings().home, "BABELMILL_HOME", "Start the worker with")
        else:
            require_lasting(settings().home, "BABELMILL_HOME", "Start the worker with")


def test_a_run_whose_worker_died_goes_on():
    """What it writes to its terminal goes to a pipe that nobody reads any more."""
    read, write = os.pipe()
    handler = PrefectConsoleHandler(os.fdopen(write, "w"))
    logger = logging.getLogger("orphan")
    logger.propagate = False
    logger.addHandler(handler)
    try:
        outlive_worker()
        logger.error("heard")
        assert b"heard" in os.read(read, 100)
        os.close(read)
        logger.error("unheard")
        logger.error("and again")
        print("of a library", file=handler.console.file, flush=True)
    finally:
        logger.removeHandler(handler)
        handler.console.file.close()
