"""What counts as a process that still runs."""

import os
import subprocess
import sys
import time

from tasks.alive import alive


def test_a_process_is_alive_until_it_ends_waited_for_or_not() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert alive(child.pid)
    assert child.stdin
    child.stdin.close()
    until = time.monotonic() + 20
    while alive(child.pid) and time.monotonic() < until:  # ended, and nobody has waited for it: a zombie
        time.sleep(0.05)
    assert not alive(child.pid)
    child.wait()
    assert not alive(child.pid)


def test_processes_of_others_count() -> None:
    assert alive(1)
    assert alive(os.getppid())
