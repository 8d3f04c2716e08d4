"""Snapshot: one state of a census, normalised, with what changed since the one before."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from schemas.census import CENSUS, CHANGES, Account, Query
from tasks.census.compare import changes
from tasks.census.history import History
from tasks.census.normalise import normalise


@dataclass(frozen=True)
class Snapshot:
    """One snapshot of a census, and what is told of it."""

    number: int
    crawled: datetime
    account: Account
    census: pl.DataFrame  # as CENSUS has it
    changes: pl.DataFrame  # as CHANGES has it: since the snapshot before; empty for the first
    counts: pl.DataFrame  # snapshot, crawled, datasets, new, removed, changed: of all snapshots so far

    @property
    def query(self) -> Query:
        """What was asked."""
        return self.account.query


def snapshot(history: History, number: int) -> Snapshot:
    """A snapshot of the history. Raises RecipeError if there is none of this number."""
    account, state = history.account(number), history.state(number)
    since = changes(history.state(number - 1), state) if number > 1 else pl.DataFrame(schema=pl.Schema(CHANGES))
    counts = history.counts().filter(pl.col("snapshot") <= number)
    return Snapshot(number, history.crawled(number), account, normalise(state), since, counts)


def trial(found: pl.DataFrame, cards: pl.DataFrame, account: Account, crawled: datetime) -> Snapshot:
    """A snapshot that enters no history. found: each dataset once, as crawl.together has it."""
    times = [pl.lit(crawled).cast(pl.Datetime("us", "UTC")).alias(name) for name in ("first_seen", "last_seen")]
    census = normalise(found.join(cards, on="id", how="left").with_columns(times)).cast(pl.Schema(CENSUS))
    counts = pl.DataFrame({"snapshot": [0], "crawled": [crawled], "datasets": [census.height], "new": [0], "removed": [0], "changed": [0]})
    return Snapshot(0, crawled, account, census, pl.DataFrame(schema=pl.Schema(CHANGES)), counts)
