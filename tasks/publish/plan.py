"""What a publication has to do, from what is released and what the Hub holds. Decides alone: asks nobody, changes nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from huggingface_hub.hf_api import RepoSibling
from pydantic import ValidationError

from schemas.errors import PublishError
from schemas.manifest import Manifest
from tasks.publish.files import CARD, Item
from tasks.store import MANIFEST, PAGES
from tasks.version import numbers

PAPERS = {MANIFEST, *PAGES}  # that differ in their words where another installation wrote the same content
BARE = {CARD, ".gitattributes"}  # all that a repository has in which nobody has put anything


@dataclass(frozen=True)
class Stated:
    """What the manifest of a commit says; also one that another version of Babelmill wrote."""

    name: str
    version: str
    paths: frozenset[str]  # of its files
    content: str | None = None  # its digest; None where another version of Babelmill wrote the manifest

    @classmethod
    def read(cls, text: bytes) -> "Stated | None":
        """None where it is no manifest of a release."""
        try:
            values = json.loads(text)
            splits = [split for config in values["configs"].values() for split in config["splits"].values()]
            files = [*values["files"], *(file for split in splits for file in split["files"])]
            found = cls(values["name"], values["version"], frozenset(file["path"] for file in files))
            numbers(found.version)
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        try:
            return replace(found, content=Manifest.model_validate(values).content())
        except ValidationError:
            return found


@dataclass(frozen=True)
class Head:
    """A commit of the repository, and what stands around it."""

    sha: str
    files: Mapping[str, RepoSibling]
    tags: Mapping[str, str]  # name -> commit
    private: bool
    gated: bool
    stated: Stated | None = None  # None: it has no manifest, or one that cannot be read


@dataclass(frozen=True)
class Step:
    """What is to be sent and to be deleted in one commit; nothing of both where the version is there."""

    send: tuple[Item, ...] = ()
    delete: tuple[str, ...] = ()

    @property
    def commits(self) -> bool:
        """Whether there is anything to commit."""
        return bool(self.send or self.delete)


def plan(manifest: Manifest, items: Mapping[str, Item], head: Head, where: str) -> Step:
    """The step that makes main hold exactly this version, by what main holds now.

    Ours, whole: none, whatever people wrote into its card since. Ours, damaged: what is missing. An older version: what differs.
    Files beside a release that it neither names nor loads (LICENSE, figures) are people's own and stay.
    Raises PublishError where main holds something else, this version with other content, or a newer one.
    """
    theirs = head.stated
    if MANIFEST not in head.files and not set(head.files) <= BARE:
        strange = ", ".join(sorted(set(head.files) - BARE)[:3])
        raise PublishError(f"{where} holds something else ({strange}, no manifest.json). Nothing was published. Name another --repo.")
    if MANIFEST in head.files and (theirs is None or theirs.name != manifest.name):
        what = f"release {theirs.name!r}" if theirs else "a manifest.json that is none of a release"
        raise PublishError(f"{where} holds {what}, not {manifest.name!r}. Nothing was published. Name another --repo.")
    ours = holds(manifest, items, head)
    if theirs and not ours and numbers(theirs.version) >= numbers(manifest.version):
        kind = "with other content" if theirs.version == manifest.version else "which is newer"
        raise PublishError(
            f"{where} holds {theirs.name} {theirs.version} {kind}; this one is {manifest.version}. Nothing was published. "
            "Build and publish a higher version, or name another --repo."
        )
    tag = tag_of(manifest)
    if tag in head.tags and not ours:
        raise PublishError(
            f"{where} has a tag {tag} at {head.tags[tag][:7]}, though main does not hold that version. Nothing was published. "
            f"Remove the tag at the page of {where}, or publish a higher version."
        )
    send = tuple(item for path, item in sorted(items.items()) if not item.is_at(head.files.get(path)))
    delete = tuple(sorted(path for path in head.files if path not in items and path not in BARE and _ours(path, theirs, manifest)))
    if ours and not delete and {item.path for item in send} <= PAPERS & set(head.files):
        return Step()
    return Step(send, delete)


def holds(manifest: Manifest, items: Mapping[str, Item], head: Head) -> bool:
    """Whether a commit has this version: its manifest, or one of the same content, whose pages may be worded otherwise."""
    theirs = head.stated
    same = theirs is not None and (theirs.name, theirs.version, theirs.content) == (manifest.name, manifest.version, manifest.content())
    return same or items[MANIFEST].is_at(head.files.get(MANIFEST))


def tag_of(manifest: Manifest) -> str:
    """As versions are called on the Hub."""
    return f"v{manifest.version}"


def title(manifest: Manifest) -> str:
    """Of the commit: version and content digest."""
    return f"{manifest.name} {manifest.version} (content {manifest.content()[:16]})"


def _ours(path: str, theirs: Stated | None, manifest: Manifest) -> bool:
    """Whether a file is part of the version before, or would be loaded with this one."""
    return path in (theirs.paths if theirs else ()) or (path.partition("/")[0] in {*manifest.configs, "rejected"} and "/" in path)
