"""Diff: what differs between two releases, row by row under their ids and column by column.

Files that both have (by sha256) are not read. Of the others every column is read once and reduced to a hash of 8 bytes a row;
two values that share one (for a million rows a chance of 1 in 10**13) would pass for equal. Peak memory is that of a dozen
such columns, however wide the rows are.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.errors import IntegrityError
from schemas.manifest import Config, File, Manifest, Rows
from tasks.materialise import entry
from tasks.release import Release

EXAMPLES = 3  # of each kind, in each split of a config
LONGEST = 200  # code points of a value in an example
_ODD = np.uint64(0x9E3779B97F4A7C15)  # tells the second row of an id from the first; any odd number does

Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Example:
    """A value that changed; of rows that were added or removed only the id."""

    split: str
    id: str
    column: str | None = None
    old: str | None = None
    new: str | None = None


@dataclass
class ConfigChanges:
    """What differs in one config."""

    presence: str = "both"  # or added, removed: the whole config
    columns: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)  # those whose type differs: old, new
    added: int = 0
    removed: int = 0
    changed: int = 0
    values: dict[str, int] = field(default_factory=dict)  # rows changed, by column that both have
    examples: dict[str, list[Example]] = field(default_factory=lambda: {"added": [], "removed": [], "changed": []})

    @property
    def any(self) -> bool:
        """Whether it differs at all."""
        return bool(self.presence != "both" or self.columns or self.added or self.removed or self.changed)

    @property
    def rows(self) -> Rows:
        """As a manifest keeps it."""
        return Rows(added=self.added, removed=self.removed, changed=self.changed)


@dataclass(frozen=True)
class Changes:
    """What differs between two releases."""

    old: str  # NAME VERSION
    new: str
    configs: dict[str, ConfigChanges]  # those that differ, in the order of the new release, then those that it lacks
    other: list[str] = field(default_factory=list)  # parts of the manifest that differ beside them


def diff(old: Release, new: Release, examples: int = EXAMPLES) -> Changes:
    """Rows added, removed and changed, by config, split and id, and the columns in which they changed.

    A row is found again by its id, wherever it stands; where an id occurs several times, its first row by the first, and so on.
    A changed row counts once in its config and once in each column that changed. Order is no difference.
    examples: how many rows of each kind are shown for each split of a config; the first in order of the files.
    Raises IntegrityError naming the file that is not the one that was released.
    """
    before, after = old.manifest.configs, new.manifest.configs
    found = {name: _config(old, new, name, examples) for name in dict.fromkeys((*after, *before))}
    names = [f"{release.manifest.name} {release.manifest.version}" for release in (old, new)]
    return Changes(
        names[0], names[1], {name: changes for name, changes in found.items() if changes.any}, _other(old.manifest, new.manifest)
    )


def _other(old: Manifest, new: Manifest) -> list[str]:
    """What of the content differs beside the configs."""
    parts = ("title", "license", "language", "source", "engine", "recipe", "tools", "learnt", "rejected")
    before, after = ({**dict(each), "recipe": each.made_by, "rejected": each.rejected} for each in (old, new))
    return [part for part in parts if before[part] != after[part]]


def _config(old: Release, new: Release, name: str, examples: int) -> ConfigChanges:
    before, after = old.manifest.configs.get(name), new.manifest.configs.get(name)
    changes = ConfigChanges()
    if before is None or after is None:
        changes.presence = "added" if before is None else "removed"
    else:
        columns = dict.fromkeys((*before.columns, *after.columns))
        types = {column: (before.columns.get(column), after.columns.get(column)) for column in columns}
        changes.columns = {column: (was, now) for column, (was, now) in types.items() if was != now}
    for split in dict.fromkeys((*(after.splits if after else ()), *(before.splits if before else ()))):
        _split(_Side(old, before, split), _Side(new, after, split), split, changes, examples)
    return changes


class _Side:
    """One split of a config in one of the two releases: the files that the other has not."""

    def __init__(self, release: Release, config: Config | None, split: str) -> None:
        self.release = release
        self.columns = list(config.columns) if config else []
        wanted = release.manifest.source.id  # the behaviours of MIND have another id, and have it first
        self.id = wanted if wanted in self.columns else self.columns[0] if self.columns else ""
        self.files: list[File] = [f for f in config.splits[split].files if f.rows] if config and split in config.splits else []

    def less(self, other: "_Side") -> list[File]:
        """The files that the other side has not, each as often as it lacks it."""
        theirs = Counter(file.sha256 for file in other.files)
        mine = []
        for file in self.files:
            theirs[file.sha256] -= 1
            if theirs[file.sha256] < 0:
                mine.append(file)
        return mine

    def verified(self) -> "_Side":
        """Itself. Raises IntegrityError if a file is not the one that was released."""
        for file in self.files:
            path = self.release.path / file.path
            if not path.is_file() or entry(self.release.path, file.path).sha256 != file.sha256:
                raise IntegrityError(f"{path}: not the file that was released. Build the same recipe again: it is mended.")
        return self

    def scan(self) -> pl.LazyFrame:
        paths = [self.release.path / file.path for file in self.files]
        return pl.scan_parquet(paths, glob=False, hive_partitioning=False)

    def hashes(self, expression: pl.Expr) -> Hashes:
        """A hash of each row's value, in order of the files."""
        return self.scan().select(expression.hash().alias("")).collect(engine="streaming").to_series().to_numpy()

    def keys(self) -> Hashes:
        """What no two rows share: the hash of the id, and for an id that came before how often it did."""
        hashes = self.hashes(pl.col(self.id).cast(pl.String))
        order = np.argsort(hashes, kind="stable")
        ordered = hashes[order]
        first = np.concatenate(([True], ordered[1:] != ordered[:-1])) if ordered.size else np.zeros(0, bool)
        if not first.all():
            place = np.arange(ordered.size)
            again = place - np.maximum.accumulate(np.where(first, place, 0))
            hashes = hashes.copy()
            hashes[order] = ordered + again.astype(np.uint64) * _ODD
        return hashes

    def rows(self, places: Sequence[int], columns: Sequence[str]) -> list[dict[str, Any]]:
        """Some rows in order of the places given."""
        wanted = pl.Series("", places, pl.UInt32)
        index = "\0row"
        taken = self.scan().with_row_index(index).filter(pl.col(index).is_in(wanted.implode())).select(index, *columns)
        rows = {row.pop(index): row for row in taken.collect(engine="streaming").to_dicts()}
        return [rows[place] for place in places]

    def ids(self, places: Sequence[int]) -> list[str]:
        return [_shown(row[self.id]) or "" for row in self.rows(places, [self.id])] if len(places) else []


