"""The history gives back any state, and the events of a crawl are those of what it found."""

import os
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.census import CARDS, Account, Query
from schemas.errors import RecipeError, WarehouseError
from tasks.census.compare import changes, counters, events, kept
from tasks.census.history import History
from tasks.census.journal import listed
from tests.tasks.census.records import record, state

START = datetime(2026, 3, 1, tzinfo=UTC)
KO, KOR = "language:ko", "language:kor"
NO_CARDS = pl.DataFrame(schema=pl.Schema(CARDS))


def found(**datasets):
    """Datasets as crawl.together has them: name=(tags, downloads, listings)."""
    frames = [
        listed([{"id": f"o/{name}", **record(0, tags=list(tags), downloads=downloads)}], each)
        for name, (tags, downloads, under) in datasets.items()
        for each in under
    ]
    rows = pl.concat([listed([], ""), *frames])
    return rows.group_by(pl.exclude("under")).agg(pl.col("under").sort()).sort("id")


def add(history, rows, failed=(), cards=NO_CARDS):
    number = history.last() + 1
    account = Account(query=Query(languages=["ko"], endpoint="http://x"), listings=(), pages=1, cards=0, found=rows.height, kept=0)
    made = events(history.state(removed=True), rows, cards, failed)
    history.append(made, number, START + timedelta(days=number), f"{number:016}", account)
    return dict(made.select("id", "event").rows())


dataset = st.none() | st.tuples(
    st.sampled_from(["license:mit", "license:other"]), st.integers(0, 3), st.sets(st.sampled_from([KO, KOR]), min_size=1)
)
hub = st.fixed_dictionaries(dict.fromkeys("abcd", dataset))


@settings(max_examples=10)
@given(st.lists(st.tuples(hub, st.sets(st.sampled_from([KO, KOR]))), min_size=1, max_size=5))
def test_every_state_is_as_an_observer_wrote_it_down(scratch, crawls):
    """Each crawl sees a Hub, less what only the listings that failed have; the observer keeps a plain table."""
    history = History(scratch / f"{len(list(scratch.iterdir()))}")
    table, told = {}, []
    for day, (datasets, failed) in enumerate(crawls, 1):
        seen = {
            name: (tag, downs, under - failed) for name, row in datasets.items() if row for tag, downs, under in [row] if under - failed
        }
        rows = found(**{name: ([KO, tag], downs, sorted(under)) for name, (tag, downs, under) in seen.items()})
        add(history, rows, sorted(failed))
        for name in list(table):
            if name not in seen and not table[name]["under"] & failed:
                del table[name]
        for name, (tag, downs, under) in seen.items():
            old = table.get(name)
            table[name] = {"tag": tag, "downs": downs, "last": day, "under": under | (old["under"] & failed if old else set())}
        told.append({name: (row["tag"], row["downs"], row["last"]) for name, row in table.items()})
    for number, expected in enumerate(told, 1):
        rows = history.state(number).rows(named=True)
        assert {r["id"][2:]: (r["tags"][1], r["downloads"], (r["last_seen"] - START).days) for r in rows} == expected
    assert history.counts()["datasets"].to_list() == [len(each) for each in told]


def test_the_events_of_two_crawls(tmp_path):
    history = History(tmp_path)
    first = found(same=([KO], 1, [KO]), moved=([KO, "license:mit"], 1, [KO]), gone=([KO], 1, [KO]), counted=([KO], 1, [KO]))
    assert set(add(history, first).values()) == {"new"}
    second = found(same=([KO], 1, [KO]), moved=([KO, "license:apache-2.0"], 1, [KO]), come=([KO], 1, [KO]), counted=([KO], 9, [KO]))
    assert add(history, second) == {"o/same": "seen", "o/moved": "changed", "o/gone": "removed", "o/come": "new", "o/counted": "seen"}
    assert changes(history.state(1), history.state(2)).rows() == [
        ("o/come", "new", None, None, None),
        ("o/gone", "removed", None, None, None),
        ("o/moved", "changed", "licences", "mit", "apache-2.0"),
    ]
    assert counters(history.state(1), history.state(2)).rows() == [("o/counted", 1, 9)], "a counter is no change"
    assert add(history, first)["o/gone"] == "returned"
    gone = history.state(2, removed=True).filter(pl.col("removed").is_not_null())
    assert gone.select("id", "first_seen", "last_seen", "removed").rows() == [
        ("o/gone", START + timedelta(days=1), START + timedelta(days=1), START + timedelta(days=2))
    ]


