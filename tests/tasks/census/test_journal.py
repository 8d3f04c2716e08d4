from datetime import UTC, datetime, timedelta

import pytest

from schemas.census import LISTED, Query
from tasks.census.journal import Journal, listed
from tests.tasks.census.records import record

THEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
QUERY = Query(languages=["ko"], endpoint="https://huggingface.co")


@pytest.mark.parametrize(
    ("query", "later", "goes_on"),
    [
        (QUERY, timedelta(hours=23), True),
        (QUERY, timedelta(hours=25), False),  # its pages would be of two days
        (QUERY.model_copy(update={"modality": "text"}), timedelta(), False),
    ],
)
def test_a_crawl_goes_on_if_it_asks_the_same(tmp_path, query, later, goes_on):
    first = Journal(tmp_path / "crawl", QUERY, THEN)
    first.add(0, 0, [{"id": "a/b", **record()}], "language:ko", "http://next")
    again = Journal(tmp_path / "crawl", query, THEN + later)
    assert (again.mark == first.mark) == goes_on
    assert [page.next for page in again.pages(0)] == (["http://next"] if goes_on else [])


def test_what_a_kill_left_half_done_is_not_there(tmp_path):
    journal = Journal(tmp_path / "crawl", QUERY, THEN)
    journal.add(0, 0, [{"id": "a/b", **record()}], "language:ko", None)
    (tmp_path / "crawl/0/000001.part").write_bytes(b"half a page")
    journal.add_card({"id": "a/b", "card_sha": "0", "card_digest": "d", "card_words": 1, "card_sections": ["uses"]})
    with (tmp_path / "crawl/cards.jsonl").open("a") as file:
        file.write('\n{"id": "a/c", "card_s')
    again = Journal(tmp_path / "crawl", QUERY, THEN)
    assert again.records().collect()["id"].to_list() == ["a/b"]
    assert again.cards()["id"].to_list() == ["a/b"]
    again.add_card({"id": "a/d", "card_sha": "0", "card_digest": None, "card_words": 0, "card_sections": []})
    assert again.cards()["id"].to_list() == ["a/b", "a/d"]
    (tmp_path / "crawl/crawl.json").write_text('{"began"')
    assert Journal(tmp_path / "crawl", QUERY, THEN).pages(0) == []


@pytest.mark.parametrize(
    ("given", "column", "value"),
    [
        ({"gated": False}, "gated", "no"),
        ({"gated": "manual"}, "gated", "manual"),
        ({"tags": ["b", "a", "a", None, 3]}, "tags", ["a", "b"]),
        ({"tags": None}, "tags", []),
        ({"createdAt": "2025-09-15T10:17:55.123Z"}, "created", datetime(2025, 9, 15, 10, 17, 55, 123000, UTC)),
        ({"createdAt": "yesterday"}, "created", None),
        ({"downloads": None}, "downloads", None),
        ({"author": None}, "author", "owner"),
    ],
)
def test_records_as_they_come(given, column, value):
    rows = listed([{"id": "owner/name", **record(), **given}, {"no": "id"}], "language:ko")
    assert rows.columns == LISTED.names
    assert rows[column].to_list() == [value]
