"""The real client of huggingface_hub against the Hub of tests/hub."""

import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub import constants

from schemas.errors import IntegrityError, SourceError
from schemas.sources import HubSource
from tasks import fetch
from tasks.read import digest, hub_listing, pinned, reader
from tests.hub.faults import Fault


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """Seconds that were waited for the Hub, without waiting."""
    seconds = []
    for module in (hub_listing, fetch):
        monkeypatch.setattr(module, "PATIENCE", replace(fetch.PATIENCE, sleep=seconds.append))
    return seconds


LINES = '{"id": "a", "text": "One."}\n{"id": "b", "text": "Two."}\n'


def source(**changes):
    return HubSource(format="hub", repo="owner/name", **changes)


def rows_of(reader, rows=1000):
    return {split: [row for part in reader.parts(split, rows) for row in part.table.to_pylist()] for split in reader.splits()}


def parquet(*texts):
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"id": [str(i) for i in range(len(texts))], "text": list(texts)}), sink)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("train.jsonl", LINES),
        ("train.csv", "id,text\na,One.\nb,Two.\n"),
        ("train.tsv", "id\ttext\na\tOne.\nb\tTwo.\n"),
        ("data/train-00000-of-00001.parquet", parquet("One.", "Two.")),  # lies in LFS: a redirect
        ("data/fin/train.parquet.gzip", parquet("One.", "Two.")),
    ],
)
def test_files_of_a_repository_are_read_as_any_others(hub, name, content):
    hub.commit("owner/name", {name: content, "README.md": "# A card", "load.py": "raise SystemExit"})
    assert [row["text"] for row in rows_of(reader(source()))["train"]] == ["One.", "Two."]
    assert hub.asked("load.py") == 0


def test_parts_go_on_over_files(hub):
    files = {f"data/train-{i:05d}-of-00003.parquet": parquet(*(f"{i}-{j}" for j in range(3))) for i in range(3)}
    hub.commit("owner/name", files)
    parts = list(reader(source()).parts("train", 4))
    assert [part.rows_in for part in parts] == [4, 4, 1]
    assert parts[1].where[1] == ("train-00001-of-00003.parquet", 3)


def test_the_card_names_configs_and_splits(hub):
    card = "---\nconfigs:\n- config_name: fin\n  data_files:\n  - {split: dev, path: fin/*}\n- config_name: swa\n---\n"
    hub.commit("owner/name", {"README.md": card, "fin/x.jsonl": LINES, "swa/x.jsonl": "{}"})
    assert list(rows_of(reader(source(config="fin")))) == ["dev"]
    with pytest.raises(SourceError, match="owner/name has 2 configs and no default: fin, swa"):
        rows_of(reader(source()))


def test_a_source_is_pinned_to_the_commit_of_its_revision(hub):
    first = hub.commit("owner/name", {"train.jsonl": LINES}, tag="v1.0")
    second = hub.commit("owner/name", {"train.jsonl": '{"id": "c", "text": "Three."}\n'})
    assert pinned(source()).name == f"owner/name@{second}"
    assert pinned(source(revision="v1.0")).revision == first
    old, new = (pinned(source(revision=revision)) for revision in ("v1.0", "main"))
    hub.commit("owner/name", {"train.jsonl": "{}"})  # main moves on
    assert [row["text"] for row in rows_of(reader(old))["train"]] == ["One.", "Two."]
    assert [row["text"] for row in rows_of(reader(new))["train"]] == ["Three."]
    asked = len(hub.requests)
    assert pinned(new) == new
    assert len(hub.requests) == asked, "a commit asks nobody"
    assert pinned(HubSource(format="hub", repo="owner/name", revision=first)) == old


def test_the_digest_is_of_the_files_alone(hub):
    """A commit that changes the card gives no new data."""
    digests = []
    for card, text in (("a", LINES), ("b", LINES), ("b", LINES.replace("One", "Uno"))):
        hub.commit("owner/name", {"README.md": card, "train.jsonl": text})
        digests.append(digest(reader(pinned(source()))))
    assert digests[0] == digests[1] != digests[2]


