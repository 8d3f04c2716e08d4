"""A census over the loopback Hub: two crawls and what changed, a kill, a failed page."""

import signal
import subprocess
import sys
import time
from datetime import timedelta

import polars as pl
import pytest

from flows.census import Options, census
from schemas.census import Query
from schemas.errors import WarehouseError
from tasks.census.history import History
from tasks.patience import Patience
from tests.hub.faults import Fault
from tests.tasks.census.records import NOW, fill, korean, record

QUICK = Patience(tries=2, first=0.01, longest=0.01)
TIMES = ["first_seen", "last_seen"]


def run(hub, home, day=0, **how):
    query = Query.model_validate({"languages": ["ko"], "endpoint": hub.url, **how.pop("query", {})})
    return census(query, home, Options(**{"cards": 0, "page": 100, "patience": QUICK, "now": NOW + timedelta(days=day), **how}))


def table(path):
    return pl.read_parquet(path / "census/*.parquet").drop(TIMES)


def twenty_seven(hub):
    """27 changes: 5 new, 3 removed, 8 other licences, 6 new commits, 5 now gated; and counters, which are none."""
    names = sorted(hub.records)
    for i in range(5):
        hub.records[f"new/one-{i}"] = record(9000 + i)
    for name in names[:3]:
        del hub.records[name]
    for name in names[10:18]:
        hub.records[name]["tags"] = [tag for tag in hub.records[name]["tags"] if not tag.startswith("license:")] + ["license:odbl"]
    for name in names[20:26]:
        hub.records[name] |= {"sha": "f" * 40, "lastModified": "2026-03-02T00:00:00.000Z"}
    for name in names[30:35]:
        hub.records[name]["gated"] = "manual"
    for name in names[100:400]:
        hub.records[name]["downloads"] += 7
    return names


def test_the_real_records_twice(hub, tmp_path, shared):
    fill(hub, korean(shared))
    hub.windows["api"].quota = 500
    first = run(hub, tmp_path)
    account = first.snapshot.account
    assert (account.found, account.pages, first.calls) == (1354, 22, 22), "a call for each alias, and 13 more pages of ko"
    assert {" ".join(each.filters): each.found for each in account.listings if each.found} == {"language:ko": 1354, "korean": 72}
    assert first.snapshot.census.filter(pl.col("licences").list.len() > 1).height == 4
    names = twenty_seven(hub)
    hub.requests.clear()
    second = run(hub, tmp_path, day=7)
    assert len(hub.requests) == 22
    assert second.snapshot.counts.select("datasets", "new", "removed", "changed").rows() == [(1354, 1354, 0, 0), (1356, 5, 3, 19)]
    rows = second.snapshot.changes
    assert rows.filter(pl.col("change") == "new")["id"].to_list() == [f"new/one-{i}" for i in range(5)]
    assert rows.filter(pl.col("change") == "removed")["id"].to_list() == names[:3]
    fields = rows.filter(pl.col("change") == "changed")
    assert set(fields["id"]) == {*names[10:18], *names[20:26], *names[30:35]}
    assert fields["field"].value_counts().sort("field").rows() == [("gated", 5), ("licences", 8), ("modified", 6), ("sha", 6)]
    assert second.path == tmp_path / f"releases/{second.snapshot.query.name}/1.2.0"
    assert first.path.is_dir(), "the version before stays"


def test_a_failed_page_keeps_the_old_data(hub, tmp_path):
    fill(hub, {f"o/d{i:02}": record(i) for i in range(25)})
    run(hub, tmp_path, page=10)
    for record_ in hub.records.values():
        record_["downloads"] += 1
    del hub.records["o/d03"]
    hub.faults.append(Fault("GET", "cursor", 500, times=99))
    second = run(hub, tmp_path, day=7, page=10)
    assert [listing.failed for listing in second.snapshot.account.listings if listing.failed] == ["the Hub answered 500"]
    assert (second.snapshot.account.found, second.snapshot.account.kept) == (10, 15)
    assert second.snapshot.census.height == 25, "what was not seen is not removed"
    assert second.snapshot.changes.is_empty()
    assert second.snapshot.census["last_seen"].n_unique() == 2
    hub.faults.clear()
    third = run(hub, tmp_path, day=14, page=10)
    assert third.snapshot.changes.select("id", "change").rows() == [("o/d03", "removed")]


def test_a_list_that_lost_most_is_believed_the_second_time(hub, tmp_path):
    """A Hub that is ill answers 200 with less; 60 of 200 datasets are no census of what was removed."""
    fill(hub, {f"o/d{i:03}": record(i) for i in range(200)})
    run(hub, tmp_path)
    for name in sorted(hub.records)[60:]:
        del hub.records[name]
    second = run(hub, tmp_path, day=7)
    assert second.snapshot.census.height == 200
    assert [each.failed for each in second.snapshot.account.listings if each.failed] == [
        "the list shrank by more than half, 60 of 200; believed if it is so again"
    ]
    assert second.snapshot.account.kept == 140
    third = run(hub, tmp_path, day=14)
    assert third.snapshot.census.height == 60
    assert third.snapshot.counts["removed"].to_list() == [0, 0, 140]


