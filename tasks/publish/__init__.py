"""Publish: a version of the local store goes to the Hub, whole in one commit and then under its tag, or not at all."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from schemas.errors import PublishError
from schemas.manifest import Manifest
from schemas.recipe import HUB_NAME
from tasks.licence import Verdict, verdict
from tasks.patience import Patience
from tasks.publish.files import CARD, Item, contents
from tasks.publish.gate import Target as Target
from tasks.publish.gate import gate, opened, permission
from tasks.publish.page import readme
from tasks.publish.plan import Head, Step, holds, plan, tag_of, title
from tasks.publish.refusals import AGAIN, NOTHING, unnamed
from tasks.publish.repository import Repository
from tasks.store import MANIFEST, LocalStore, Release
from tasks.version import numbers

ROUNDS = 6  # times that others may have moved main while a version was being written
PREVIEW = "|preview"  # how the signature of a preview ends


@dataclass(frozen=True)
class Proposal:
    """What a publication would do, and why it may."""

    verdict: Verdict
    items: Mapping[str, Item]  # all files of the version, by path
    step: Step
    head: Head | None  # None: the repository is still to be made
    refused: str | None = None  # why it may not


@dataclass(frozen=True)
class Published:
    """A version that is on the Hub."""

    change: str  # published, mended, tagged, or unchanged
    commit: str
    tag: str
    verdict: Verdict
    head: Head
    items: Mapping[str, Item]
    new: Mapping[str, int] = field(default_factory=dict)  # path -> bytes that the Hub did not have, of files that were sent
    deleted: tuple[str, ...] = ()


def publish(store: LocalStore, release: Release, target: Target, patience: Patience | None = None) -> Published:
    """Make main of target.repo hold exactly this version, and tag it; safe to run again after any interruption.

    Raises IntegrityError where a file is not as the manifest says, PublishError where licence, Hub or what it holds bar it.
    """
    manifest, found = release.manifest, gate(release.manifest, target)
    _sound(store, release, target)
    hub, change = Repository(target.repo, patience), "unchanged"
    sent: dict[str, int] = {}
    deleted: tuple[str, ...] = ()
    for attempt in range(ROUNDS):
        head = hub.head() or hub.made(private=not target.public)
        opened(manifest, target, found, head)
        items = _items(hub, release, target, head)
        head = _earlier(hub, manifest, items, head) or head
        step = plan(manifest, items, head, target.repo)
        if step.commits:
            ready = hub.stage(step.send)
            sent |= {path: max(new, sent.get(path, 0)) for path, new in ready.new.items()}  # in a second round nothing is new
            deleted = step.delete
            change = "mended" if holds(manifest, items, head) else "published"
            try:
                commit = hub.commit(ready, step.delete, head.sha, title(manifest), _description(manifest, items))
            except PublishError:
                if not _landed(hub, manifest, items):
                    raise
                commit = None
            if commit is None:  # main moved: by another publisher, or by this commit, whose answer was lost
                hub.pause(attempt)
                continue
            head = replace(hub.at(commit), tags=head.tags)
            if lacking := plan(manifest, items, head, target.repo).send:
                raise PublishError(
                    f"{target.repo}: commit {commit[:7]} was taken, and lacks {lacking[0].path}. It has no tag. "
                    "Run the same command again: it is mended."
                )
        added = _tagged(hub, manifest, items, head)
        change = "tagged" if added and change == "unchanged" else change
        return Published(change, head.sha, tag_of(manifest), found, head, items, sent, deleted)
    raise PublishError(
        f"{target.repo}: main moved {ROUNDS} times while {manifest.name} {manifest.version} was being written (who else writes there?). "
        f"{NOTHING} {AGAIN}"
    )


def propose(store: LocalStore, release: Release, target: Target, patience: Patience | None = None) -> Proposal:
    """What `publish` would do now, also where it may not. Changes nothing; but for that raises what it would raise."""
    _sound(store, release, target)
    manifest, found = release.manifest, verdict(release.manifest, target.accepted)
    hub = Repository(target.repo, patience)
    head = hub.head()
    items = _items(hub, release, target, head)
    head = head and (_earlier(hub, manifest, items, head) or head)
    try:
        gate(manifest, target)
        if head:
            opened(manifest, target, found, head)
        refused = None
    except PublishError as error:
        refused = str(error)
    step = plan(manifest, items, head, target.repo) if head else Step(tuple(items.values()))
    return Proposal(found, items, step, head, refused)


def _sound(store: LocalStore, release: Release, target: Target) -> None:
    """It is no preview, its files are those that were released, and its repository has a name."""
    manifest = release.manifest
    if not re.fullmatch(HUB_NAME, target.repo):
        raise unnamed(target.repo)
    if manifest.signature.endswith(PREVIEW):
        raise PublishError(f"{release.path} is a preview, and previews are never published. Build {manifest.name} without changes first.")
    store.verify(release)


def _items(hub: Repository, release: Release, target: Target, head: Head | None) -> dict[str, Item]:
    """The files as they go to the Hub: the card with what people wrote below it."""
    items = contents(release)
    there = hub.read(head.sha, CARD).decode("utf-8", "replace") if head and CARD in head.files else None
    card = (release.path / CARD).read_text("utf-8")
    return {**items, CARD: Item.of(CARD, readme(card, there, permission(release.manifest, target)).encode())}


def _earlier(hub: Repository, manifest: Manifest, items: Mapping[str, Item], head: Head) -> Head | None:
    """The commit of this version, where main has gone on to a newer one."""
    if head.stated and head.stated.name == manifest.name and numbers(head.stated.version) > numbers(manifest.version):
        found = hub.past(manifest, items)
        return found and replace(found, tags=head.tags)
    return None


def _landed(hub: Repository, manifest: Manifest, items: Mapping[str, Item]) -> bool:
    """Whether main holds the version after all, when no commit was answered."""
    try:
        head = hub.head()
    except PublishError:
        return False
    return head is not None and holds(manifest, items, head)


def _tagged(hub: Repository, manifest: Manifest, items: Mapping[str, Item], head: Head) -> bool:
    """Whether the tag had to be made. Raises PublishError where it stands at another content."""
    name = tag_of(manifest)
    if name not in head.tags and hub.tag(name, head.sha):
        return True
    now = hub.head()
    place = now.tags.get(name) if now else None
    if place != head.sha and (place is None or not holds(manifest, items, hub.at(place))):
        raise PublishError(
            f"{hub.name} holds {manifest.name} {manifest.version} at {head.sha[:7]}, but its tag {name} is at {str(place)[:7]}, which is "
            f"another content. Remove the tag at the page of {hub.name}; then run the same command again."
        )
    return False


def _description(manifest: Manifest, items: Mapping[str, Item]) -> str:
    """Of the commit: what it is, for people and for a later look."""
    return f"content sha256:{manifest.content()}\nmanifest sha256:{items[MANIFEST].sha256}\nsignature {manifest.signature}"
