"""The sentence of a census: crawl, read cards, add a snapshot, release."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import polars as pl

from flows.locks import alone
from schemas.census import Account, Listing, Query
from tasks.census.budget import FILES, LISTS, Budget
from tasks.census.cards import read_cards
from tasks.census.compare import doubted, events, failures, kept
from tasks.census.crawl import PAGE, crawl, together
from tasks.census.history import History
from tasks.census.journal import Journal
from tasks.census.release import release
from tasks.census.snapshot import Snapshot, snapshot, trial
from tasks.patience import Patience


@dataclass(frozen=True)
class Options:
    """How a crawl goes about it; none of it decides what is found."""

    cards: int = 500
    """README cards read at most, the most downloaded first; the rest is read by the crawls to come."""
    calls: int = LISTS
    """Calls for pages in a window of five minutes."""
    page: int = PAGE
    """Datasets of a page."""
    patience: Patience = field(default_factory=Patience)
    """With calls that fail in passing."""
    now: datetime | None = None
    """When a crawl begins; the clock's time if not given."""
    say: Callable[[str], None] = lambda _: None
    """Progress in words."""


@dataclass(frozen=True)
class Census:
    """A snapshot, where its release is, and how long it took."""

    snapshot: Snapshot
    path: Path
    calls: int
    """Requests to the Hub by this process, repeated ones included."""
    seconds: float


def census(query: Query, home: Path, options: Options | None = None) -> Census:
    """Count the datasets of a query; safe to run again after any interruption. With `limit` a trial, which enters no history."""
    options, start = options or Options(), time.monotonic()
    folder = home / "census" / query.name
    with alone(folder / ".lock", f"census {query.name}"):
        journal = Journal(folder / ("trial" if query.limit else "crawl"), query, options.now)
        if query.limit:
            made, calls = glance(query, journal, options)
            path = release(made, home / "previews", query.name)
        else:
            history = History(folder / "history")
            number, calls = add(query, journal, history, options)
            made = snapshot(history, number)
            path = release(made, home / "releases")
        journal.close()
    return Census(made, path, calls, time.monotonic() - start)


def add(query: Query, journal: Journal, history: History, options: Options) -> tuple[int, int]:
    """Crawl and add a snapshot to the history: its number, and the calls it took. What a killed crawl had added stays as it is."""
    if number := history.of(journal.mark):
        return number, 0
    found, listings, calls = pages(query, journal, options)
    known, last = history.state(removed=True), history.last()
    listings = doubted(listings, known, history.account(last).listings if last else ())
    failed = failures(listings)
    cards, asked = readmes(query, journal, found, known, options)
    account = accounted(query, journal, listings, found, kept(known, found, failed))
    history.append(events(known, found, cards, failed), last + 1, journal.began, journal.mark, account)
    return last + 1, calls + asked


def glance(query: Query, journal: Journal, options: Options) -> tuple[Snapshot, int]:
    """Crawl, and keep no history: a snapshot without number, and the calls it took."""
    found, listings, calls = pages(query, journal, options)
    cards, asked = readmes(query, journal, found, journal.cards(), options)
    return trial(found, cards, accounted(query, journal, listings, found, 0), journal.began), calls + asked


def pages(query: Query, journal: Journal, options: Options) -> tuple[pl.DataFrame, list[Listing], int]:
    """Every dataset that the listings have, what came of each listing, and the calls it took."""
    budget = Budget(options.calls, spent=journal.ages(), say=options.say)
    listings = crawl(query, journal, budget, replace(options.patience, say=options.say), options.say, options.page)
    return together(journal), listings, budget.made


def readmes(query: Query, journal: Journal, found: pl.DataFrame, known: pl.DataFrame, options: Options) -> tuple[pl.DataFrame, int]:
    """What is taken of the cards that are new or whose commit changed, the most downloaded first; and the calls it took."""
    read = pl.concat([cards.select("id", pl.col("card_sha").alias("sha")) for cards in (known, journal.cards())])
    wanted = found.select("id", "sha", "downloads").drop_nulls("sha").join(read, on=["id", "sha"], how="anti")
    wanted = wanted.sort("downloads", "id", descending=[True, False], nulls_last=True).head(max(options.cards - journal.cards().height, 0))
    budget = Budget(FILES, say=options.say)
    if wanted.height:
        options.say(f"reading {wanted.height:,} cards")
    for card in read_cards(query.endpoint, wanted.select("id", "sha").rows(), budget, replace(options.patience, say=options.say)):
        journal.add_card(card)
    return journal.cards().unique("id", keep="last", maintain_order=True).join(found.select("id"), on="id", how="semi"), budget.made


def accounted(query: Query, journal: Journal, listings: Sequence[Listing], found: pl.DataFrame, kept: int) -> Account:
    """What the crawl came to: the same whether or not it was killed on its way."""
    return Account(
        query=query,
        listings=tuple(listings),
        pages=sum(len(journal.pages(number)) for number in range(len(listings))),
        cards=journal.cards().height,
        found=found.height,
        kept=kept,
    )