def test_cards_are_read_where_the_commit_changed(hub, tmp_path):
    for i in range(5):
        hub.commit(f"o/d{i}", {"README.md": "---\nlanguage: [ko]\n---\n## Uses\nMany.\n"})
        hub.records[f"o/d{i}"] = {"downloads": i, "tags": ["language:ko"]}
    assert [run(hub, tmp_path, day, cards=3).snapshot.account.cards for day in range(3)] == [3, 2, 0]
    hub.commit("o/d1", {"README.md": "---\nlanguage: [ko]\n---\n## Uses\nMany.\n## Citation\nUs.\n"})
    last = run(hub, tmp_path, day=3, cards=3)
    assert last.snapshot.account.cards == 1
    assert last.snapshot.changes.filter(pl.col("field") == "card_sections").select("id", "old", "new").rows() == [
        ("o/d1", "uses", "uses, citation")
    ]


CRAWL = """
import sys
from pathlib import Path
from types import SimpleNamespace
from tests.flows.test_census import run
run(SimpleNamespace(url=sys.argv[1]), Path(sys.argv[2]), cards=20, page=10)
"""


def digests(path):
    return {each.relative_to(path): each.read_bytes() for each in path.rglob("*") if each.is_file()}


@pytest.mark.parametrize("asked", [2, 6, 11, 25])
def test_after_kill_minus_nine_the_same_bytes(hub, tmp_path, asked):
    """Killed at its nth request: between pages of ko, at another alias, between pages of the last, between cards."""
    for i in range(20):
        hub.commit(f"o/d{i:02}", {"README.md": f"---\nlanguage: [ko]\n---\n## Uses\n{'word ' * i}\n"})
        hub.records[f"o/d{i:02}"] = record(i, tags=["language:ko", "korean"])
    whole = run(hub, tmp_path / "whole", cards=20, page=10)
    assert whole.calls == 11 + 20
    hub.requests.clear()
    hub.faults.append(Fault("GET", "", "slow", nth=asked, seconds=3))
    words = [sys.executable, "-c", CRAWL, hub.url, str(tmp_path / "killed")]
    crawl = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while len(hub.requests) < asked:
        assert crawl.poll() is None, crawl.stderr.read().decode()
        time.sleep(0.01)
    crawl.send_signal(signal.SIGKILL)
    crawl.communicate()
    assert not list((tmp_path / "killed/releases").glob("census-*/*")), "no half version"
    again = run(hub, tmp_path / "killed", cards=20, page=10)
    assert again.calls <= whole.calls - asked + 1, "only what was in flight is asked for again"
    assert digests(again.path) == digests(whole.path)
    assert again.snapshot.census.equals(whole.snapshot.census)


def test_a_snapshot_that_is_there_is_not_added_twice(hub, tmp_path):
    """Killed after the snapshot and before the release: the next run makes the release, without a call."""
    fill(hub, {"o/d": record()})
    (tmp_path / "releases").write_text("in the way")
    with pytest.raises(WarehouseError):
        run(hub, tmp_path)
    (tmp_path / "releases").unlink()
    hub.requests.clear()
    done = run(hub, tmp_path)
    assert not hub.requests
    assert done.snapshot.number == 1
    assert done.path.is_dir()
    assert run(hub, tmp_path, day=1).snapshot.number == 2


def test_two_at_once_one_is_told(hub, tmp_path):
    from flows.locks import alone

    fill(hub, {"o/d": record()})
    name = run(hub, tmp_path).snapshot.query.name
    with alone(tmp_path / "census" / name / ".lock", name), pytest.raises(WarehouseError, match=r"process \d+ on .* is at work on it"):
        run(hub, tmp_path)


def test_a_trial_enters_no_history(hub, tmp_path):
    fill(hub, {f"o/d{i}": record(i) for i in range(9)})
    done = run(hub, tmp_path, query={"limit": 4})
    assert done.path == tmp_path / "previews" / done.snapshot.query.name
    assert set(table(done.path)["id"]) == {f"o/d{i}" for i in range(5, 9)}
    assert History(tmp_path / "census" / done.snapshot.query.name / "history").last() == 0
    assert not (tmp_path / "releases").exists()
    assert run(hub, tmp_path, query={"limit": 2}).path == done.path, "it replaces the one before"


@pytest.mark.parametrize("query", [{}, {"languages": [], "author": "o"}])
def test_no_dataset_at_all(hub, tmp_path, query):
    done = run(hub, tmp_path, query=query)
    assert done.snapshot.census.is_empty()
    assert (done.path / "report.html").is_file()
    fill(hub, {"o/d": record()})
    assert run(hub, tmp_path, day=1, query=query).snapshot.changes["change"].to_list() == ["new"]


def test_the_token_goes_to_its_own_hub_alone(hub, tmp_path, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setenv("HF_TOKEN", "unknown-token")
    monkeypatch.setattr(constants, "ENDPOINT", "https://huggingface.co")
    fill(hub, {"o/d": record()})
    assert run(hub, tmp_path, cards=1).snapshot.census.height == 1, "with the token this Hub would have answered 401"
