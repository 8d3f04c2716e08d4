"""kill -9 in the middle of translation, and two builds at once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.memory import Memory
from tests.flows.building import digests, run

ROWS = [{"id": str(i), "text": f"The price rose to {i} yesterday. The mayor of Paris spoke {i} times."} for i in range(600)]
LANGUAGES = ["ron", "hin", "cmn"]
SENTENCES = 2 * len(ROWS) * len(LANGUAGES)
CHUNK, WORKERS = 50, 2


def start(recipe: Path, home: Path) -> subprocess.Popen[bytes]:
    environment = os.environ | {"BABELMILL_HOME": str(home)}
    command = [sys.executable, "-m", "flows.cli", "build", str(recipe), "--workers", str(WORKERS)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def remembered(home: Path) -> int:
    return int(Memory(home / "memory").rows()["rows"].sum())


@pytest.fixture
def recipe(write_recipe: Callable[..., Path]) -> Path:
    return write_recipe(ROWS, chunk_rows=CHUNK, translate={"model": "demo", "into": LANGUAGES, "beam_size": 4})


@pytest.mark.slow
def test_after_kill_minus_nine_the_same_bytes_and_little_again(tmp_path: Path, home: Path, recipe: Path) -> None:
    whole = digests(run(recipe, WORKERS).release.path)
    other = tmp_path / "other"
    kept = 0
    for share in (0.01, 0.2, 0.4, 0.6, 0.8):
        build = start(recipe, other)
        while remembered(other) < share * SENTENCES:
            assert build.poll() is None, "the build ended before it could be killed"
            time.sleep(0.05)
        build.send_signal(signal.SIGKILL)
        build.communicate()
        assert remembered(other) >= kept, "what was appended stays"
        kept = remembered(other)
        assert not list((other / "releases").glob("small/*")), "no half version"
    last = start(recipe, other)
    assert last.wait(240) == 0
    assert digests(other / "releases" / "small" / "1.0.0") == whole
    assert remembered(other) == SENTENCES, "no sentence stands in the memory twice"
    assert not list((other / "work" / ".staging").iterdir()), "what the killed runs left is swept"


def test_two_builds_at_once_on_one_warehouse_are_both_right(tmp_path: Path, home: Path, recipe: Path) -> None:
    whole = digests(run(recipe, WORKERS).release.path)
    other = tmp_path / "other"
    builds = [start(recipe, other), start(recipe, other)]
    for build in builds:
        _, said = build.communicate(timeout=240)
        assert build.returncode == 0, said.decode()
    assert [p.name for p in (other / "releases" / "small").iterdir()] == ["1.0.0"]
    assert digests(other / "releases" / "small" / "1.0.0") == whole
    assert run(recipe, WORKERS).run["translated"] == 0
