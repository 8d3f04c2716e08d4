"""Vacuum frees what nobody reads, and no row."""

import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest

from tasks.memory import Memory, files, key
from tasks.translate import Hypothesis
from tasks.vacuum import LOG, Freed, vacuum

ENGINE, TARGET, SOURCE = "demo-0123456789abcdef", "fin_Latn", "eng_Latn"
ROWS, AT_ONCE = 10_000, 100


def append(memory: Memory, *numbers: int) -> None:
    texts = [f"number {number}" for number in numbers]
    found = [Hypothesis(f"nro {number}", -0.5, False) for number in numbers]
    memory.append(ENGINE, TARGET, SOURCE, [key(SOURCE, text) for text in texts], texts, found)


def wanted(rows: int) -> pl.Series:
    return pl.Series("key", [key(SOURCE, f"number {number}") for number in range(rows)], dtype=pl.Binary)


def age(folder: Path, days: float) -> None:
    """As if everything there had been written so many days before."""
    then = time.time() - days * 24 * 3600
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (then, then))


def data(folder: Path) -> list[Path]:
    return list(folder.glob("engine=*/*/*.parquet"))


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "memory")


def test_what_is_not_there_has_nothing_to_free(tmp_path: Path) -> None:
    assert vacuum(tmp_path / "none") == Freed(0, 0)
    (tmp_path / "empty").mkdir()
    assert vacuum(tmp_path / "empty") == Freed(0, 0)


def test_what_a_writer_has_not_committed_yet_stays_and_what_one_left_long_ago_goes(memory: Memory, tmp_path: Path) -> None:
    append(memory, 1)
    folder = tmp_path / "memory" / f"engine={ENGINE}" / f"target={TARGET}"
    (folder / "left.parquet").write_bytes(b"PAR1" * 25)
    age(folder, 8)
    (folder / "new.parquet").write_bytes(b"PAR1")
    assert memory.vacuum(dry_run=True) == Freed(1, 100)
    assert (folder / "left.parquet").exists()
    assert memory.vacuum(days=9) == Freed(0, 0)
    assert memory.vacuum() == Freed(1, 100)
    assert {path.name for path in folder.iterdir()} >= {"new.parquet"}
    assert not (folder / "left.parquet").exists()
    assert memory.look_up(ENGINE, TARGET, wanted(2)).height == 1


def test_who_writes_does_not_clean_the_log(memory: Memory, tmp_path: Path) -> None:
    """Two who clean at once find each other's files gone; one then failed after its rows were in."""
    log = tmp_path / "memory" / LOG
    for number in range(105):  # Delta makes a checkpoint of every hundredth commit, and cleans then and later
        append(memory, number)
        age(log, 31)
    memory.compact(ENGINE, TARGET, 2)
    memory.prune([(ENGINE, TARGET)])
    assert sum(path.suffix == ".json" for path in log.iterdir()) >= 108


READER = """
import sys, time
from pathlib import Path
from tests.tasks.test_vacuum import ENGINE, TARGET, Memory, append, wanted
memory, rows, end = Memory(Path(sys.argv[1])), int(sys.argv[2]), Path(sys.argv[3])
print("ready", flush=True)
looks = 0
while not end.exists():
    assert memory.look_up(ENGINE, TARGET, wanted(rows)).height == rows
    if sys.argv[4] == "write":
        append(memory, rows + looks)
    looks += 1
print(looks)
"""


def test_ten_thousand_rows_of_many_appends_shrink_while_others_read_and_write(
    memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, end = tmp_path / "memory", tmp_path / "end"
    for first in range(0, ROWS, AT_ONCE):
        append(memory, *range(first, first + AT_ONCE))
    with monkeypatch.context() as then:  # the log says when a file was given up
        then.setattr(files, "time", SimpleNamespace(time=lambda: time.time() - 2 * 24 * 3600))
        assert memory.compact(ENGINE, TARGET, 2)
    assert memory.vacuum(days=3) == Freed(0, 0), "who began to read before that may still read them"
    age(folder / LOG, 2)
    before, log = set(data(folder)), len(list((folder / LOG).iterdir()))
    command = [sys.executable, "-c", READER, str(folder), str(ROWS), str(end)]
    others = [subprocess.Popen([*command, what], stdout=subprocess.PIPE, text=True) for what in ("read", "write")]
    try:
        assert [other.stdout and other.stdout.readline() for other in others] == ["ready\n", "ready\n"]
        freed = memory.vacuum(days=1)
        assert memory.vacuum(days=1, dry_run=True) == Freed(0, 0)
    finally:
        end.touch()
        said = [other.communicate(timeout=60)[0] for other in others]
    assert [other.returncode for other in others] == [0, 0], "a reader missed a row, or a writer could not append"
    assert freed.files >= ROWS // AT_ONCE
    assert len(set(data(folder)) & before) == 1, "the file that compaction made"
    assert len(list((folder / LOG).iterdir())) < log
    rows = ROWS + int(said[1])
    assert memory.look_up(ENGINE, TARGET, wanted(rows)).height == rows, "nothing is lost"
    append(memory, rows)
    assert memory.look_up(ENGINE, TARGET, wanted(rows + 1)).height == rows + 1
