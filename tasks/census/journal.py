"""Journal: the pages and cards of a crawl on disk as they come, so that a killed crawl goes on where it was."""

import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from schemas.census import CARDS, LISTED, Query
from tasks.materialise import guarded

REST = 24 * 3600  # seconds a crawl may rest; older pages are of another day than those to come, so it begins anew
START, CARD_LINES = "crawl.json", "cards.jsonl"


@dataclass(frozen=True)
class Page:
    """A page of a listing, and where the next one is; None after the last."""

    path: Path
    rows: int
    next: str | None


class Journal:
    """FOLDER/crawl.json, FOLDER/LISTING/PAGE.parquet, FOLDER/cards.jsonl; the crawl that is there goes on if it asks the same."""

    def __init__(self, folder: Path, query: Query, now: datetime | None = None) -> None:
        self._folder = folder
        now = now or datetime.now(UTC)
        found = self._start()
        if not found or found["query"] != query.model_dump(mode="json") or (now - _when(found)).total_seconds() > REST:
            self.close()
            found = {"began": now.replace(microsecond=0).isoformat(), "mark": os.urandom(8).hex(), "query": query.model_dump(mode="json")}
            with guarded(folder):
                folder.mkdir(parents=True)
                _put(folder / START, json.dumps(found).encode())
        self.began, self.mark = _when(found), str(found["mark"])  # the mark tells the history which crawl it has already

    def pages(self, listing: int) -> list[Page]:
        """The pages of a listing that came, in their order."""
        found = sorted((self._folder / str(listing)).glob("*.parquet"))
        metadata = [(path, pl.read_parquet_metadata(path)) for path in found]
        return [Page(path, int(kept["rows"]), kept["next"] or None) for path, kept in metadata]

    def add(self, listing: int, number: int, records: list[dict[str, Any]], under: str, following: str | None) -> Page:
        """Keep a page of a listing, all of it or nothing."""
        rows = listed(records, under)
        path = self._folder / str(listing) / f"{number:06}.parquet"
        with guarded(path):
            path.parent.mkdir(exist_ok=True)
            part = path.with_suffix(".part")
            rows.write_parquet(part, metadata={"rows": str(rows.height), "next": following or ""})
            part.rename(path)
        return Page(path, rows.height, following)

    def restart(self, listing: int) -> None:
        """Forget the pages of a listing: the link to the next one is no longer taken."""
        shutil.rmtree(self._folder / str(listing), ignore_errors=True)

    def records(self) -> pl.LazyFrame:
        """Every dataset of every page, as LISTED has it."""
        return pl.scan_parquet(sorted(self._folder.glob("*/*.parquet")), schema=pl.Schema(LISTED), glob=False)

    def add_card(self, card: dict[str, Any]) -> None:
        """Keep what was taken of a card."""
        with guarded(self._folder), (self._folder / CARD_LINES).open("a", encoding="utf-8") as file:
            file.write("\n" + json.dumps(card))  # a line that a kill cut off stays a line of its own

    def cards(self) -> pl.DataFrame:
        """What was taken of cards, as CARDS has it; a line that a kill cut off is not there."""
        return pl.DataFrame(list(self._cards()), schema=pl.Schema(CARDS), orient="row")

    def ages(self) -> list[float]:
        """How many seconds ago each page came, for the budget of a crawl that goes on."""
        return [max(time.time() - path.stat().st_mtime, 0) for path in self._folder.glob("*/*.parquet")]

    def close(self) -> None:
        """The crawl is done, its result lies elsewhere."""
        with guarded(self._folder):
            if self._folder.exists():
                (self._folder / START).unlink(missing_ok=True)  # first: a folder without it is no crawl
                shutil.rmtree(self._folder)

    def _start(self) -> dict[str, Any] | None:
        try:
            found = json.loads((self._folder / START).read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def _cards(self) -> Iterator[dict[str, Any]]:
        path = self._folder / CARD_LINES
        for line in path.read_text("utf-8").splitlines() if path.exists() else []:
            try:
                yield json.loads(line)
            except ValueError:
                continue


def listed(records: list[dict[str, Any]], under: str) -> pl.DataFrame:
    """Records of the API as LISTED has them; whatever a record lacks is null, and one without an id is not there."""
    rows = [
        {
            "id": record["id"],
            "author": record.get("author") or record["id"].partition("/")[0],
            "sha": record.get("sha"),
            "created": record.get("createdAt"),
            "modified": record.get("lastModified"),
            "private": bool(record.get("private")),
            "gated": record.get("gated") or "no",
            "disabled": bool(record.get("disabled")),
            "tags": sorted({tag for tag in record.get("tags") or () if isinstance(tag, str)}),
            "downloads": record.get("downloads"),
            "downloads_all_time": record.get("downloadsAllTime"),
            "likes": record.get("likes"),
            "under": under,
        }
        for record in records
        if isinstance(record.get("id"), str)
    ]
    schema = pl.Schema({**pl.Schema(LISTED), "created": pl.String(), "modified": pl.String()})
    times = [pl.col(name).str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False) for name in ("created", "modified")]
    return pl.DataFrame(rows, schema=schema).with_columns(times)


def _when(start: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(start["began"])


def _put(path: Path, data: bytes) -> None:
    part = path.with_suffix(".part")
    part.write_bytes(data)
    part.rename(path)
