"""What of the cache of the Hub may go."""

import os
import time
from pathlib import Path

import pytest

from tasks.hub_cache import remove_partial, remove_unused
from tasks.vacuum import Freed


def age(path: Path, days: float) -> None:
    then = time.time() - days * 24 * 3600
    os.utime(path, (then, then))


@pytest.fixture
def cache(hub, tmp_path: Path) -> Path:
    """With three revisions of two datasets that were really fetched: `old` has two, of which main was read today."""
    from huggingface_hub import hf_hub_download

    for name, content in (("owner/old", "first"), ("owner/old", "second"), ("owner/unused", "third")):
        sha = hub.commit(name, {"rows.jsonl": content, "same.txt": "the same"})
        hf_hub_download(name, "rows.jsonl", repo_type="dataset", revision=sha)
        hf_hub_download(name, "same.txt", repo_type="dataset", revision=sha)
    folder = tmp_path / "hub-cache"
    blobs = {path: path.read_text() for path in folder.glob("*/blobs/*")}
    now = time.time()
    for blob, text in blobs.items():  # changed then, read then or now
        os.utime(blob, (now if text == "second" else now - 50 * 24 * 3600, now - 50 * 24 * 3600))
    return folder


def texts(cache: Path) -> list[str]:
    return sorted(path.read_text() for path in cache.glob("*/blobs/*"))


def test_revisions_that_nobody_reads_go_and_what_others_share_with_them_stays(cache: Path) -> None:
    there = set(cache.glob("*/blobs/*"))
    said = remove_unused(40, dry_run=True)
    assert (said.files, set(cache.glob("*/blobs/*"))) == (2, there)
    assert remove_unused(40) == said
    assert texts(cache) == ["second", "the same"]
    assert remove_unused(40) == Freed(0, 0)


def test_without_a_cache_there_is_nothing_to_do(hub) -> None:
    assert remove_unused(1) == remove_partial(1) == Freed(0, 0)


def test_a_download_goes_on_for_a_week_and_then_goes(cache: Path) -> None:
    blobs = next(cache.glob("*old/blobs"))
    for name, days in (("a" * 64 + ".incomplete", 8), ("b" * 64 + ".incomplete", 6)):
        (blobs / name).write_bytes(b"12345")
        age(blobs / name, days)
    assert remove_partial(7, dry_run=True) == Freed(1, 5)
    assert remove_partial(7) == Freed(1, 5)
    assert [path.name[0] for path in blobs.glob("*.incomplete")] == ["b"]
