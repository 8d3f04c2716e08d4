"""Files that are fetched when they are taken."""

from pathlib import Path
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import SourceError
from tasks.read.ahead import Files


def files(count, fetch):
    return Files([(f"{i}", "hash") for i in range(count)], fetch)


@given(st.integers(0, 6), st.integers(-1, 6))
def test_each_is_fetched_once_and_in_order(count, begin):
    """begin: the file after which the next ones are fetched ahead; -1: before the first."""
    fetched = []

    def fetch(i):
        fetched.append(i)
        return Path(str(i))

    several = files(count, fetch)
    taken = []
    for i in range(count):
        if begin == i - 1:
            several.ahead()
        taken.append(several[i])
    assert taken == list(several) == [Path(str(i)) for i in range(count)]
    assert fetched == list(range(count))
    assert len(several) == count


def test_one_ahead_and_not_two():
    go, fetched = Event(), []

    def fetch(i):
        fetched.append(i)
        if i == 1:
            assert go.wait(5)
        return Path(str(i))

    several = files(4, fetch)
    assert several[0] == Path("0")
    assert fetched == [0], "nobody said ahead"
    several.ahead()
    several.ahead()
    go.set()
    assert several[1] == Path("1")
    assert several[2] == Path("2")
    assert list(several) == [Path(str(i)) for i in range(4)]
    assert fetched == [0, 1, 2, 3]


def test_an_error_is_told_to_who_takes_the_file():
    def fetch(i):
        if i == 1:
            raise SourceError("no such file")
        return Path(str(i))

    several = files(3, fetch)
    taken = iter(several)
    assert next(taken) == Path("0")
    several.ahead()
    with pytest.raises(SourceError, match="no such file"):
        next(taken)
    assert several[2] == Path("2")
    assert several[0:1] == [Path("0")]
    with pytest.raises(IndexError):
        several[3]
