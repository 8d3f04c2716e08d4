"""Records of datasets for the loopback Hub, and states of a census."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from schemas.census import CARDS, LISTED
from tasks.census.history import COUNTERS, FACTS
from tests.hub.__main__ import seeds
from tests.hub.server import Hub

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def record(number: int = 0, **changes: Any) -> dict[str, Any]:
    """A record as the API names its fields."""
    return {
        "sha": f"{number:040x}",
        "createdAt": f"2025-01-{number % 28 + 1:02}T00:00:{number // 28 % 60:02}.000Z",
        "lastModified": "2025-06-01T00:00:00.000Z",
        "downloads": 10 * number,
        "likes": number,
        "tags": ["language:ko", "license:mit"],
        **changes,
    }


def korean(shared: Path) -> dict[str, dict[str, Any]]:
    """The 1,354 real records, each with a commit of its own."""
    found = seeds(shared / "data/hub/korean_datasets.json")
    return {name: {**fields, "sha": f"{number:040x}"} for number, (name, fields) in enumerate(found.items())}


def fill(hub: Hub, records: dict[str, dict[str, Any]]) -> None:
    hub.records = {name: dict(fields) for name, fields in records.items()}


def state(*rows: dict[str, Any]) -> pl.DataFrame:
    """Datasets as History.state has them; what a row does not say is plain."""
    plain = {"author": "a", "sha": "0", "private": False, "gated": "no", "disabled": False, "tags": [], "under": ["language:ko"]}
    times = {"created": NOW, "modified": NOW, "first_seen": NOW, "last_seen": NOW}
    types = {**pl.Schema(LISTED), **pl.Schema(CARDS)}
    types |= {"under": pl.List(pl.String), **dict.fromkeys(("first_seen", "last_seen", "removed"), pl.Datetime("us", "UTC"))}
    names = ["id", *FACTS, *COUNTERS, "first_seen", "last_seen", "removed"]
    return pl.DataFrame(
        [{**dict.fromkeys(names), **plain, **times, **row, "tags": sorted(row.get("tags", []))} for row in rows],
        schema={name: types[name] for name in names},
    )
