"""The keeper ends what it was told of, and what that started, also when its own parent is killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows.keeper import MARK, end, marked
from flows.serve_processes import Processes, left_behind, take
from schemas.errors import EngineError, WarehouseError
from tasks.alive import alive

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {STUBBORN!r}], start_new_session=True)"


def started(code: str, role: str, folder: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, MARK: f"{role} {folder}"}
    process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout
    assert process.stdout.readline() == "up\n"
    return process


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are found by their environment, which only Linux shows")
def test_what_does_not_want_to_end_is_killed_with_what_it_started_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.keeper.RUNS", 0.5)
    monkeypatch.setattr("flows.keeper.WORKER", 1.0)
    worker = started(PARENT, "worker", tmp_path)
    other = started(STUBBORN, "worker", tmp_path / "of-another-warehouse")
    try:
        assert len(marked("worker", tmp_path)) == 2, "the child has a session of its own, and is found"
        assert left_behind(tmp_path) == sorted(marked("worker", tmp_path))
        (tmp_path / "address").write_text("http://127.0.0.1:1/api")
        end({"worker": worker.pid}, tmp_path, None)
        assert marked("worker", tmp_path) == []
        assert not (tmp_path / "address").exists()
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
        worker.wait()
    assert not alive(other.pid)


def test_a_folder_that_cannot_be_made_is_said_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WarehouseError, match=r"file/prefect: Not a directory\. Set BABELMILL_HOME to a folder you may write\."):
        take(tmp_path / "file" / "prefect")


def test_the_folder_is_held_by_one_until_its_keeper_has_ended(tmp_path: Path) -> None:
    code = (
        "import os, sys, time; from pathlib import Path; from flows.serve_processes import *\n"
        "folder = Path(sys.argv[1]); lock = take(folder); processes = Processes(folder, lock)\n"
        "processes.start('worker', ['timeit', '-n', '1', '-r', '1', 'import time; time.sleep(60)'], os.environ)\n"
        "print('up', flush=True); time.sleep(60)"
    )
    first = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert first.stdout
    assert first.stdout.readline() == "up\n"
    with pytest.raises(EngineError, match=rf"runs for this warehouse already: starting or stopping \(process {first.pid}\)"):
        take(tmp_path)
    [worker] = marked("worker", tmp_path)
    first.send_signal(signal.SIGKILL)
    first.wait()
    began = time.monotonic()
    lock = take(tmp_path)  # waits for the keeper
    assert time.monotonic() - began < 10
    assert not alive(worker)
    lock.close()


def test_the_keeper_forgets_who_has_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weeks later the number of a process that is gone may be that of another program."""
    processes, told = Processes(tmp_path, take(tmp_path)), []
    try:
        monkeypatch.setattr(processes, "_tell", lambda role, pid: told.append((role, pid)))
        processes.start("register", ["timeit", "-n", "1", "-r", "1", "pass"], os.environ, asked=True)
        pid = processes.running["register"].pid
        processes.running["register"].wait(20)
        assert processes.answer("register")
        assert told == [("register", pid), ("register", 0)]
    finally:
        processes.end()
    other = started(STUBBORN, "none", tmp_path)
    try:
        words = f"register {other.pid}\nregister 0\n"
        subprocess.run([sys.executable, "-m", "flows.keeper", str(tmp_path)], input=words, text=True, timeout=20, check=True)
        assert alive(other.pid)
    finally:
        other.kill()
        other.wait()


def test_a_process_that_ended_is_named_with_its_last_words(tmp_path: Path) -> None:
    processes = Processes(tmp_path, take(tmp_path))
    try:
        processes.start("server", ["timeit", "--no-such-option"], os.environ)
        processes.running["server"].wait(20)
        assert processes.ended("server")
        assert not processes.ended("worker")
        with pytest.raises(
            EngineError, match=r"(?s)the server ended by itself \(exit code 2\).*server: option --no-such-option not recognized"
        ):
            processes.check("server", "worker")
    finally:
        processes.end()
