"""Flows that do nothing useful for a known time, for the trials of prefect_faults."""

import ctypes
import time

from prefect import flow, task
from prefect.logging import get_run_logger

from flows.deployed.reports import explained


@flow(name="sleep-through", persist_result=False)
@explained
def sleep_through(seconds: float = 600) -> None:
    """A healthy run: short sleeps, so that the interpreter is free, and a line of the log now and then, as our flows write them."""
    end, told = time.monotonic() + seconds, 0.0
    while time.monotonic() < end:
        if time.monotonic() - told > 10:
            told = time.monotonic()
            get_run_logger().info("still at work")
        time.sleep(0.5)


@flow(name="in-tasks", persist_result=False)
def in_tasks(seconds: float = 600) -> None:
    """A healthy run that is in a task nearly all the time, as a build is."""

    @task(persist_result=False)
    def chunk() -> None:
        time.sleep(5)

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        chunk()


@flow(name="hold-the-lock", persist_result=False)
def hold_the_lock(held: int = 60, times: int = 1, between: float = 40) -> None:
    """A run in one long native call that does not let other threads of the process run, now and then."""
    libc = ctypes.PyDLL(None)  # unlike CDLL, its calls keep the interpreter's lock
    for _ in range(times):
        libc.sleep(held)
        time.sleep(between)


@flow(name="fail-now", persist_result=False)
def fail_now(message: str = "the source has no column 'text'") -> None:
    """A run that fails at once."""
    raise ValueError(message)


@flow(name="end-now", persist_result=False)
def end_now() -> None:
    """A run that ends at once: its last heartbeat may arrive after its end."""
