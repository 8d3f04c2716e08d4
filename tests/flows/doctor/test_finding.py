"""Looks are bounded in time, and one that fails does not hide the others."""

import threading
import time

import pytest

from flows.doctor.finding import bad, gather, ok
from schemas.errors import WarehouseError


def test_a_look_that_hangs_is_named_and_the_others_are_told():
    never = threading.Event()

    def hangs():
        yield ok("first", "there")
        never.wait()

    def fine():
        yield ok("fine", "there")

    start = time.monotonic()
    found = gather({"slow": hangs, "fine": fine}, 0.2)
    assert time.monotonic() - start < 2
    assert found["fine"] == [ok("fine", "there")]
    assert found["slow"][0] == ok("first", "there")
    assert (found["slow"][1].what, found["slow"][1].state) == ("slow", "BAD")
    assert "no answer after first within 0 s" in found["slow"][1].found
    never.set()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # its traceback is what we want
def test_an_error_that_is_said_becomes_a_finding_and_another_one_does_not_stop_the_rest():
    def refused():
        yield ok("first", "there")
        raise WarehouseError("the disk is full. Make room.")

    def broken():
        yield ok("second", "there")
        raise ZeroDivisionError("a fault of ours")

    found = gather({"refused": refused, "broken": broken}, 5)
    assert found["refused"] == [ok("first", "there"), bad("refused", "the disk is full. Make room.")]
    assert [each.state for each in found["broken"]] == ["ok", "BAD"]
    assert "Report it" in found["broken"][1].found
