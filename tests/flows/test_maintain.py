"""`babelmill maintain`: what is old goes, what is in use stays, and what is damaged is named."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.locks import alone, lock_of
from flows.maintain import Upkeep, maintain
from flows.upkeep import made_with
from tasks.memory import Memory, key
from tasks.store import LocalStore
from tasks.translate import Hypothesis
from tests.flows.building import digests, run
from tests.tasks.stores import commit

Command = Callable[..., Any]
ROWS: list[dict[str, object]] = [{"id": number, "text": f"Number {number} is here."} for number in range(20)]


def age(path: Path, days: float) -> None:
    """As if nothing there had changed for so many days."""
    then = time.time() - days * 24 * 3600
    for each in (*path.rglob("*"), path):
        os.utime(each, (then, then))


def part(told: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in told["parts"] if each["part"] == name)


def remember(memory: Memory, engine: str, *texts: str, target: str = "fin_Latn") -> None:
    found = [Hypothesis(text.upper(), None, False) for text in texts]
    memory.append(engine, target, "eng_Latn", [key("eng_Latn", text) for text in texts], texts, found)


def leftover(home: Path, root: str, name: str, days: float = 0) -> Path:
    folder = home / root / ".staging" / name
    folder.mkdir(parents=True)
    (folder / "rows").write_bytes(b"x" * 1000)
    age(folder, days)
    return folder


def dead() -> int:
    """The number of a process that has ended."""
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def test_an_empty_warehouse_has_nothing_to_keep_up(babelmill: Command, home: Path) -> None:
    told = json.loads(babelmill("maintain", "--json").out)
    assert (told["bytes"], told["faults"]) == (0, [])
    assert {each["removed"] for each in told["parts"]} == {0}


def test_everything_old_goes_and_a_rehearsal_says_so_before(babelmill: Command, home: Path, write_recipe: Command) -> None:
    recipe = write_recipe(ROWS, translate={"engine": "echo", "into": ["ron", "hin"]})
    for limit in (3, 5):
        assert babelmill("build", recipe, "--limit", limit).code == 0
    old, new = sorted((home / "previews" / "small").iterdir(), key=lambda path: path.stat().st_mtime)
    age(old, 31)
    age(home / "runs", 366)
    last = home / "runs" / "new.json"
    last.write_text("{}")
    gone = leftover(home, "work", f"{socket.gethostname()}-{dead()}-0123abcd")
    journal = home / "census" / "eng" / "crawl"
    journal.mkdir(parents=True)
    (journal / "crawl.json").write_text("{}")
    age(journal, 2)
    before = {path: digest for path, digest in digests(home).items() if not path.endswith(".lock")}
    rehearsed = json.loads(babelmill("maintain", "--dry-run", "--json").out)
    assert {path: digest for path, digest in digests(home).items() if path in before} == before
    done = json.loads(babelmill("maintain", "--json").out)
    for name, removed in (("previews", 1), ("records of runs", 2), ("work folders", 1), ("censuses", 1)):
        assert part(rehearsed, name)["removed"] == part(done, name)["removed"] == removed, name
        assert part(rehearsed, name)["bytes"] == part(done, name)["bytes"] > 0, name
    assert not any(path.exists() for path in (old, gone, journal))
    assert new.is_dir()
    assert [path.name for path in (home / "runs").iterdir()] == ["new.json"]


@pytest.mark.parametrize(
    ("host", "days", "stays"),
    [
        ("here", 0, False),  # its process has ended
        ("elsewhere", 29, True),  # perhaps at work on another machine of a shared disk
        ("elsewhere", 31, False),
        ("alive", 29, True),
        ("alive", 31, False),  # the number of a process that ended was given to another one
    ],
)
def test_work_folders_go_with_their_processes(home: Path, host: str, days: float, stays: bool) -> None:
    name = f"{host if host == 'elsewhere' else socket.gethostname()}-{os.getpid() if host == 'alive' else dead()}-0123abcd"
    folder = leftover(home, "releases", name, days)
    maintain(home)
    assert folder.exists() is stays


def test_a_long_build_elsewhere_keeps_its_idle_folder_while_it_works_in_another(home: Path) -> None:
    idle, busy = leftover(home, "releases", "elsewhere-7-aa", 40), leftover(home, "work", "elsewhere-7-bb", 1)
    other = leftover(home, "work", "elsewhere-77-cc", 40)
    told = maintain(home)
    assert (idle.exists(), busy.exists(), other.exists()) == (True, True, False)
    assert part(told, "work folders")["note"] == "2 in use"


def test_a_preview_that_is_made_anew_just_now_is_left_alone(home: Path, babelmill: Command, write_recipe: Command) -> None:
    babelmill("build", write_recipe(ROWS, translate={"engine": "echo", "into": ["ron"]}))
    [preview] = (home / "previews" / "small").iterdir()
    age(preview, 40)
    with alone(lock_of(home, "build", "small", preview.name), "small"):
        assert part(maintain(home), "previews")["removed"] == 0
    assert preview.is_dir()
    assert part(maintain(home), "previews")["removed"] == 1


def test_a_census_at_work_is_left_alone(home: Path) -> None:
    journal = home / "census" / "eng" / "crawl"
    journal.mkdir(parents=True)
    age(journal, 2)
    with alone(home / "census" / "eng" / ".lock", "census eng"):
        assert part(maintain(home), "censuses")["note"] == "1 at work, left alone"
    assert journal.exists()
    maintain(home)
    assert not journal.exists()


def test_a_history_that_cannot_be_read_does_not_keep_others_from_being_looked_after(home: Path) -> None:
    for name in ("a", "b"):
        (home / "census" / name / "crawl").mkdir(parents=True)
        age(home / "census" / name / "crawl", 2)
    log = home / "census" / "a" / "history" / "_delta_log"
    log.mkdir(parents=True)
    (log / "00000000000000000000.json").write_text("no log")
    told = maintain(home)
    assert [fault.partition(":")[0] for fault in told["faults"]] == [f"census history {home / 'census' / 'a' / 'history'}"]
    assert not any((home / "census" / name / "crawl").exists() for name in ("a", "b"))


def test_one_upkeep_at_a_time(home: Path, babelmill: Command) -> None:
    with alone(home / "work" / "upkeep.lock", "upkeep"):
        said = babelmill("maintain")
    assert said.code == 1
    assert "is at work on it" in said.err


def test_engines_go_only_when_asked_and_the_last_writers_stay_whatever_compaction_did(home: Path) -> None:
    memory = Memory(home / "memory")
    for engine in ("c-oldest-0000000000000000", "a-middle-0000000000000000", "b-newest-0000000000000000"):
        for text in ("dog", "cat"):
            remember(memory, engine, text)
        time.sleep(0.01)  # of the files' times, which are in milliseconds
    remember(memory, "c-oldest-0000000000000000", "dog", target="swe_Latn")
    told = maintain(home)
    assert part(told, "memory")["note"].startswith("3 partitions compacted, 7 files are 4")
    assert part(told, "engines")["removed"] == 0
    assert part(maintain(home, Upkeep(keep_engines=2, dry_run=True)), "engines")["note"] == "c-oldest-0000000000000000 fin_Latn"
    told = maintain(home, Upkeep(keep_engines=2))
    assert part(told, "engines")["bytes"] > 0
    left = memory.rows().select("engine", "target").rows()
    assert left == [
        ("a-middle-0000000000000000", "fin_Latn"),
        ("b-newest-0000000000000000", "fin_Latn"),
        ("c-oldest-0000000000000000", "swe_Latn"),
    ]
    found = memory.look_up("a-middle-0000000000000000", "fin_Latn", pl.Series("key", [key("eng_Latn", "dog")], dtype=pl.Binary))
    assert found["translation"].to_list() == ["DOG"]


def test_the_engine_of_a_release_stays_however_many_wrote_after_it(home: Path, write_recipe: Command) -> None:
    made = run(write_recipe(ROWS)).release.manifest
    memory = Memory(home / "memory")
    used = set(memory.rows().select("engine", "target").rows())
    assert made_with(made) == used
    for engine in ("human", "ana", "b-trial-0000000000000000", "c-trial-0000000000000000"):
        remember(memory, engine, "dog", target="ron_Latn")
    maintain(home, Upkeep(keep_engines=1))
    left = set(memory.rows().select("engine", "target").rows())
    assert left == used | {("c-trial-0000000000000000", "ron_Latn"), ("human", "ron_Latn"), ("ana", "ron_Latn")}, (
        "what people translated nothing makes again"
    )


def test_damage_is_named_with_the_way_out_and_the_rest_is_done_all_the_same(babelmill: Command, home: Path, manifest: Command) -> None:
    store = LocalStore(home / "releases")
    for name in ("good", "bad", "broken"):
        commit(store, manifest({"eng_Latn": 3}, name=name))
    shard = next((home / "releases" / "bad" / "1.0.0").rglob("*.parquet"))
    shard.write_bytes(shard.read_bytes()[:-1] + b"X")
    (home / "releases" / "broken" / "1.0.0" / "manifest.json").write_text("{}")
    (home / "memory").mkdir()
    (home / "memory" / "_delta_log").mkdir()
    (home / "memory" / "_delta_log" / "00000000000000000000.json").write_text("no log")
    before = digests(home / "releases")
    said = babelmill("maintain")
    assert said.code == 1
    assert f"{shard}: not the file that was released (sha256 differs). Build the same recipe again" in said.err
    assert "broken/1.0.0/manifest.json: not a manifest" in said.err
    assert "WarehouseError: translation memory" in said.err
    assert "good" not in said.err
    assert "releases: 3 looked at; " in said.out
    assert digests(home / "releases") == before
    told = json.loads(babelmill("maintain", "--json", "--no-verify").out)
    assert not any("sha256" in fault for fault in told["faults"])


def test_a_damaged_census_and_a_damaged_model_are_named(home: Path) -> None:
    census = home / "releases" / "census-eng" / "1.2.0"
    census.mkdir(parents=True)
    (census / "census.json").write_text("{}")
    model = home / "models" / "owner--name@0123456789ab-int8"
    model.mkdir(parents=True)
    (model / "model.bin").write_bytes(b"weights")
    (model / "babelmill.json").write_text(json.dumps({"files": {"model.bin": "0" * 64}}))
    other = home / "models" / "a--name@0123456789ab-int8"
    other.mkdir()
    (other / "babelmill.json").write_text("{")
    census_fault, about_fault, model_fault = maintain(home)["faults"]
    assert "run the same census again" in census_fault
    assert f"{other / 'babelmill.json'}: " in about_fault
    assert f"babelmill models remove {model.name}" in model_fault


BUILD = "import sys; sys.argv[0] = 'babelmill'; from flows.cli import main; main()"


def test_builds_at_the_same_time_make_the_bytes_they_always_make(home: Path, tmp_path: Path, write_recipe: Command) -> None:
    recipe = write_recipe([{"id": i, "text": f"Number {i} is here."} for i in range(400)], chunk_rows=100)
    command = [sys.executable, "-c", BUILD, "build", str(recipe), "--json"]
    alone_home = os.environ | {"BABELMILL_HOME": str(tmp_path / "alone")}
    assert subprocess.run(command, env=alone_home, capture_output=True).returncode == 0
    builds = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)]
    rounds = 0
    while any(build.poll() is None for build in builds):
        told = maintain(home, Upkeep(previews_older=1, files_older=1))
        assert told["faults"] == []
        rounds += 1
    assert [build.returncode for build in builds] == [0], [build.communicate()[1] for build in builds]
    assert rounds > 1
    assert digests(home / "releases" / "small" / "1.0.0") == digests(tmp_path / "alone" / "releases" / "small" / "1.0.0")


def test_killed_at_any_moment_it_leaves_nothing_half_removed(home: Path, babelmill: Command, write_recipe: Command) -> None:
    recipe = write_recipe(ROWS, translate={"engine": "echo", "into": ["ron"]})
    for limit in range(1, 5):
        babelmill("build", recipe, "--limit", limit)
    memory = Memory(home / "memory")
    for number in range(30):
        remember(memory, "demo", f"number {number}")
    command = [sys.executable, "-u", "-c", BUILD, "maintain", "--no-verify"]
    for lines in (1, 2, 3, 5, 6):  # parts that it has told of: it is killed in the next one, or after that
        for preview in (home / "previews" / "small").iterdir():
            age(preview, 40)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        told = [process.stdout.readline() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert all(told)
        for preview in (home / "previews" / "small").iterdir():
            assert (preview / "manifest.json").is_file(), "a preview is whole, or gone"
        keys = pl.Series("key", [key("eng_Latn", f"number {number}") for number in range(30)], dtype=pl.Binary)
        assert memory.look_up("demo", "fin_Latn", keys).height == 30
    told = maintain(home)
    assert told["faults"] == []
    assert not list(home.glob("*/.staging/*"))
