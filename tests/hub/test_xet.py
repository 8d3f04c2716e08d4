"""Xet of the Hub of the tests: chunks are stored once, whoever sends them, and what is not sound is refused."""

import os
import random
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx2
import numpy as np
import pytest
from huggingface_hub import CommitOperationAdd as Add
from huggingface_hub import HfApi

from tests.hub.server import Hub
from tests.hub.xet import END, TAG, Term, join, read_shard, read_xorb, text, write_shard

NAME = "owner/name"
NOISE = random.Random(7).randbytes(2_000_000)


@pytest.fixture
def api(writer) -> HfApi:
    api = HfApi()
    api.create_repo(NAME, repo_type="dataset")
    return api


def commit(api, data: bytes, path="a.parquet") -> None:
    api.create_commit(NAME, [Add(path, data)], commit_message="x", repo_type="dataset")


def stored(hub) -> int:
    """Bytes of all xorbs."""
    return sum(path.stat().st_size for path in hub.cas.folder.iterdir())


def test_a_new_version_sends_what_is_new(hub, api):
    commit(api, NOISE)
    first = stored(hub)
    commit(api, NOISE[:1_000_000] + b"a few words" + NOISE[1_000_000:])
    assert len(NOISE) < first < 1.01 * len(NOISE)
    assert 0 < stored(hub) - first < 500_000  # a few chunks of at most 128 KiB around the change


def test_another_machine_sends_what_is_new(hub, api, tmp_path):
    """A second process with an empty cache asks the Hub for the first chunk."""
    commit(api, NOISE)
    first = stored(hub)
    code = f"import random; from huggingface_hub import *; HfApi().create_commit({NAME!r}, [CommitOperationAdd('b.parquet', "
    code += "random.Random(7).randbytes(2_000_000) + b'more')], commit_message='x', repo_type='dataset')"
    environment = os.environ | {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "other"), "HF_XET_CACHE": str(tmp_path / "other-xet")}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, stderr=subprocess.DEVNULL)
    assert stored(hub) - first < 200_000
    assert len(httpx2.get(f"{hub.url}/datasets/{NAME}/resolve/main/b.parquet", follow_redirects=True).content) == len(NOISE) + 4


def test_several_send_at_once(hub, api):
    with ThreadPoolExecutor(4) as pool:
        files = [Add(f"{i}.parquet", NOISE[i * 1000 :][:300_000]) for i in range(8)]
        list(pool.map(lambda file: api.preupload_lfs_files(NAME, [file], repo_type="dataset", free_memory=False), files))
    api.create_commit(NAME, files, commit_message="x", repo_type="dataset")
    tree = {each.path: each.size for each in api.list_repo_tree(NAME, repo_type="dataset")}
    assert [tree[f"{i}.parquet"] for i in range(8)] == [300_000] * 8


@pytest.mark.parametrize(
    ("data", "scheme"),
    [
        (NOISE[:300_000], 0),  # as it is
        (b"maji moto baridi " * 20_000, 1),  # LZ4
        (np.arange(100_000, dtype="<f4").tobytes() + b"xyz", 2),  # LZ4 of every fourth byte together, with a rest
    ],
    ids=["noise", "words", "numbers"],
)
def test_chunks_are_read_however_they_are_packed(hub, api, data, scheme):
    commit(api, data)
    schemes = {(hub.cas.folder / name).read_bytes()[start + 4] for name, starts in hub.cas.starts.items() for start in starts[:-1]}
    assert scheme in schemes
    address = f"{hub.url}/datasets/{NAME}/resolve/main/a.parquet"
    assert httpx2.get(address, follow_redirects=True).content == data
    part = httpx2.get(address, headers={"Range": "bytes=1000-1999"}, follow_redirects=True)
    assert (part.status_code, part.content) == (206, data[1000:2000])


def test_a_reconstruction_of_a_range_begins_with_the_term_that_holds_it(hub, api):
    commit(api, NOISE)
    commit(api, NOISE[:1_000_000] + b"a few words" + NOISE[1_000_000:])
    (file,) = api.get_paths_info(NAME, "a.parquet", repo_type="dataset")
    headers = {"Authorization": "Bearer xet-of-this-hub-read", "Range": "bytes=1500000-1500009"}
    told = httpx2.get(f"{hub.cas.url}/v2/reconstructions/{file.xet_hash}", headers=headers).json()
    (term,) = told["terms"]
    (place,) = told["xorbs"][term["hash"]]
    span = place["ranges"][0]["bytes"]
    packed = httpx2.get(place["url"], headers={"Range": f"bytes={span['start']}-{span['end']}"}).content
    data = join([Term(term["hash"], term["unpacked_length"], 0, 0)], lambda _: packed)
    assert data[told["offset_into_first_range"] :][:10] == NOISE[1_499_989:1_499_999]
    headers["Range"] = "bytes=9000000-9000009"
    assert httpx2.get(f"{hub.cas.url}/v2/reconstructions/{file.xet_hash}", headers=headers).status_code == 416


