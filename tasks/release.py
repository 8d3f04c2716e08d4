"""A release on the disk."""

from dataclasses import dataclass
from pathlib import Path

from schemas.manifest import Manifest


@dataclass(frozen=True)
class Release:
    """One version on the disk."""

    path: Path
    manifest: Manifest
    change: str  # how it differs from the version before
