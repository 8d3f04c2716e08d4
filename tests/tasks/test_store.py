"""A reader of the store sees whole versions, and their numbers say what changed."""

import os
import shutil
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from schemas.errors import IntegrityError, PublishError, WarehouseError
from tasks.store import STAGING, LocalStore
from tests.tasks.stores import card, commit


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path / "releases")


def test_the_first_version_is_whole(store, manifest):
    release = commit(store, manifest())
    assert release.path == store.root / "trial" / "1.0.0"
    assert sorted(f.name for f in release.path.iterdir()) == ["README.md", "eng_Latn", "fin_Latn", "manifest.json"]
    assert (release.path / "README.md").read_text() == "A trial 1.0.0"
    assert release.change == "first version"
    assert store.latest("trial").manifest == release.manifest
    assert release.manifest.signature.endswith("|v:1.0.0")
    assert [file.path for file in release.manifest.files] == ["README.md"]
    store.verify(release)


def test_versions_are_in_order_of_their_numbers(store, manifest):
    for version in ("1.10.0", "1.9.0", "1.2.0"):
        commit(store, manifest(version=version, title=version))
    assert [release.manifest.version for release in store.versions("trial")] == ["1.2.0", "1.9.0", "1.10.0"]
    assert commit(store, manifest()).manifest.version == "1.10.1"


def test_a_version_that_exists_is_never_replaced(store, manifest):
    commit(store, manifest(version="1.0.0"))
    assert commit(store, manifest(version="1.0.0")).change == "unchanged"
    with pytest.raises(PublishError, match=r"trial 1\.0\.0 exists with other content\. Name a new version, or `auto`"):
        commit(store, manifest(version="1.0.0", title="Other"))
    commit(store, manifest(version="2.0.0", title="Other"))
    assert commit(store, manifest(version="1.0.0")).change == "unchanged"  # also when it is not the newest
    assert (store.root / "trial/1.0.0/README.md").read_text() == "A trial 1.0.0"


def test_a_folder_without_manifest_is_no_version_and_no_trap(store, manifest):
    (store.root / "trial" / "1.0.0").mkdir(parents=True)
    (store.root / "trial" / "1.0.0" / "train.parquet").write_text("half")
    assert store.versions("trial") == []
    assert store.latest("trial") is None
    with pytest.raises(PublishError, match=r"1\.0\.0 is in the way: it has no manifest"):
        commit(store, manifest())


def test_two_commits_at_once_both_end_sound(store, manifest):
    """Both find no version and make 1.0.0; the card is where they meet."""
    both = threading.Barrier(2, timeout=5)

    def slow_card(m, folder):
        card(m, folder)
        if m.version == "1.0.0":
            both.wait()

    def run(title):
        with store.staging() as folder:
            return store.commit(folder, manifest(title=title), slow_card)

    with ThreadPoolExecutor(2) as pool:
        releases = list(pool.map(run, ["One", "Two"]))
    assert sorted(release.manifest.version for release in releases) == ["1.0.0", "1.0.1"]
    for release in store.versions("trial"):
        store.verify(release)
        assert (release.path / "README.md").read_text() == f"{release.manifest.title} {release.manifest.version}"


def test_the_same_release_built_twice_at_once_is_one_version(store, manifest):
    both = threading.Barrier(2, timeout=5)

    def slow_card(m, folder):
        card(m, folder)
        both.wait()

    def run(_):
        with store.staging() as folder:
            return store.commit(folder, manifest(), slow_card)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(r.change for r in pool.map(run, range(2))) == ["first version", "unchanged"]
    assert len(store.versions("trial")) == 1


def test_a_failed_build_leaves_nothing(store, manifest):
    def broken(m, folder):
        raise OSError("no")

    with pytest.raises(WarehouseError, match="no"), store.staging() as folder:
        store.commit(folder, manifest(), broken)
    assert store.versions("trial") == []
    assert list((store.root / STAGING).iterdir()) == []


