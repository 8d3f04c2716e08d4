"""Upkeep: the parts of `babelmill maintain`, each safe beside running builds and to kill at any moment.

What is removed is first renamed into a staging folder, whole: a reader sees all of it or nothing, and what a kill leaves
there the next build or upkeep sweeps.
"""

import re
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from flows.locks import BusyError, alone, lock_of
from schemas.census import CensusManifest
from schemas.errors import EngineError, IntegrityError, WarehouseError
from schemas.manifest import Manifest
from tasks.aged import older, size
from tasks.census.history import History
from tasks.census.journal import REST, START
from tasks.census.release import MANIFEST as CENSUS
from tasks.hub_cache import remove_partial, remove_unused
from tasks.materialise import entry, guarded
from tasks.memory import Memory
from tasks.models.kept import ModelStore
from tasks.store import MANIFEST, STAGING, LocalStore, abandoned
from tasks.translate import Identity

SMALL = 2  # files of a partition that are worth compacting: from that on a look-up opens one file less
ROOTS = ("releases", "previews", "work", "models")  # folders of the warehouse that things are staged in
MACHINE = r"-[0-9a-f]{16}$"  # how the fingerprint of an engine ends


@dataclass(frozen=True)
class Done:
    """What became of a part of the warehouse."""

    part: str
    looked_at: int
    removed: int = 0  # files, folders or partitions
    bytes: int = 0  # freed; in a rehearsal what would be
    note: str = ""
    faults: tuple[str, ...] = field(default=())  # what a person must mend, with the way out

    def row(self) -> dict[str, Any]:
        """A line of a table."""
        return {"part": self.part, "looked_at": self.looked_at, "removed": self.removed, "bytes": self.bytes, "note": self.note}


def prune_engines(home: Path, keep: int | None, dry_run: bool) -> Done:
    """Remove from the memory, of each target language, the engines but the `keep` that wrote last; none if keep is None.

    What the newest version of a release was made with stays in any case, as its next version would else be translated anew; and
    what came as TMX under a name of its own, which no machine makes again.
    """
    memory = Memory(home / "memory")
    rows = memory.rows().filter(pl.col("engine").str.contains(MACHINE))
    if keep is None:
        return Done("engines", rows["engine"].n_unique(), note="all are kept")
    store = LocalStore(home / "releases")
    needed = {each for name in store.names() if (latest := store.latest(name)) for each in made_with(latest.manifest)}
    ranked = rows.with_columns(pl.col("written").rank("ordinal", descending=True).over("target").alias("rank"))
    gone = [(engine, target) for engine, target, rank in ranked.select("engine", "target", "rank").rows() if rank > keep]
    gone = [each for each in gone if each not in needed]
    bytes_of = dict(zip(rows.select("engine", "target").rows(), rows["bytes"].to_list(), strict=True))
    freed = sum(bytes_of[each] for each in gone) if dry_run else memory.prune(gone)
    return Done("engines", rows.height, len(gone), freed, ", ".join(f"{engine} {target}" for engine, target in gone))


def made_with(manifest: Manifest) -> set[tuple[str, str]]:
    """Engine and target language of the memory's partitions that a release was made with."""
    engine, lists = manifest.engine, manifest.learnt.get("shortlist", {})
    identity = Identity(engine.model, engine.digest, engine.options, engine.library)
    found = set()
    for config in manifest.configs.values():
        if config.kind == "translation":
            told = lists.get(config.language, {})
            found.add((identity.named(shortlist=told["digest"]) if told.get("used") else identity.fingerprint, config.language))
    return found


def compact_memory(home: Path, dry_run: bool) -> Done:
    """Make the small files of every partition few large ones, with one row a key. The files before stay for their readers."""
    memory = Memory(home / "memory")
    before = memory.rows()
    made = 0
    for engine, target in [] if dry_run else before.select("engine", "target").rows():
        made += memory.compact(engine, target, SMALL)
    files = f"{before['files'].sum():,} files"
    note = f"{made:,} partitions compacted, {files} are {memory.rows()['files'].sum():,}" if made else files
    return Done("memory", before.height, note=note)


def vacuum_memory(home: Path, days: int, dry_run: bool) -> Done:
    """Free the files of the memory that no version of the last days names, and the log before them."""
    files, freed = Memory(home / "memory").vacuum(days, dry_run)
    return Done("memory's old files", int((home / "memory").is_dir()), files, freed, f"not named for {days} days")


def tidy_censuses(home: Path, days: int, dry_run: bool) -> Done:
    """Likewise of the histories of censuses; and the journals of crawls that died too long ago to go on."""
    folders = sorted(path for path in (home / "census").glob("*") if path.is_dir())
    files = freed = busy = 0
    faults = []
    for folder in folders:
        try:
            with alone(folder / ".lock", f"census {folder.name}"):
                for journal in [folder / "crawl", folder / "trial"]:
                    if journal.is_dir() and older(journal, REST / (24 * 3600)):
                        files, freed = files + 1, freed + size(journal)
                        if not dry_run:
                            (journal / START).unlink(missing_ok=True)  # first: a folder without it is no crawl
                            shutil.rmtree(journal, ignore_errors=True)
                went = History(folder / "history").vacuum(days, dry_run)
                files, freed = files + went.files, freed + went.bytes
        except BusyError:
            busy += 1
        except WarehouseError as error:  # of this one; the others are looked after all the same
            faults.append(str(error))
    return Done("censuses", len(folders), files, freed, f"{busy} at work, left alone" if busy else "", tuple(faults))


