"""History: a Delta table with a row for each dataset and crawl, from which the state at any snapshot can be told.

Facts are written only when they are new or changed, counters always, since they change every day; a crawl is one append, so that a reader
sees all of it or nothing. 100,000 datasets are 7.5 MB at first and 1.6 MB with each crawl (tests/bench/measure_census.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import polars as pl
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError

from schemas.census import CARDS, HISTORY, Account
from schemas.errors import RecipeError, WarehouseError
from tasks.vacuum import DAYS, HOOKS, Freed, vacuum

COUNTERS = ("downloads", "downloads_all_time", "likes")
FACTS = ("author", "sha", "created", "modified", "private", "gated", "disabled", "tags", "under", *(n for n in CARDS.names if n != "id"))
THERE = ("new", "changed", "returned", "noted", "seen")  # events of a dataset that a crawl found
TOLD = ("new", "changed", "returned", "noted")  # those that carry its facts


class History:
    """The history of one census. Made on first use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def snapshots(self) -> pl.DataFrame:
        """snapshot, crawled (UTC), mark of the crawl and its account as JSON; oldest first."""
        rows = self._rows().filter(pl.col("event") == "crawl").select("snapshot", "crawled", "crawl").sort("snapshot").collect()
        mark, account = pl.col("crawl").str.head(16).alias("mark"), pl.col("crawl").str.slice(16).alias("account")
        return rows.select("snapshot", "crawled", mark, account)

    def last(self) -> int:
        """Number of the last snapshot, 0 if there is none."""
        found = self.snapshots()["snapshot"]
        return int(found[-1]) if len(found) else 0

    def of(self, mark: str) -> int | None:
        """The snapshot that a crawl became, if it did."""
        found = self.snapshots().filter(pl.col("mark") == mark)["snapshot"]
        return int(found[0]) if len(found) else None

    def account(self, snapshot: int) -> Account:
        """What the crawl of a snapshot did. Raises RecipeError if there is no such snapshot."""
        found = self.snapshots()
        row = found.filter(pl.col("snapshot") == snapshot)
        if row.is_empty():
            known = f"there are 1 to {found.height}" if found.height else "there are none yet: the command without --changes makes one"
            raise RecipeError(f"no snapshot {snapshot} in {self._folder}; {known}.")
        return Account.model_validate_json(row["account"][0])

    def crawled(self, snapshot: int) -> datetime:
        """UTC, when the crawl of a snapshot began."""
        found: datetime = self.snapshots().filter(pl.col("snapshot") == snapshot)["crawled"].item()
        return found

    def state(self, at: int | None = None, *, removed: bool = False) -> pl.DataFrame:
        """The datasets as of a snapshot (default: the last), in order of id: facts, counters, first_seen, last_seen, removed (UTC or null).

        A dataset whose page failed is as it was before. removed: with those that are gone, as they were last.
        """
        rows = self._rows().filter(pl.col("event") != "crawl")
        if at is not None:
            rows = rows.filter(pl.col("snapshot") <= at)
        there = rows.filter(pl.col("event").is_in(THERE))
        seen = there.group_by("id").agg(
            pl.col(COUNTERS).get(pl.col("snapshot").arg_max()),
            pl.col("crawled").min().alias("first_seen"),
            pl.col("crawled").max().alias("last_seen"),
        )
        told = rows.filter(pl.col("event").is_in(TOLD))
        last = told.group_by("id").agg(pl.col("snapshot").max())
        told = told.join(last, on=["id", "snapshot"], how="semi")
        gone = rows.filter(pl.col("event") == "removed").group_by("id").agg(pl.col("crawled").max().alias("removed"))
        found = told.select("id", *FACTS).join(seen, on="id").join(gone, on="id", how="left")
        found = found.with_columns(pl.when(pl.col("removed") > pl.col("last_seen")).then("removed"))
        return (found if removed else found.filter(pl.col("removed").is_null())).sort("id").collect(engine="streaming")

    def counts(self) -> pl.DataFrame:
        """snapshot, crawled, datasets (there, as far as is known), new (and returned), removed, changed; oldest first."""
        event = pl.col("event")
        rows = (
            self._rows()
            .group_by("snapshot", "crawled")
            .agg(
                event.is_in(("new", "returned")).sum().alias("new"),
                (event == "removed").sum().alias("removed"),
                (event == "changed").sum().alias("changed"),
            )
        )
        there = (pl.col("new").cast(pl.Int64) - pl.col("removed").cast(pl.Int64)).cum_sum().alias("datasets")
        return rows.sort("snapshot").with_columns(there).collect()

    def append(self, rows: pl.DataFrame, snapshot: int, crawled: datetime, mark: str, account: Account) -> None:
        """Add a snapshot, all of it or nothing. rows: event, id, counters, facts, changed."""
        crawl = pl.DataFrame({"event": ["crawl"], "crawl": [mark + account.model_dump_json()]})
        whole = pl.concat([rows.sort(pl.col("event") == "seen", "id"), crawl], how="diagonal")
        whole = whole.with_columns(pl.lit(snapshot, pl.Int32).alias("snapshot"), pl.lit(crawled).alias("crawled"))
        with self._guarded():
            self._folder.mkdir(parents=True, exist_ok=True)
            if not DeltaTable.is_deltatable(str(self._folder)):
                DeltaTable.create(str(self._folder), HISTORY, mode="ignore")
            write_deltalake(
                str(self._folder), whole.select(HISTORY.names).to_arrow().cast(HISTORY), mode="append", post_commithook_properties=HOOKS
            )

    def vacuum(self, days: int = DAYS, dry_run: bool = False) -> Freed:
        """Free what killed crawls left behind `days` days ago; see tasks.vacuum."""
        with self._guarded():
            return vacuum(self._folder, days, dry_run)

    def _rows(self) -> pl.LazyFrame:
        empty = pl.LazyFrame(schema=pl.Schema(HISTORY))
        with self._guarded():
            if not self._folder.is_dir() or not DeltaTable.is_deltatable(str(self._folder)):
                return empty
            files = [self._folder / path for path in pl.DataFrame(DeltaTable(str(self._folder)).get_add_actions())["path"]]
        return pl.scan_parquet(sorted(files), glob=False, schema=pl.Schema(HISTORY)) if files else empty

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """What the disk or the table refuses becomes a WarehouseError that names the way out."""
        try:
            yield
        except (DeltaError, OSError) as error:
            told = " ".join(str(error).split()).rstrip(".")
            raise WarehouseError(f"census history {self._folder}: {told}. Nothing of this crawl was added; mend it, run again.") from None
