"""Locks: one process at a time at a thing of the warehouse. The kernel holds them, so that none outlives its process, however it ends.

They are files under HOME/work. Those stay, empty or with who had them last; two hosts that share a warehouse exclude each other
where its file system carries flock over (NFS from version 4 on, and most cluster file systems).
"""

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path

from schemas.errors import WarehouseError
from tasks.materialise import guarded

EVERY = 0.5  # seconds between two looks of one who waits: a sleep, unlike the kernel's queue, ends at once when it is told to


class BusyError(WarehouseError):
    """Another is at work on it."""


def lock_of(home: Path, kind: str, name: str, part: str | None = None) -> Path:
    """The file of a lock in a warehouse. kind: of work. name, part: of a release and its preview, or of a repository."""
    return home / "work" / f"{'@'.join(filter(None, (kind, name.replace('/', '--'), part)))}.lock"


@contextmanager
def alone(lock: Path, what: str, say: Callable[[str], None] | None = None) -> Iterator[None]:
    """One at a time, among processes and threads, is inside with this lock.

    what: that it is about, for messages. say: is told who has it, and then it is waited for; without it BusyError is raised.
    """
    told = ""
    while (held := _taken(lock)) is None:
        holder = _holder(lock)
        if say is None:
            raise BusyError(f"{what}: {holder} is at work on it. Wait until it has ended, or end it; then run again.")
        if holder != told:
            say(f"{what}: {holder} is at work on it; this run waits until that has ended, then goes on")
            told = holder
        time.sleep(EVERY)
    with held:
        try:
            yield
        finally:
            fcntl.flock(held, fcntl.LOCK_UN)  # closing alone would leave it to a process that was forked meanwhile


def _taken(lock: Path) -> TextIOWrapper | None:
    """The lock's file, which is locked until it is closed; None where another holds it."""
    with guarded(lock):
        while True:
            lock.parent.mkdir(parents=True, exist_ok=True)
            file = lock.open("a+", encoding="utf-8")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.path.samestat(os.fstat(file.fileno()), lock.stat()):
                    break
            except FileNotFoundError:  # removed meanwhile, or made anew: who comes next locks another file
                pass
            except BlockingIOError:
                file.close()
                return None
            file.close()
        file.truncate(0)
        since = datetime.now(UTC).isoformat(timespec="seconds")
        file.write(json.dumps({"process": os.getpid(), "host": socket.gethostname(), "since": since}))
        file.flush()
        return file


def _holder(lock: Path) -> str:
    """Who took the lock last, in words."""
    try:
        told = json.loads(lock.read_text("utf-8"))
        return f"process {told['process']} on {told['host']}, since {told['since']},"
    except (OSError, ValueError, KeyError, TypeError):  # it has the lock and has not said so yet
        return "another process"