def test_files_are_fetched_once(hub):
    hub.commit("owner/name", {"train.parquet": parquet("One.")})
    for _ in range(2):
        rows_of(reader(source()))
    assert hub.asked("/lfs/") <= 2  # HEAD and GET of the first time
    assert [method for method, path in hub.requests if "/lfs/" in path].count("GET") == 1


def test_a_damaged_file_in_the_cache_is_an_error(hub):
    hub.commit("owner/name", {"train.parquet": parquet("One.")})
    (file,) = reader(source()).splits()["train"]
    Path(file).resolve().write_bytes(b"PAR1")
    with pytest.raises(IntegrityError, match=r"train\.parquet in the cache is not what the Hub has\. Delete .* and run again"):
        rows_of(reader(source()))


@pytest.mark.parametrize("token", [None, "other", "mine"])
@pytest.mark.parametrize("kind", ["gated", "private"])
def test_who_may_read_what(hub, monkeypatch, kind, token):
    hub.commit("owner/name", {"train.jsonl": LINES}, **{kind: True})
    hub.tokens = {"other": set(), "mine": {"owner/name"}}
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    if token == "mine":
        assert len(rows_of(reader(source()))["train"]) == 2
        return
    with pytest.raises(SourceError) as error:
        rows_of(reader(source()))
    wanted = "the dataset is gated. Ask for access at" if kind == "gated" else "no such dataset at"
    assert wanted in str(error.value)
    assert "HF_TOKEN" in str(error.value)
    assert token is None or token not in str(error.value)


@pytest.mark.parametrize(
    ("changes", "broken", "message"),
    [
        ({"repo": "owner/nothing"}, {}, r"owner/nothing: no such dataset at http://127\.0\.0\.1:\d+, or it is private"),
        ({"repo": "owner/a--b"}, {}, "owner/a--b: no name that a dataset can have"),
        ({"revision": "v9"}, {}, r"owner/name@v9: no revision 'v9'\. See the branches, tags and commits at http"),
        ({}, {"/api": 500}, r"the Hub answered 500\. Run again later"),
        ({}, {"/api": 429}, r"too many requests \(429\)\. Wait five minutes"),
        ({}, {"/api": 403}, r"the Hub refused the token \(403\)\. Set HF_TOKEN"),
        ({}, {"/datasets": 403}, r"owner/name: train\.jsonl: the Hub refused the token \(403\)"),
    ],
)
def test_a_refusal_says_the_way_out(hub, changes, broken, message):
    hub.commit("owner/name", {"train.jsonl": LINES})
    hub.faults = [Fault("", f"^{path}", status, times=100) for path, status in broken.items()]
    with pytest.raises(SourceError, match=message):
        rows_of(reader(HubSource.model_validate({"format": "hub", "repo": "owner/name", **changes})))


def test_a_wrong_token_is_told(hub, monkeypatch):
    hub.commit("owner/name", {"train.jsonl": LINES})
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with pytest.raises(SourceError) as error:
        pinned(source())
    assert "hf_secret" not in str(error.value)
    assert "HF_TOKEN" in str(error.value)


def test_without_a_network(hub, monkeypatch):
    hub.commit("owner/name", {"train.jsonl": LINES})
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(SourceError, match=r"cannot be reached \(ConnectError\)\. Check the network and HF_ENDPOINT"):
            pinned(source())
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(SourceError, match="HF_HUB_OFFLINE is set"):
        pinned(source())


def test_the_environment_names_the_hub(hub, tmp_path):
    """As a user has it: HF_ENDPOINT and HF_HOME, read by the client when it is imported."""
    sha = hub.commit("owner/name", {"train.jsonl": LINES})
    program = (
        "from schemas.sources import HubSource; from tasks.read import pinned, reader\n"
        "source = pinned(HubSource(format='hub', repo='owner/name'))\n"
        "print(source.name, sum(part.rows_in for part in reader(source).parts('train', 1)))"
    )
    environment = os.environ | {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf")}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == f"owner/name@{sha} 2\n"
    assert list((tmp_path / "hf/hub").glob("datasets--owner--name/snapshots/*/train.jsonl"))
