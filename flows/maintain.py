"""Maintain: the upkeep of a warehouse that runs every night with nobody looking."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from flows import upkeep
from flows.locks import alone
from flows.upkeep import Done
from schemas.errors import BabelmillError


class Upkeep(BaseModel):
    """What may go, by its age in days. Releases, kept models, priors and histories of censuses never do."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    dry_run: bool = False
    """Only say what would go."""
    previews_older: int = Field(default=30, ge=1, le=36500)
    """Days after which previews go."""
    runs_older: int = Field(default=365, ge=1, le=36500)
    """Days after which records of builds and publications go."""
    files_older: int = Field(default=7, ge=1, le=7)
    """Days after which data files that the memory or a census no longer names go; what reads them may take so long.
    Not above 7: compaction by a build removes them then."""
    folders_older: int = Field(default=30, ge=1, le=3650)
    """Days without a change after which the work folder of a process goes; those of processes here that have ended go at once."""
    downloads_older: int = Field(default=7, ge=1, le=3650)
    """Days without a change after which a download that was broken off goes; until then it goes on where it ended."""
    cache_older: int | None = Field(default=None, ge=1, le=3650)
    """Days without use after which what the cache of the Hub holds goes, whoever fetched it; not given, it stays."""
    keep_engines: int | None = Field(default=None, ge=1, le=1000)
    """Engines a target language that the memory keeps, the last to have written; not given, it keeps all."""
    verify: bool = True
    """Whether to read the newest version of every release, and every kept model, and compare with its sha256."""


def maintain(home: Path, options: Upkeep | None = None, say: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Make a warehouse small and see that it is sound; safe beside running builds, and to kill at any moment.

    Returns home, dry_run, parts (a list of part, looked_at, removed, bytes, note), bytes (freed), faults (what a person must mend, with
    the way out: damaged releases, parts that could not be done) and seconds. Raises WarehouseError where another upkeep is at work.
    """
    options, start = options or Upkeep(), time.monotonic()
    steps: list[Callable[[], Done]] = [
        lambda: upkeep.prune_engines(home, options.keep_engines, options.dry_run),
        lambda: upkeep.compact_memory(home, options.dry_run),
        lambda: upkeep.vacuum_memory(home, options.files_older, options.dry_run),
        lambda: upkeep.tidy_censuses(home, options.files_older, options.dry_run),
        lambda: upkeep.remove_leftovers(home, options.folders_older, options.dry_run),
        lambda: upkeep.remove_previews(home, options.previews_older, options.dry_run),
        lambda: upkeep.remove_records(home, options.runs_older, options.dry_run),
        lambda: upkeep.remove_downloads(options.downloads_older, options.cache_older, options.dry_run),
        lambda: upkeep.verify_releases(home, options.verify),
        lambda: upkeep.verify_models(home, options.verify),
    ]
    done: list[Done] = []
    faults: list[str] = []
    with alone(home / "work" / "upkeep.lock", f"upkeep of {home}"):
        for step in steps:
            try:
                did = step()
            except (BabelmillError, OSError) as error:  # the rest is done all the same
                faults.append(f"{type(error).__name__}: {error}")
                continue
            done.append(did)
            faults += did.faults
            say(sentence(did, options.dry_run))
    parts = [each.row() for each in done]
    return {
        "home": str(home),
        "dry_run": options.dry_run,
        "parts": parts,
        "bytes": sum(each.bytes for each in done),
        "faults": list(dict.fromkeys(faults)),  # the steps of one table may say the same
        "seconds": round(time.monotonic() - start, 1),
    }


def sentence(done: Done, dry_run: bool) -> str:
    """One line of what became of a part."""
    went = "would go" if dry_run else "went"
    removed = f", {done.removed:,} {went}, {done.bytes / 1e6:,.1f} MB" if done.removed else ""
    return f"{done.part}: {done.looked_at:,} looked at{removed}{'; ' if done.note else ''}{done.note}"
