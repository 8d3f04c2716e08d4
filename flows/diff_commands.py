"""Behind `babelmill diff`: two versions by name, and what differs between them."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from flows.settings import settings
from schemas.errors import RecipeError, did_you_mean
from tasks.diff import diff
from tasks.store import LocalStore, Release
from tasks.version import next_version, numbers

LEVELS = ("major", "minor", "patch")


def compare(old: str, new: str | None, place: Path | None, examples: int) -> dict[str, Any]:
    """What differs: tasks.diff.Changes as plain values, with `level` (major, minor, patch) and the reason for it.

    old, new: NAME@VERSION. Without `new` the newest version of NAME; NAME alone stands for its last two versions.
    """
    store = LocalStore(place or settings().home / "releases")
    before, after = (_one(store, old), _one(store, new)) if new else _to_newest(store, old)
    changes = diff(before, after, examples)
    version, reason = next_version("0.0.0", changes)
    level = LEVELS[next(i for i, number in enumerate(numbers(version)) if number)]
    same = before.manifest.content() == after.manifest.content()
    told = ("nothing", "the content is the same") if same else (level, reason)
    return {**asdict(changes), "level": told[0], "reason": told[1]}


def _to_newest(store: LocalStore, name: str) -> tuple[Release, Release]:
    if "@" in name:
        return _one(store, name), _versions(store, name.partition("@")[0])[-1]
    versions = _versions(store, name)
    if len(versions) < 2:
        raise RecipeError(f"{name} has one version, {versions[0].manifest.version}; there is nothing to compare it with yet.")
    return versions[-2], versions[-1]


def _one(store: LocalStore, name: str) -> Release:
    release, _, version = name.partition("@")
    versions = {each.manifest.version: each for each in _versions(store, release)}
    if version not in versions:
        missing = f"no version {version!r}" if version else "which version is not said: write NAME@VERSION"
        raise RecipeError(f"{name}: {missing}; there are {', '.join(versions)}.{did_you_mean(version, versions)}")
    return versions[version]


def _versions(store: LocalStore, name: str) -> list[Release]:
    names = store.names()
    if name not in names:
        raise RecipeError(f"no release {name!r} in {store.root}; there are {', '.join(names) or 'none'}.{did_you_mean(name, names)}")
    versions = store.versions(name)
    if not versions:
        raise RecipeError(f"{name} in {store.root} has no version. babelmill build makes one.")
    return versions
