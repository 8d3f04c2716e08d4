"""What passes is tried again, when the Hub says or a little later each time; what will not pass is said at once."""

import contextlib
import json
import socket
from datetime import UTC, datetime

import pytest
from huggingface_hub import HfApi, close_session
from huggingface_hub.utils import hf_raise_for_status, httpx
from hypothesis import given
from hypothesis import strategies as st

from tasks.patience import Patience, asked, passing, patiently

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


def refused(status, **headers):
    """The error that the client makes of such an answer."""
    request = httpx.Request("POST", "http://hub/api/datasets/a/b/commit/main")
    with pytest.raises(httpx.HTTPError) as raised:
        hf_raise_for_status(httpx.Response(status, headers={k.replace("_", "-"): v for k, v in headers.items()}, request=request))
    return raised.value


class World:
    """A clock that only sleeping moves, and a call that fails with these errors before it returns "done"."""

    def __init__(self, *errors, draw=0.0, **limits):
        self.errors, self.time, self.slept, self.calls, self.said = list(errors), 0.0, [], 0, []
        self.patience = Patience(sleep=self.sleep, clock=lambda: self.time, draw=lambda: draw, say=self.said.append, **limits)

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.time += seconds

    def call(self):
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"

    def run(self):
        return patiently(self.call, what="committing to a/b", patience=self.patience)


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (refused(408), True),
        (refused(429), True),
        (refused(500), True),
        (refused(503), True),
        (refused(504), True),
        (httpx.ConnectError("refused"), True),
        (httpx.ReadTimeout("slow"), True),
        (httpx.ReadError("reset"), True),
        (httpx.RemoteProtocolError("half a body"), True),
        (json.JSONDecodeError("half a body of unknown length", "{", 1), True),
        (refused(400), False),
        (refused(401), False),
        (refused(403), False),
        (refused(404), False),
        (refused(409), False),
        (refused(412), False),  # another head: the same call never succeeds
        (httpx.UnsupportedProtocol("HF_ENDPOINT=localhost"), False),
        (ValueError("our own mistake"), False),
        (FileNotFoundError("a file that went away"), False),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_tried_again(error, again):
    world = World(error)
    assert passing(error) is again
    if again:
        assert (world.run(), world.calls) == ("done", 2)
    else:
        with pytest.raises(type(error)):
            world.run()
        assert (world.calls, world.slept) == (1, [])


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"RateLimit": '"api";r=0;t=55'}, 55),
        ({"RateLimit": '"api";r=12;t=55'}, None),  # not what was used up
        ({"RateLimit": '"api";r=12;t=55, "resolvers";r=0;t=7'}, 7),
        ({"Retry_After": "120"}, 120),
        ({"Retry_After": "Sat, 21 Nov 2026 12:01:30 GMT"}, 90),
        ({"Retry_After": "Sat, 21 Nov 2026 12:01:30 GMT", "Date": "Sat, 21 Nov 2026 12:01:00 GMT"}, 30),  # the server's clock
        ({"Retry_After": "Sat, 21 Nov 2026 11:00:00 GMT"}, 0),  # in the past
        ({"RateLimit": '"api";r=0;t=10', "Retry_After": "20"}, 20),  # the later one
        ({"Retry_After": "soon"}, None),
        ({"Retry_After": "-5"}, None),
        ({"Retry_After": ""}, None),
        ({}, None),
    ],
)
def test_what_the_server_asks_for(headers, seconds):
    assert asked(refused(429, **headers), lambda: NOW) == seconds


def test_it_waits_as_long_as_asked_and_a_little_more_but_never_less():
    world = World(refused(429, RateLimit='"api";r=0;t=55'), refused(503, Retry_After="2"), draw=0.5)
    assert world.run() == "done"
    assert world.slept == [55 + 1 + 0.5 * 5.5, 2 + 1 + 0.5]
    assert world.said[0] == "committing to a/b: too many requests (429); again in 59 s (try 2 of 8)"


def test_waits_without_a_word_of_the_server_double_up_to_the_longest():
    world = World(*[refused(500)] * 7, draw=1.0)
    world.run()
    assert world.slept == [1, 2, 4, 8, 16, 30, 30]


@given(draw=st.floats(0, 1, exclude_max=True), errors=st.lists(st.sampled_from([500, 429, 408]), max_size=20), tries=st.integers(1, 9))
def test_it_ends_after_its_tries_and_within_its_seconds(draw, errors, tries):
    world = World(*[refused(status) for status in errors], draw=draw, tries=tries, seconds=40)
    with contextlib.suppress(httpx.HTTPError):
        assert world.run() == "done"
        assert world.calls == len(errors) + 1
    assert 1 <= world.calls <= tries
    assert world.time <= 40


def test_a_wait_that_is_longer_than_its_patience_is_not_begun():
    world = World(refused(429, Retry_After="2580"))
    with pytest.raises(httpx.HTTPError) as raised:
        world.run()
    assert (world.slept, asked(raised.value)) == ([], 2580)


@pytest.fixture
def client():
    """The client of this test alone: its patience is not that of the next."""
    close_session()
    yield HfApi
    close_session()


def test_silence_is_bounded(client):
    """The client by itself waits for an answer for ever."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        patience = Patience(tries=2, first=0.01, answer=0.1)
        with pytest.raises(httpx.TimeoutException):
            patiently(lambda: client(endpoint=endpoint).dataset_info("a/b"), what="asking", patience=patience)
