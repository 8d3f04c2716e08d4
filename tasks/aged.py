"""Aged: how old and how large files and folders are. What goes away while it is looked at counts as nothing."""

import time
from collections.abc import Iterator
from pathlib import Path

DAY = 24 * 3600.0  # seconds


def older(path: Path, days: float, now: float | None = None) -> bool:
    """Whether nothing in a file or folder has changed for so many days; False where it is gone."""
    changes = list(_stats(path))
    limit = (time.time() if now is None else now) - days * DAY
    return bool(changes) and max(changed for changed, _ in changes) < limit


def size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; links count as what they are, not as what they point to."""
    return sum(count for _, count in _stats(path))


def _stats(path: Path) -> Iterator[tuple[float, int]]:
    """(seconds since 1970 of the last change, bytes) of a path and all below it; of folders no bytes."""
    for each in (path, *(path.rglob("*") if path.is_dir() and not path.is_symlink() else ())):
        try:
            told = each.lstat()
        except FileNotFoundError:
            continue
        yield told.st_mtime, 0 if each.is_dir() and not each.is_symlink() else told.st_size
