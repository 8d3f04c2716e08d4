"""What a version consists of, file by file, as it is published."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from huggingface_hub.hf_api import RepoSibling

from schemas.manifest import File, Manifest
from tasks.store import MANIFEST, Release

CARD = "README.md"


@dataclass(frozen=True)
class Item:
    """A file of the release: where it goes, and what it is."""

    path: str
    content: Path | bytes
    size: int
    sha256: str

    @classmethod
    def of(cls, path: str, content: bytes) -> "Item":
        """A file that is made for the Hub."""
        return cls(path, content, len(content), hashlib.sha256(content).hexdigest())

    @cached_property
    def blob(self) -> str:
        """git's name of the content, by which the Hub knows small files."""
        content = self.content if isinstance(self.content, bytes) else self.content.read_bytes()
        return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()

    def is_at(self, there: RepoSibling | None) -> bool:
        """Whether the Hub has exactly this under the path."""
        if there is None:
            return False
        return there.lfs.sha256 == self.sha256 if there.lfs else there.size == self.size and there.blob_id == self.blob


def contents(release: Release) -> dict[str, Item]:
    """Every file that the manifest names, and the manifest, by path. Their bytes are not looked at."""
    items = {file.path: Item(file.path, release.path / file.path, file.bytes, file.sha256) for file in listed(release.manifest)}
    return {**items, MANIFEST: Item.of(MANIFEST, (release.path / MANIFEST).read_bytes())}


def listed(manifest: Manifest) -> list[File]:
    """The files that a manifest names: data, rejects and pages."""
    return [*(file for config in manifest.configs.values() for split in config.splits.values() for file in split.files), *manifest.files]
