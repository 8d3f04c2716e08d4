"""Locks, with real processes and kill -9."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from flows.locks import alone, lock_of
from schemas.errors import WarehouseError
from tests.flows.building import run

HOLD = """
import sys, time
from pathlib import Path
from flows.locks import alone

with alone(Path(sys.argv[1]), "small", lambda text: print(text, flush=True)):
    print("inside", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def hold(lock: Path, seconds: float = 120) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", HOLD, str(lock), str(seconds)], stdout=subprocess.PIPE, text=True)


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().rstrip()


def test_the_second_is_told_who_has_it_and_goes_on_when_that_is_killed(tmp_path):
    lock = tmp_path / "work" / "build@small.lock"
    first = hold(lock)
    assert line(first) == "inside"
    told = rf"^small: process {first.pid} on \S+, since 20\S+, is at work on it\. Wait until"
    with pytest.raises(WarehouseError, match=told), alone(lock, "small"):
        pytest.fail("two are inside")
    second = hold(lock, 0)
    assert line(second).startswith(f"small: process {first.pid} on ")
    assert second.poll() is None
    first.send_signal(signal.SIGKILL)
    assert line(second) == "inside"
    assert (first.wait(), second.wait(30)) == (-signal.SIGKILL, 0)
    with alone(lock, "small"):
        assert f'"process": {os.getpid()}' in lock.read_text()


def test_threads_of_one_process_exclude_each_other(tmp_path):
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        with alone(tmp_path / "x.lock", "x", lambda _: None):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.02)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert most == [1, 1, 1, 1]


def test_a_process_that_was_forked_meanwhile_does_not_keep_it(tmp_path):
    end, told = os.pipe()
    with alone(tmp_path / "x.lock", "x"):
        child = os.fork()
        if child == 0:
            os.close(told)
            os.read(end, 1)
            os._exit(0)
    try:
        with alone(tmp_path / "x.lock", "x"):
            pass
    finally:
        os.close(told)
        os.close(end)
        os.waitpid(child, 0)


def test_a_lock_whose_file_was_removed_still_excludes(tmp_path):
    """Whoever opened the old file must not believe that it has the new one's lock."""
    lock = tmp_path / "x.lock"
    with alone(lock, "x"):
        lock.unlink()
    with alone(lock, "x"), pytest.raises(WarehouseError), alone(lock, "x"):
        pytest.fail("two are inside")


def test_what_raises_inside_lets_go(tmp_path):
    with pytest.raises(KeyError), alone(tmp_path / "x.lock", "x"):
        raise KeyError
    with alone(tmp_path / "x.lock", "x"):
        pass


def test_a_folder_that_may_not_be_written_is_said_in_words(tmp_path):
    (tmp_path / "work").write_text("a file")
    with pytest.raises(WarehouseError, match=r"work.*Make room or choose another place"), alone(lock_of(tmp_path, "build", "x"), "x"):
        pass


@pytest.mark.parametrize(
    ("names", "file"),
    [
        (("build", "small"), "build@small.lock"),
        (("build", "small", None), "build@small.lock"),
        (("build", "small", "0123456789ab"), "build@small@0123456789ab.lock"),  # a preview is in nobody's way
        (("publish", "owner/name"), "publish@owner--name.lock"),
    ],
)
def test_each_thing_has_a_file(tmp_path, names, file):
    assert lock_of(tmp_path, *names) == tmp_path / "work" / file


def test_a_build_waits_for_one_of_the_same_release_and_a_preview_does_not(write_recipe, home, tmp_path):
    recipe = write_recipe([{"id": "a", "text": "The minister visited Berlin on Monday."}])
    command = [sys.executable, "-m", "flows.cli", "build", str(recipe)]
    with alone(lock_of(home, "build", "small"), "small"):
        build = subprocess.Popen(command, env=os.environ | {"BABELMILL_HOME": str(home)}, stderr=subprocess.PIPE, text=True)
        assert build.stderr
        assert build.stderr.readline().startswith(f"small: process {os.getpid()} on ")
        assert run(recipe, limit=1).release.change == "preview"
        assert build.poll() is None
    said = build.communicate(timeout=60)[1]
    assert build.returncode == 0, said
    assert run(recipe).release.change == "unchanged"