def _split(old: _Side, new: _Side, split: str, changes: ConfigChanges, examples: int) -> None:
    """Count and show what differs in one split."""
    old.files, new.files = old.less(new), new.less(old)
    if not old.files or not new.files:
        gone, come = sum(file.rows or 0 for file in old.files), sum(file.rows or 0 for file in new.files)
        same_old = same_new = np.zeros(0, np.intp)
    else:
        same_old, same_new = _pairs(old.verified().keys(), new.verified().keys())
        gone, come = sum(f.rows or 0 for f in old.files) - same_old.size, sum(f.rows or 0 for f in new.files) - same_new.size
    changes.removed += gone
    changes.added += come
    shared = [column for column in new.columns if column in old.columns and column not in changes.columns]
    shared = [column for column in shared if (old.id, new.id) != (column, column)]
    differs = np.zeros(same_old.size, bool)
    for column in shared if same_old.size else ():
        other = old.hashes(pl.col(column))[same_old] != new.hashes(pl.col(column))[same_new]
        if count := int(other.sum()):
            changes.values[column] = changes.values.get(column, 0) + count
            differs |= other
    changes.changed += int(differs.sum())
    if examples:
        _show(old, new, split, changes, examples, same_old, same_new, differs, shared)


def _pairs(old: Hashes, new: Hashes) -> tuple[Places, Places]:
    """Places of the rows that both have, in order of the new ones."""
    _, before, after = np.intersect1d(old, new, assume_unique=True, return_indices=True)
    order = np.argsort(after)
    return before[order], after[order]


def _show(
    old: _Side,
    new: _Side,
    split: str,
    changes: ConfigChanges,
    examples: int,
    same_old: Places,
    same_new: Places,
    differs: npt.NDArray[np.bool_],
    shared: Sequence[str],
) -> None:
    for side, same, kind in ((old, same_old, "removed"), (new, same_new, "added")):
        alone = np.setdiff1d(np.arange(sum(file.rows or 0 for file in side.files)), same, assume_unique=True)[:examples]
        changes.examples[kind] += [Example(split, identifier) for identifier in side.ids(alone.tolist())]
    spots = np.flatnonzero(differs)[:examples]
    if spots.size:
        before = old.rows(same_old[spots].tolist(), list(dict.fromkeys((old.id, *shared))))
        after = new.rows(same_new[spots].tolist(), list(dict.fromkeys((new.id, *shared))))
        changes.examples["changed"] += _changed(split, new.id, before, after, shared)


def _changed(split: str, key: str, before: list[dict[str, Any]], after: list[dict[str, Any]], shared: Sequence[str]) -> Iterator[Example]:
    for was, now in zip(before, after, strict=True):
        for column in shared:
            if was[column] != now[column]:
                yield Example(split, _shown(now[key]) or "", column, _shown(was[column]), _shown(now[column]))


def _shown(value: Any) -> str | None:
    """A value as text, cut; None stays."""
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