def test_the_unseen_is_not_removed(tmp_path):
    """The list of kor failed: what was known under it alone may be there; what was under ko, which is complete, is gone."""
    history = History(tmp_path)
    add(history, found(a=([KO], 1, [KO]), b=([KO], 2, [KOR]), c=([KO], 3, [KO, KOR])))
    rows = found(a=([KO], 5, [KO]))
    assert kept(history.state(), rows, [KOR]) == 2
    assert add(history, rows, [KOR]) == {"o/a": "seen"}
    assert dict(history.state().select("id", "downloads").rows()) == {"o/a": 5, "o/b": 2, "o/c": 3}
    assert add(history, rows) == {"o/a": "seen", "o/b": "removed", "o/c": "removed"}


def test_a_card_that_is_read_is_no_change_of_the_dataset(tmp_path):
    history, rows = History(tmp_path), found(a=([KO], 1, [KO]))

    def card(*sections):
        values = {"id": ["o/a"], "card_sha": ["0"], "card_digest": ["x"], "card_words": [9], "card_sections": [list(sections)]}
        return pl.DataFrame(values, schema=pl.Schema(CARDS))

    add(history, rows)
    assert add(history, rows, cards=card("uses")) == {"o/a": "noted"}
    assert add(history, rows) == {"o/a": "seen"}
    assert history.state()["card_sections"].to_list() == [["uses"]], "what was read stays"
    assert add(history, rows, cards=card("uses", "citation")) == {"o/a": "changed"}
    assert changes(history.state(3), history.state(4)).rows() == [("o/a", "changed", "card_sections", "uses", "uses, citation")]
    assert changes(history.state(1), history.state(3)).is_empty()


def test_another_name_of_the_same_language_is_noted_and_no_change(tmp_path):
    history = History(tmp_path)
    add(history, found(a=([KO], 1, [KO])))
    assert add(history, found(a=([KOR], 1, [KOR]))) == {"o/a": "noted"}
    assert history.state()["tags"].to_list() == [[KOR]]
    assert history.state(1)["tags"].to_list() == [[KO]]
    assert changes(history.state(1), history.state(2)).is_empty()


def test_no_snapshot_and_a_damaged_table(tmp_path):
    history = History(tmp_path / "h")
    assert history.last() == 0
    assert history.state().is_empty()
    with pytest.raises(RecipeError, match="there are none yet"):
        history.account(1)
    add(history, found(a=([KO], 1, [KO])))
    with pytest.raises(RecipeError, match=r"no snapshot 2 in .*; there are 1 to 1"):
        history.account(2)
    for log in (tmp_path / "h/_delta_log").glob("*.json"):
        log.write_text("not json")
    with pytest.raises(WarehouseError, match="census history"):
        history.state()


def test_order_of_tags_is_no_change():
    one, other = (state({"id": "a/b", "tags": tags}) for tags in ([KO, "x"], ["x", KO]))
    assert changes(one, other).is_empty()


def test_what_a_killed_crawl_left_behind_goes_and_no_snapshot_does(tmp_path):
    history = History(tmp_path / "history")
    for downloads in (1, 2):
        add(history, found(a=([KO], downloads, [KO])))
    before = [history.state(number) for number in (1, 2)]
    left = tmp_path / "history" / "left.parquet"
    left.write_bytes(b"PAR1")
    for path in tmp_path.rglob("*"):
        os.utime(path, (0, 0))
    freed = history.vacuum()
    assert not left.exists()
    assert freed.bytes >= 4
    assert all(history.state(number).equals(old) for number, old in zip((1, 2), before, strict=True))
    assert history.snapshots().height == 2
    add(history, found(a=([KO], 3, [KO])))
    assert history.last() == 3