def test_staging_of_the_dead_is_swept_and_of_the_living_kept(store):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    host = socket.gethostname()
    swept = [f"{host}-{ended.pid}-abcd", f"{host}-{ended.pid}-abcdold"]
    kept = [f"{host}-{os.getpid()}-abcd", f"other-host-{ended.pid}-abcd", "notes", ".DS_Store", "a-b"]
    for name in swept + kept:
        (store.root / STAGING / name).mkdir(parents=True)
    with store.staging() as folder:
        assert sorted(f.name for f in folder.parent.iterdir()) == sorted([*kept, folder.name])
    assert not folder.exists()


def test_a_preview_replaces_the_one_before(store, manifest):
    for title in ("Old", "New"):
        with store.staging() as folder:
            release = store.replace(folder, manifest(title=title), "trial/all", card)
    assert (release.path, release.manifest.version, release.change) == (store.root / "trial" / "all", "0.0.0", "preview")
    assert (release.path / "README.md").read_text() == "New 0.0.0"
    store.verify(release)
    assert list((store.root / STAGING).iterdir()) == []


def test_what_a_killed_preview_moved_aside_is_swept(store, manifest, monkeypatch):
    with store.staging() as folder:
        store.replace(folder, manifest(), "trial/all", card)
    with store.staging() as folder:
        monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)  # killed before the old one is removed
        store.replace(folder, manifest(title="New"), "trial/all", card)
        monkeypatch.undo()
    (left,) = (store.root / STAGING).iterdir()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left.rename(left.with_name(left.name.replace(f"-{os.getpid()}-", f"-{ended.pid}-")))
    with store.staging():
        assert len(list((store.root / STAGING).iterdir())) == 1


@pytest.mark.parametrize("harm", ["fin_Latn/train.parquet", "README.md"])
@pytest.mark.parametrize("how", ["changed", "gone"])
def test_verify_names_the_file_that_changed(store, manifest, harm, how):
    release = commit(store, manifest())
    file = release.path / harm
    file.write_bytes(file.read_bytes() + b"x") if how == "changed" else file.unlink()
    with pytest.raises(IntegrityError, match=rf"{harm}: not the file that was released"):
        store.verify(release)


@pytest.mark.parametrize("text", ["", "{}", '{"format": 2}', "\x00"])
def test_a_manifest_that_is_none_is_an_error(store, manifest, text):
    release = commit(store, manifest())
    (release.path / "manifest.json").write_text(text)
    with pytest.raises(IntegrityError, match=r"manifest\.json: not a manifest: "):
        store.latest("trial")


def test_names_are_those_of_releases(store, manifest):
    assert store.names() == []
    assert store.latest("trial") is None
    commit(store, manifest(name="b"))
    commit(store, manifest(name="a"))
    assert store.names() == ["a", "b"]


def test_a_store_that_cannot_be_made_names_the_way_out(write, tmp_path):
    write("releases", "a file where a folder should be")
    with (
        pytest.raises(WarehouseError, match="choose another place with BABELMILL_HOME or --store"),
        LocalStore(tmp_path / "releases").staging(),
    ):
        pass


def test_a_damaged_version_is_mended_by_the_same_build(store, manifest):
    with store.staging() as folder:
        first = store.commit(folder, manifest(), card)
    (first.path / "README.md").write_text("spoilt")
    with pytest.raises(IntegrityError, match="it is mended"):
        store.verify(first)
    with store.staging() as folder:
        again = store.commit(folder, manifest(), card)
    assert (again.path, again.manifest.version, again.change) == (first.path, "1.0.0", "mended")
    assert again.manifest == first.manifest  # its history included
    store.verify(again)
    assert list((store.root / STAGING).iterdir()) == []


def test_a_pinned_version_is_no_other_content(store, manifest):
    with store.staging() as folder:
        first = store.commit(folder, manifest(), card)
    pinned = manifest(version="1.0.0", recipe=first.manifest.recipe | {"release": {"store": "local", "version": "1.0.0"}})
    with store.staging() as folder:
        assert store.commit(folder, pinned, card).change == "unchanged"