def remove_leftovers(home: Path, days: int, dry_run: bool) -> Done:
    """Remove the work folders of processes of this machine that have ended, and of any process that has long done nothing.

    Of a process on another machine, or whose number was given to another one since, is known only when its folders changed: a build
    that is at work writes into one of them with every chunk.
    """
    there = [path for root in ROOTS for path in (home / root / STAGING).glob("*")]
    gone = [path for root in ROOTS for path in abandoned(home / root / STAGING)]
    others: dict[str, list[Path]] = {}
    for path in there:
        if path not in gone:
            others.setdefault(path.name.rpartition("-")[0], []).append(path)  # HOST-PID
    gone += [path for paths in others.values() if all(older(path, days) for path in paths) for path in paths]
    sizes = {path: size(path) for path in gone}
    for path in [] if dry_run else gone:
        shutil.rmtree(path, ignore_errors=True)
    for lock in [] if dry_run else (home / "work").glob("*.lock"):
        if older(lock, days):
            with suppress(BusyError), alone(lock, str(lock)):
                lock.unlink(missing_ok=True)
    went = [freed for path, freed in sizes.items() if dry_run or not path.exists()]
    left = len(there) - len(went)
    return Done("work folders", len(there), len(went), sum(went), f"{left} in use" if left else "")


def remove_previews(home: Path, days: int, dry_run: bool) -> Done:
    """Remove previews that are older than so many days; one that is being made anew is left alone."""
    store = LocalStore(home / "previews")
    builds = {path.parent: lock_of(home, "build", *path.parts[-3:-1]) for path in store.root.glob(f"*/*/{MANIFEST}")}
    censuses = {path.parent: home / "census" / path.parent.name / ".lock" for path in store.root.glob(f"*/{CENSUS}")}
    removed = freed = 0
    for place, lock in sorted((builds | censuses).items()):
        if not older(place, days):
            continue
        with suppress(BusyError), alone(lock, f"preview {place}"):
            removed, freed = removed + 1, freed + size(place)
            if not dry_run:
                with store.staging() as bin, guarded(place):
                    place.rename(bin / place.name)
    return Done("previews", len(builds) + len(censuses), removed, freed)


def remove_records(home: Path, days: int, dry_run: bool) -> Done:
    """Remove the records of builds and publications that are older than so many days."""
    found = [path for place in ("runs", "runs/publish") for path in (home / place).glob("*.json")]
    old = [path for path in found if older(path, days)]
    freed = sum(map(size, old))
    for path in [] if dry_run else old:
        path.unlink(missing_ok=True)
    return Done("records of runs", len(found), len(old), freed)


def remove_downloads(days: int, unused: int | None, dry_run: bool) -> Done:
    """Remove from the cache of the Hub what was broken off; and, if asked for, what nobody has read for `unused` days."""
    partial = remove_partial(days, dry_run)
    idle = remove_unused(unused, dry_run) if unused else None
    note = f"{partial.files} broken off" + (f", {idle.files} unused revisions" if idle else "")
    return Done("cache of the Hub", 1, partial.files + (idle.files if idle else 0), partial.bytes + (idle.bytes if idle else 0), note)


def verify_releases(home: Path, wanted: bool) -> Done:
    """Compare the files of the newest version of every release with their sha256."""
    store = LocalStore(home / "releases")
    names = store.names() if wanted else []
    faults, total = [], 0
    for name in names:
        try:
            latest = store.latest(name)
            if latest:
                store.verify(latest)
                total += size(latest.path)
            elif census := _latest_census(store.root / name):
                _verify_census(census)
                total += size(census)
        except IntegrityError as error:
            faults.append(str(error))
    note = f"{total / 1e6:,.1f} MB sound, {len(faults)} damaged" if wanted else "not asked for"
    return Done("releases", len(names), note=note, faults=tuple(faults))


def verify_models(home: Path, wanted: bool) -> Done:
    """Compare the files of every kept model with their sha256."""
    store = ModelStore(home / "models")
    names = list(store.models()) if wanted else []
    faults = []
    for name in names:
        try:
            store.verify(name)
        except (IntegrityError, EngineError) as error:
            faults.append(str(error))
    note = f"{len(names) - len(faults)} sound, {len(faults)} damaged" if wanted else "not asked for"
    return Done("models", len(names), note=note, faults=tuple(faults))


def _latest_census(folder: Path) -> Path | None:
    found = [path.parent for path in folder.glob(f"*/{CENSUS}") if re.fullmatch(r"\d+(\.\d+)*", path.parent.name)]
    return max(found, key=lambda path: [int(part) for part in path.name.split(".")], default=None)


def _verify_census(folder: Path) -> None:
    way_out = "Move the folder elsewhere and run the same census again: it is written anew from its history"
    try:
        files = CensusManifest.model_validate_json((folder / CENSUS).read_bytes()).files
    except ValidationError as error:
        raise IntegrityError(f"{folder / CENSUS}: not a manifest: {error.errors()[0]['msg']}. {way_out}.") from None
    for file in files:
        path = folder / file.path
        if not path.is_file() or entry(folder, file.path).sha256 != file.sha256:
            raise IntegrityError(f"{path}: not the file that was released (sha256 differs). {way_out}.")