ZERO = bytes(32)


def shard(*files: bytes, xorbs: bytes = b"") -> bytes:
    return TAG + struct.pack("<QQ", 2, 0) + b"".join(files) + END + xorbs + END


def entry(sha256: bytes, xorb: bytes = ZERO) -> bytes:
    """A file of one term of 5 bytes, without hashes to verify."""
    return b"\1" * 32 + struct.pack("<IIQ", 1 << 30, 1, 0) + xorb + struct.pack("<4I", 0, 5, 0, 1) + sha256 + bytes(16)


def test_a_shard_tells_files_and_xorbs():
    block = b"\2" * 32 + struct.pack("<4I", 0, 1, 5, 13) + b"\3" * 32 + struct.pack("<IIQ", 0, 5, 0)
    read = read_shard(shard(entry(b"\4" * 32, b"\2" * 32), xorbs=block))
    assert read.files == {text(b"\1" * 32): (text(b"\4" * 32), [Term(text(b"\2" * 32), 5, 0, 1)])}
    assert read.blocks == {text(b"\2" * 32): (block, [text(b"\3" * 32)])}
    assert read_shard(write_shard(block)).blocks == read.blocks


def test_a_hash_is_four_little_endian_words():
    words = ("0706050403020100", "0f0e0d0c0b0a0908", "1716151413121110", "1f1e1d1c1b1a1918")
    assert text(bytes(range(32))) == "".join(words)


@pytest.mark.parametrize("body", [b"\1" * 20, b"\0\4\0\0\0\4\0\0abc", b"\0\0\0"], ids=["version", "short chunk", "short head"])
def test_what_is_no_xorb(body):
    with pytest.raises((ValueError, IndexError)):
        read_xorb(body)


@pytest.mark.parametrize(
    ("path", "body", "token", "status"),
    [
        ("/v1/xorbs/default/" + "0" * 64, b"\1" * 20, "write", 400),
        ("/v2/shards", b"nothing", "write", 400),
        ("/v2/shards", shard(entry(ZERO))[:100], "write", 400),  # cut short
        ("/v2/shards", shard(entry(ZERO)), "write", 400),  # of a xorb that never came
        ("/v2/shards", shard(), "read", 403),
        ("/v2/shards", shard(), "none", 401),
        ("/v2/shards", shard(), "write", 200),
    ],
    ids=["no xorb", "no shard", "cut short", "xorb missing", "reading token", "wrong token", "sound"],
)
def test_what_is_refused(hub, path, body, token, status):
    headers = {"Authorization": f"Bearer xet-of-this-hub-{token}"}
    assert httpx2.post(hub.cas.url + path, content=body, headers=headers).status_code == status


def test_a_file_whose_sha256_is_another_is_refused(hub):
    headers = {"Authorization": "Bearer xet-of-this-hub-write"}
    xorb = b"\0\5\0\0\0\5\0\0hello"
    assert httpx2.post(f"{hub.cas.url}/v1/xorbs/default/{text(ZERO)}", content=xorb, headers=headers).json() == {"was_inserted": True}
    answer = httpx2.post(f"{hub.cas.url}/v2/shards", content=shard(entry(b"\4" * 32)), headers=headers)
    assert (answer.status_code, hub.objects) == (400, {})
    assert "another sha256" in answer.json()["error"]


def test_what_a_hub_that_ended_stored_is_sent_again_to_the_next_on_its_port(hub, writer):
    """The client keeps in mind which chunks an address has; the Hub of `make hub PORT=8000` forgets them."""
    port = 0
    for _ in range(2):
        with Hub(port) as other:
            other.writers["write-token"], port = "owner", urlsplit(other.url).port or 0
            api = HfApi(endpoint=other.url)
            api.create_repo(NAME, repo_type="dataset")
            commit(api, NOISE)
            assert stored(other) > len(NOISE)
