import polars as pl
import pytest

from schemas.census import Query
from schemas.errors import SourceError
from tasks.census.budget import Budget
from tasks.census.crawl import crawl, together
from tasks.census.journal import Journal
from tasks.patience import Patience
from tests.hub.faults import Fault, used_up
from tests.tasks.census.records import fill, record

QUICK = Patience(tries=3, first=0.01, longest=0.01)


@pytest.fixture
def ask(hub, tmp_path):
    """ask(**query): the journal and the listings of a crawl in pages of 10."""

    def run(patience=QUICK, budget=None, **query):
        wanted = Query.model_validate({"languages": ["ko"], "endpoint": hub.url, **query})
        journal = Journal(tmp_path / "crawl", wanted)
        return journal, crawl(wanted, journal, budget or Budget(500), patience, lambda _: None, 10)

    return run


def names(journal):
    return set(together(journal)["id"])


def test_the_union_of_all_aliases_each_dataset_once(hub, ask):
    fill(hub, {f"o/d{i}": record(i) for i in range(25)})
    hub.records["o/kor"] = record(30, tags=["language:kor"])
    hub.records["o/both"] = record(31, tags=["language:kor", "language:Korean", "korean"])
    hub.records["o/other"] = record(32, tags=["language:ja"])
    journal, listings = ask()
    assert names(journal) == {*(f"o/d{i}" for i in range(25)), "o/kor", "o/both"}
    both = together(journal).row(by_predicate=pl.col("id") == "o/both", named=True)
    assert both["under"] == ["korean", "language:Korean", "language:kor"]
    assert {" ".join(each.filters): each.found for each in listings if each.found} == {
        "language:ko": 25,
        "language:kor": 2,
        "language:Korean": 1,
        "korean": 1,
    }
    assert hub.asked("/api/datasets") == 9 + 2, "a call for each alias, and for two more pages"
    assert not hub.asked("/api/datasets/"), "no call for a dataset"


def test_pages_that_came_are_not_asked_for_again(hub, ask):
    fill(hub, {f"o/d{i}": record(i) for i in range(35)})
    hub.faults.append(Fault("GET", "cursor", 500, nth=3, times=99))
    _, listings = ask()
    assert [(each.found, each.failed) for each in listings[:2]] == [(30, "the Hub answered 500"), (0, None)]
    hub.faults.clear()
    hub.requests.clear()
    _, listings = ask()
    assert listings[0].found == 35
    assert hub.asked("/api/datasets") == 1, "the page that had not come"


def test_what_comes_and_goes_while_it_is_crawled(hub, ask):
    """Created meanwhile: found by the next crawl. Nothing that was there before and still is, is missed."""
    fill(hub, {f"o/d{i}": record(i) for i in range(35)})
    hub.faults.append(Fault("GET", "cursor", 400 + 29, nth=2, times=99, headers=used_up(0)))
    ask(Patience(tries=1))
    hub.faults.clear()
    hub.records["o/new"] = record(27, createdAt="2026-01-01T00:00:00.000Z")
    del hub.records["o/d1"], hub.records["o/d27"]  # of a page to come, and of one that came
    journal, _ = ask()
    assert names(journal) == {f"o/d{i}" for i in range(35)} - {"o/d1"}


def test_a_place_in_the_list_that_is_no_longer_known(hub, ask):
    fill(hub, {f"o/d{i}": record(i) for i in range(25)})
    hub.faults.append(Fault("GET", "cursor", 500, times=99))
    ask(Patience(tries=1))
    hub.faults[:] = [Fault("GET", "cursor", 400)]
    journal, listings = ask()
    assert listings[0].found == 25
    assert names(journal) == set(hub.records)


def test_a_hub_that_refuses_its_own_links(hub, ask):
    fill(hub, {f"o/d{i}": record(i) for i in range(25)})
    hub.faults.append(Fault("GET", "cursor", 400, times=99))
    with pytest.raises(SourceError, match="answered 400"):
        ask()


@pytest.mark.parametrize("kind", [429, 500, 503, "reset", "half"])
def test_a_fault_in_passing_leaves_no_trace(hub, ask, kind):
    fill(hub, {f"o/d{i}": record(i) for i in range(25)})
    hub.faults.append(Fault("GET", "/api/datasets", kind, nth=2, headers={"Retry-After": "0"} if kind == 429 else {}))
    journal, listings = ask()
    assert not any(each.failed for each in listings)
    assert names(journal) == set(hub.records)


def test_after_a_failure_the_others_are_tried_once(hub, ask):
    fill(hub, {"o/d": record()})
    hub.faults.append(Fault("GET", "language%3Ako&", 500, times=99))
    hub.faults.append(Fault("GET", "language%3Akor&", 500, times=99))
    _, listings = ask()
    assert [bool(each.failed) for each in listings[:3]] == [True, True, False]
    assert [fault.struck for fault in hub.faults] == [3, 1]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("GET", "/api/datasets", 500, times=999), "no page came: the Hub answered 500"),
        (Fault("GET", "/api/datasets", 401, times=999), "refused the token"),
        (Fault("GET", "/api/datasets", 404, times=999), "is the endpoint a Hub"),
    ],
)
def test_no_hub_no_census(hub, ask, fault, words):
    hub.faults.append(fault)
    with pytest.raises(SourceError, match=words):
        ask()


def test_the_window_of_the_hub_is_kept(hub, ask):
    fill(hub, {f"o/d{i}": record(i) for i in range(95)})
    now = [0.0]
    hub.clock = lambda: now[0]
    hub.windows["api"].quota = 5
    waits = []

    def sleep(seconds):
        waits.append(seconds)
        now[0] += seconds

    _, listings = ask(budget=Budget(500, clock=hub.clock, sleep=sleep))
    assert listings[0].found == 95
    assert hub.asked("/api/datasets") == 18, "none was refused"
    assert len(waits) == 3


def test_a_link_to_another_host_is_not_followed(hub, ask):
    """It would be given the token."""
    fill(hub, {f"o/d{i}": record(i) for i in range(25)})
    hub.url = "http://elsewhere.invalid"
    here = f"http://127.0.0.1:{hub._server.server_port}"
    with pytest.raises(SourceError, match=r"the next page is elsewhere: http://elsewhere\.invalid"):
        ask(endpoint=here)


def test_limit_takes_the_most_downloaded(hub, ask):
    fill(hub, {f"o/d{i}": record(i) for i in range(25)})
    journal, _ = ask(limit=12)
    assert names(journal) == {f"o/d{i}" for i in range(13, 25)}
