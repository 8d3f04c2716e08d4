"""The warehouse: each finding good and broken."""

import os
from pathlib import Path

import pytest

from flows.doctor import warehouse
from flows.doctor.warehouse import disk, file_system, folder, locked, memory, releases, room
from schemas.errors import WarehouseError
from tasks.memory import Memory, key
from tasks.store import LocalStore
from tasks.translate import Hypothesis
from tests.tasks.stores import commit

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:25 / /shared rw - nfs4 host:/export rw,vers=4.2
31 30 0:26 / /shared/my\\040disk rw shared:2 master:1 - xfs /dev/sdb rw
32 22 0:27 / /twice rw - ext4 /dev/sdc rw
33 32 0:28 / /twice rw - overlay overlay rw
line that is none
"""


def test_a_folder_that_can_be_written_and_locked(home):
    found = list(folder())
    assert [(each.what, each.state) for each in found] == [("warehouse", "ok"), ("locks", "ok")]
    assert str(home) in found[0].found
    assert list(home.iterdir()) == []


def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BABELMILL_HOME", str(tmp_path / "file" / "home"))
    [found] = folder()
    assert (found.state, "Not a directory. Set BABELMILL_HOME to a folder you may write." in found.found) == ("BAD", True)


@pytest.mark.parametrize("fault", ["refuses", "gives twice"])
def test_a_disk_without_locks(tmp_path, monkeypatch, fault):
    def flock(*_):
        if fault == "refuses":
            raise OSError(37, os.strerror(37))

    monkeypatch.setattr(warehouse.fcntl, "flock", flock)
    found = locked(tmp_path / "probe", "9p")
    assert found.state == "BAD"
    assert ("9p refuses flock: No locks available" if fault == "refuses" else "9p gives one lock to two") in found.found
    assert "Put BABELMILL_HOME on a file system with flock" in found.found


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me", "ext4"),
        ("/shared/warehouse", "nfs4"),
        ("/sharedness", "ext4"),
        ("/shared/my disk/warehouse", "xfs"),
        ("/twice/here", "overlay"),
    ],
)
def test_the_file_system_is_that_of_the_deepest_mount(path, kind):
    assert file_system(Path(path), MOUNTS) == kind
    assert file_system(Path(path), "") == "unknown file system"


def test_this_machine_has_a_file_system():
    assert file_system(Path("/proc/self").resolve(), warehouse.MOUNTS.read_text()) == "proc"


@pytest.mark.parametrize(
    ("free", "largest", "state", "says"),
    [
        (50e9, 2e9, "ok", "50 GB free; the warehouse has 3.0 GB"),
        (0.5e9, 0, "BAD", "0.5 GB free under /disk: babelmill maintain frees what is old"),
        (2e9, 3e9, "BAD", "2.0 GB free under /disk; a new version of news takes 3.0: babelmill maintain"),
    ],
)
def test_room(free, largest, state, says):
    found = room(int(free), Path("/disk"), "3.0 GB", int(largest), "news")
    assert found.state == state
    assert says in found.found


def test_disk_memory_and_releases_of_a_warehouse(home, manifest):
    assert [each.state for look in (disk, memory, releases) for each in look()] == ["ok", "--", "--"]
    store = Memory(home / "memory")
    store.append("demo", "fin_Latn", "eng_Latn", [key("eng_Latn", "dog")], ["dog"], [Hypothesis("koira", None, False)])
    for first in range(2):
        commit(LocalStore(home / "releases"), manifest({"eng_Latn": 3}, name="news"), first=first)
    found = [each for look in (disk, memory, releases) for each in look()]
    assert [each.state for each in found] == ["ok", "ok", "ok"]
    assert "1 engines, 1 rows" in found[1].found
    assert "1 with 2 versions" in found[2].found


def test_a_memory_and_a_manifest_that_cannot_be_read(home, manifest):
    (home / "memory" / "_delta_log").mkdir(parents=True)
    (home / "memory" / "_delta_log" / "00000000000000000000.json").write_text("no log")
    with pytest.raises(WarehouseError, match="translation memory"):
        list(memory())
    commit(LocalStore(home / "releases"), manifest({"eng_Latn": 3}, name="news"))
    (home / "releases" / "news" / "1.0.0" / "manifest.json").write_text("{}")
    found = list(releases())
    assert [each.state for each in found] == ["BAD", "ok"]
    assert "Move" in found[0].found
    assert [each.state for each in disk()] == ["ok"], "what cannot be read is said once"
