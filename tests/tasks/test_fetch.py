"""A fetch that is broken off goes on where it was, and what comes is what the Hub lists."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import constants

from schemas.errors import IntegrityError, SourceError
from schemas.sources import HubSource
from tasks import fetch
from tasks.read import reader
from tests.hub.faults import Fault, retry_after

SMALL = '{"id": "a", "text": "One."}\n'
LARGE = "".join(f'{{"id": "{i}", "text": "{i:0100d}"}}\n' for i in range(20_000))  # 2.6 MB


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """Seconds that were waited for the Hub, without waiting."""
    seconds = []
    monkeypatch.setattr(fetch, "PATIENCE", replace(fetch.PATIENCE, sleep=seconds.append))
    return seconds


def source():
    return HubSource(format="hub", repo="owner/name")


def ranges(hub, monkeypatch):
    """Of each request for a file, where it wants to begin."""
    begins, answer = [], hub.answer

    def spy(request):
        if request.method == "GET" and "/resolve/" in request.path:
            begins.append(request.headers.get("Range"))
        return answer(request)

    monkeypatch.setattr(hub, "answer", spy)
    return begins


def until(true):
    for _ in range(1000):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("not within 10 s")


def test_a_fetch_that_is_killed_goes_on_where_it_was(hub, monkeypatch, tmp_path):
    sha = hub.commit("owner/name", {"train.jsonl": LARGE})
    hub.faults.append(Fault("GET", "/resolve/", "stall"))
    program = (
        "from huggingface_hub import constants; constants.DOWNLOAD_CHUNK_SIZE = 1 << 16\n"  # what is written to the disk at once: 10 MB
        "from schemas.sources import HubSource; from tasks.read import pinned, reader\n"
        f"source = pinned(HubSource(format='hub', repo='owner/name', revision='{sha}'))\n"
        "print(sum(part.rows_in for part in reader(source).parts('train', 1000)))"
    )
    environment = os.environ | {"HF_ENDPOINT": hub.url, "HF_HUB_CACHE": constants.HF_HUB_CACHE}
    process = subprocess.Popen([sys.executable, "-c", program], env=environment)
    half = len(LARGE) // 2
    until(lambda: any(abs(p.stat().st_size - half) < 50_000 for p in Path(constants.HF_HUB_CACHE).glob("*/blobs/*.incomplete")))
    process.send_signal(signal.SIGKILL)
    process.wait()
    begins = ranges(hub, monkeypatch)
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "20000\n"
    ((begin, _),) = [begin.removeprefix("bytes=").split("-") for begin in begins]
    assert abs(int(begin) - half) < 50_000
    assert not list(Path(constants.HF_HUB_CACHE).glob("*/blobs/*.incomplete"))


@pytest.mark.parametrize("kind", ["half", "reset"])
def test_a_fetch_that_is_broken_off_goes_on(hub, monkeypatch, kind):
    hub.commit("owner/name", {"train.jsonl": LARGE})
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1 << 16)
    begins = ranges(hub, monkeypatch)
    hub.faults.append(Fault("GET", "/resolve/", kind))
    assert sum(part.rows_in for part in reader(source()).parts("train", 1000)) == 20_000
    goes_on = [int(begin.removeprefix("bytes=").removesuffix("-")) for begin in begins if begin]
    assert [abs(begin - len(LARGE) // 2) < 1 << 16 for begin in goes_on] == ([True] if kind == "half" else [])


def test_bytes_that_are_not_those_of_the_list(hub):
    """The Hub sends another file of the same size: nothing is kept, and the next run gets the right one."""
    hub.commit("owner/name", {"train.parquet": b"PAR1" + b"x" * 100 + b"PAR1"})
    repo = hub.repos["owner/name"]
    (commit,) = repo.commits.values()
    file = commit.files["train.parquet"]
    hub.objects[file.sha256] = commit.files["train.parquet"] = replace(file, read=lambda: b"PAR1" + b"y" * 100 + b"PAR1")
    with pytest.raises(IntegrityError, match=r"owner/name@[0-9a-f]{40}: train\.parquet came with other bytes .* run again"):
        reader(source()).splits()["train"][0]
    assert not [path for path in Path(constants.HF_HUB_CACHE).glob("*/blobs/*") if path.is_file()]
    hub.objects[file.sha256] = commit.files["train.parquet"] = file
    assert Path(reader(source()).splits()["train"][0]).read_bytes() == file.read()


def test_a_file_that_ends_early_goes_on_at_the_next_run(hub, monkeypatch):
    """The Hub calls half of the file all of it."""
    hub.commit("owner/name", {"train.jsonl": LARGE})
    (commit,) = hub.repos["owner/name"].commits.values()
    file = commit.files["train.jsonl"]
    commit.files["train.jsonl"] = replace(file, read=lambda: LARGE[: len(LARGE) // 2].encode())
    commit.files["train.jsonl"].__dict__["oid"] = file.oid  # on the list as it should be
    with pytest.raises(SourceError, match=r"owner/name: train\.jsonl: it ended early\. Run again: the fetch goes on where it ended"):
        list(reader(source()).parts("train", 1000))
    commit.files["train.jsonl"] = file
    begins = ranges(hub, monkeypatch)
    assert sum(part.rows_in for part in reader(source()).parts("train", 1000)) == 20_000
    assert begins == [f"bytes={len(LARGE) // 2}-"]


@pytest.mark.parametrize("fault", [500, 503, 429])
def test_a_passing_refusal_of_a_file(hub, waits, fault):
    hub.commit("owner/name", {"train.jsonl": SMALL})
    hub.faults.append(Fault("GET", "/resolve/", fault, times=1, headers=retry_after(0)))
    assert sum(part.rows_in for part in reader(source()).parts("train", 100)) == 1


@pytest.mark.parametrize("oid", ["../../../../evil", "", None, "f" * 39])
def test_a_hash_that_is_none_is_no_path(hub, tmp_path, oid):
    """A server that names content as it likes: the file comes by way of the client, under the name that this gives it."""
    hub.commit("owner/name", {"train.jsonl": SMALL})
    (commit,) = hub.repos["owner/name"].commits.values()
    commit.files["train.jsonl"].__dict__["oid"] = "a" * 40
    file = fetch.Remote("train.jsonl", len(SMALL), oid, oid)
    path = fetch.fetch("owner/name", "dataset", commit.sha, file)
    assert path.read_text("utf-8") == SMALL
    assert not list(tmp_path.rglob("*evil*"))
