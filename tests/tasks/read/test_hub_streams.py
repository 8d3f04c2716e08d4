"""Files of the Hub come one after the other, only as many as are read, and go on where they were broken off."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import constants

from schemas.errors import SourceError
from schemas.recipe_file import parse
from schemas.sources import HubSource
from tasks import fetch
from tasks.read import digest, hub_listing, pinned, reader
from tasks.stage import stage
from tests.hub.faults import Fault, retry_after, used_up

ROWS = 10


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """Seconds that were waited for lists, without waiting."""
    seconds = []
    for module in (hub_listing, fetch):
        monkeypatch.setattr(module, "PATIENCE", replace(fetch.PATIENCE, sleep=seconds.append))
    return seconds


def shard(number, word="row"):
    return "".join(f'{{"id": "{number}-{i}", "text": "{word} {i} of {number}."}}\n' for i in range(ROWS))


def name(number):
    return f"data/train-{number:05d}-of-00004.jsonl"


@pytest.fixture
def four(hub):
    """A repository with four files of a split, and what a build never asks for."""
    others = {
        "README.md": "---\nlicense: [cc-by-sa-4.0, mit]\n---\n",
        "load.py": "raise SystemExit",
        "data/test-00000-of-00001.jsonl": shard(9),
    }
    hub.commit("owner/name", {name(i): shard(i) for i in range(4)} | others)
    return hub


def source(**changes):
    return HubSource(format="hub", repo="owner/name", **{"split": "train", **changes})


def fetched(hub):
    """The files that were asked for, in order."""
    return [path.rpartition("/")[2] for method, path in hub.requests if method == "GET" and "/resolve/" in path]


def until(true):
    for _ in range(1000):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("not within 10 s")


def ids(parts):
    return [row["id"] for part in parts for row in part.table.to_pylist()]


def test_only_what_is_read_is_fetched(four):
    opened = reader(source(), limit=ROWS)
    digest(opened)
    assert fetched(four) == [], "names and hashes are on the list"
    parts = opened.parts("train", ROWS // 2)
    assert ids([next(parts)]) == [f"0-{i}" for i in range(5)]
    assert ids([next(parts)]) == [f"0-{i}" for i in range(5, 10)]
    assert fetched(four) == [Path(name(0)).name]
    assert ids(parts)[-1] == "3-9"
    assert fetched(four) == [Path(name(i)).name for i in range(4)]


def test_the_next_file_is_fetched_while_one_is_read(four):
    parts = reader(source()).parts("train", 2)
    next(parts)
    assert len(fetched(four)) == 1, "who stops at the first part has asked for one file"
    next(parts)
    until(lambda: len(fetched(four)) == 2)
    next(parts)
    time.sleep(0.05)
    assert len(fetched(four)) == 2, "and no more than one ahead"
    rest = ids(parts)
    assert (len(rest), rest[-1]) == (34, "3-9")
    assert fetched(four) == [Path(name(i)).name for i in range(4)]


def test_a_fetch_ahead_that_fails_is_tried_again(four):
    four.faults.append(Fault("GET", r"00001-of-00004", 500))
    assert len(ids(reader(source()).parts("train", 2))) == 4 * ROWS


@pytest.mark.parametrize(("limit", "files"), [(5, 1), (10, 1), (11, 2), (40, 4), (None, 4)])
def test_a_limited_build_asks_for_the_files_it_needs(four, tmp_path, limit, files):
    recipe = parse(
        {
            "name": "trial",
            "title": "A trial",
            "language": "eng_Latn",
            "fields": ["text"],
            "source": {"format": "hub", "repo": "owner/name", "split": "train"},
            "translate": {"engine": "echo", "into": ["fin_Latn"]},
        }
    )
    recipe = recipe.model_copy(update={"source": pinned(recipe.source)})
    assert len(four.requests) == 1, "the revision, its files and its card at once"
    plan, _ = stage(recipe, tmp_path / "a", limit)
    assert sum(r.rows_in for r in plan.splits["train"]) == min(limit or 40, 40)
    assert len(fetched(four)) == files
    assert len(four.requests) == 1 + 2 * files  # the bytes; and what the client asks before it links them
    asked = len(four.requests)
    assert pinned(source()).revision == recipe.source.revision
    again, _ = stage(recipe, tmp_path / "b", limit)
    assert again == plan
    assert len(four.requests) == asked + 1, "the second time the revision alone"


def test_a_commit_that_was_read_needs_no_network(four, monkeypatch):
    once = pinned(source())
    list(reader(once).parts("train", 100))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert pinned(HubSource(format="hub", repo="owner/name", split="train", revision=once.revision)) == once
    assert len(ids(reader(once).parts("train", 100))) == 4 * ROWS
    with pytest.raises(SourceError, match="HF_HUB_OFFLINE is set, and the cache lacks what is asked for"):
        pinned(source())


def test_the_licence_is_that_of_the_card(four):
    assert pinned(source()).license == "cc-by-sa-4.0, mit"
    assert pinned(source(license="cc0-1.0")).license == "cc0-1.0", "the recipe knows better"
    sha = four.commit("owner/other", {"train.jsonl": shard(0), "README.md": "---\nlicense: 5\n---\n"})
    assert pinned(HubSource(format="hub", repo="owner/other", revision=sha)).license is None


def test_main_moves_between_two_files(four):
    """The commit counts that main named when the source was pinned."""
    parts = reader(pinned(source()), limit=40).parts("train", ROWS)
    first = next(parts)
    four.commit("owner/name", {name(i): shard(i, "other") for i in range(4)})
    texts = [row["text"] for part in (first, *parts) for row in part.table.to_pylist()]
    assert len(texts) == 40
    assert not any(text.startswith("other") for text in texts)


def test_a_commit_that_is_gone(four):
    once = pinned(source())
    four.repos["owner/name"].commits.pop(once.revision)  # as after a squash
    with pytest.raises(SourceError, match=rf"no revision '{once.revision}'\. See the branches, tags and commits"):
        list(reader(once).parts("train", 10))


@pytest.mark.parametrize(
    ("headers", "wait"), [(retry_after(7), 8), (used_up(55), 56), ({}, 0.5)], ids=["Retry-After", "RateLimit", "no word"]
)
def test_the_hub_says_when_to_come_again(four, waits, headers, wait):
    four.faults.append(Fault("GET", "/api/datasets/owner/name", 429, headers=headers))
    assert pinned(source()).revision
    (waited,) = waits
    assert wait <= waited <= wait * 1.25 + 1


def test_who_is_refused_for_good_is_told(four, waits):
    four.faults.append(Fault("GET", "/api/datasets/owner/name", 429, times=99, headers=retry_after(5)))
    with pytest.raises(SourceError, match=r"too many requests \(429\)\. Wait five minutes, or set HF_TOKEN"):
        pinned(source())
    assert len(waits) == 2
