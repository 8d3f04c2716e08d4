"""Behind `babelmill publish`: which version goes where, what it would cost, and the record of what was done."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from huggingface_hub import constants

from flows.locks import alone, lock_of
from flows.settings import settings
from schemas.errors import RecipeError, did_you_mean
from schemas.recipe import HubRelease
from tasks.materialise import guarded
from tasks.patience import Patience
from tasks.publish import Proposal, Published, Target, propose, publish
from tasks.publish.dedupe import new_bytes
from tasks.publish.files import Item, contents
from tasks.publish.plan import tag_of
from tasks.store import MANIFEST, LocalStore, Release


def publish_named(name: str, target: Target, place: Path | None, dry_run: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """Publish NAME[@VERSION] of the store, or say what that would do."""
    store = LocalStore(place or settings().home / "releases")
    release = chosen(store, name)
    if dry_run:
        return rehearse(store, release, target, say)
    return publish_release(store, release, target, say)


def publish_release(store: LocalStore, release: Release, target: Target, say: Callable[[str], None]) -> dict[str, Any]:
    """Publish a version; the summary, which is also kept under runs/publish/."""
    start = time.monotonic()
    say(f"Publishing {release.manifest.name} {release.manifest.version} to {target.repo}")
    with alone(lock_of(settings().home, "publish", target.repo), target.repo, say):  # two at once are safe, and send everything twice
        done = publish(store, release, target, Patience(say=say))
    told = {**_told(release, target, done), "seconds": round(time.monotonic() - start, 1)}
    _keep(told, settings().home / "runs" / "publish")
    return told


def publish_built(store: LocalStore, release: Release, to: HubRelease, say: Callable[[str], None]) -> dict[str, Any]:
    """Publish what a build made, as its recipe says; a version that is there already costs a look."""
    say(f"{release.manifest.name} {release.manifest.version} ({release.change}) is whole at {release.path}")
    told = publish_release(store, release, Target(to.repo, not to.private, to.accept_licence), say)
    say(f"{told['change']}: {told['url']}/tree/{told['tag']}")
    return told


def rehearse(store: LocalStore, release: Release, target: Target, say: Callable[[str], None]) -> dict[str, Any]:
    """What publishing would do, file by file. Changes nothing."""
    found = propose(store, release, target, Patience(say=say))
    step, head = found.step, found.head
    known = {file.lfs.sha256 for file in head.files.values() if file.lfs} if head else set()
    sent = {item.path: item for item in step.send}
    new = {path: 0 if item.sha256 in known else item.size for path, item in sent.items()}
    measured = _measured(store, release, found)
    new |= measured or {}
    files = [
        {"path": item.path, "bytes": item.size, "state": _state(item, found), "new_bytes": new.get(item.path, 0)}
        for item in sorted(found.items.values(), key=lambda item: item.path)
    ]
    return {
        "name": release.manifest.name,
        "version": release.manifest.version,
        "repo": target.repo,
        "tag": tag_of(release.manifest),
        "would": _would(found, release),
        "refused": found.refused,
        "private": not target.public if head is None else head.private,
        **_verdict(found),
        "files": [*files, *({"path": path, "bytes": 0, "state": "deleted", "new_bytes": 0} for path in step.delete)],
        "bytes": sum(item.size for item in found.items.values()),
        "new_bytes": sum(new.values()),
        "new_bytes_are": "measured" if measured is not None else "at most",
    }


def chosen(store: LocalStore, name: str) -> Release:
    """The version of NAME@VERSION, the newest of NAME. Raises RecipeError naming what there is."""
    wanted, _, version = name.partition("@")
    names = store.names()
    versions = {release.manifest.version: release for release in store.versions(wanted)} if wanted in names else {}
    if not versions:
        known = ", ".join(names) or "none"
        raise RecipeError(f"no release {wanted!r} in {store.root}; there are {known}.{did_you_mean(wanted, names)}")
    if version and version not in versions:
        raise RecipeError(f"{wanted} has no version {version!r}; there are {', '.join(versions)}.{did_you_mean(version, versions)}")
    return versions[version] if version else next(reversed(versions.values()))


def _measured(store: LocalStore, release: Release, found: Proposal) -> dict[str, int] | None:
    """New bytes of the Parquet that would be sent, where the version that main holds lies in the store too; else None."""
    head = found.head
    new = {item.path: item.content for item in found.step.send if isinstance(item.content, Path) and item.path.endswith(".parquet")}
    if not new:
        return {}
    held = head.stated.version if head and head.stated else None
    last = next((each for each in store.versions(release.manifest.name) if each.manifest.version == held), None)
    if head is None or last is None or not contents(last)[MANIFEST].is_at(head.files.get(MANIFEST)) or store.damage(last):
        return None
    folders = {path.partition("/")[0] for path in new}
    old = [last.path / path for path in contents(last) if path.endswith(".parquet") and path.partition("/")[0] in folders]
    return new_bytes(old, new)


def _state(item: Item, found: Proposal) -> str:
    if item not in found.step.send:
        return "there"
    return "changed" if found.head and item.path in found.head.files else "new"


def _would(found: Proposal, release: Release) -> str:
    tag = tag_of(release.manifest)
    if found.head is None:
        return f"make the repository, one commit, tag {tag}"
    tagged = "nothing" if tag in found.head.tags else f"tag {tag}"
    return f"one commit, tag {tag}" if found.step.commits else tagged


def _verdict(found: Proposal | Published) -> dict[str, Any]:
    verdict = found.verdict
    return {"level": verdict.level, "licence": verdict.licence, "reasons": list(verdict.reasons)}


def _told(release: Release, target: Target, done: Published) -> dict[str, Any]:
    return {
        "name": release.manifest.name,
        "version": release.manifest.version,
        "repo": target.repo,
        "url": f"{constants.ENDPOINT}/datasets/{target.repo}",
        "change": done.change,
        "commit": done.commit,
        "tag": done.tag,
        "private": done.head.private,
        **_verdict(done),
        "files": len(done.items),
        "bytes": sum(item.size for item in done.items.values()),
        "sent": {path: {"bytes": done.items[path].size, "new_bytes": new} for path, new in sorted(done.new.items())},
        "new_bytes": sum(done.new.values()),
        "deleted": list(done.deleted),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _keep(told: dict[str, Any], folder: Path) -> None:
    with guarded(folder):
        folder.mkdir(parents=True, exist_ok=True)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        (folder / f"{stamp}-{told['name']}.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")
