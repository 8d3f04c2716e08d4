"""Store: versions of releases on a local disk. A reader sees a whole version or none."""

import contextlib
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import ValidationError

from schemas.errors import IntegrityError, PublishError
from schemas.manifest import Change, Manifest
from tasks.alive import alive
from tasks.diff import Changes, diff
from tasks.materialise import entry, flush, guarded
from tasks.release import Release as Release
from tasks.version import next_version, numbers

MANIFEST = "manifest.json"
PAGES = ("README.md", "report.html")
STAGING = ".staging"


class LocalStore:
    """ROOT/NAME/VERSION/ folders."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextlib.contextmanager
    def staging(self) -> Iterator[Path]:
        """A folder on the same disk to build a version in; gone afterwards. Those of killed processes go with it."""
        folder = self.root / STAGING / f"{socket.gethostname()}-{os.getpid()}-{os.urandom(4).hex()}"
        with guarded(folder):
            folder.mkdir(parents=True)
        sweep(folder.parent)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def versions(self, name: str) -> list[Release]:
        """All versions of a release, oldest first."""
        folder = self.root / name
        found = [self._read(path) for path in folder.iterdir() if (path / MANIFEST).is_file()] if folder.is_dir() else []
        return sorted(found, key=lambda release: numbers(release.manifest.version))

    def names(self) -> list[str]:
        """Names of all releases."""
        return sorted(f.name for f in self.root.iterdir() if f.is_dir() and f.name != STAGING) if self.root.is_dir() else []

    def latest(self, name: str) -> Release | None:
        """The newest version, if any."""
        return next(reversed(self.versions(name)), None)

    def commit(self, staged: Path, manifest: Manifest, write_pages: Callable[[Manifest, Path], None]) -> Release:
        """Make the staged folder a version, unless the newest one, or the one it names, has its content already.

        manifest.version: `auto`, or the version to be. Raises PublishError if that version exists with other content.
        What differs from the version before decides the number and goes into the history of the manifest.
        """
        while True:
            versions = {release.manifest.version: release for release in self.versions(manifest.name)}
            last = next(reversed(versions.values()), None)
            same = last if manifest.version == "auto" else versions.get(manifest.version)
            damaged = same is not None and same.manifest.content() == manifest.content()
            if same and damaged and self.damage(same) is None:
                return Release(same.path, same.manifest, "unchanged")
            change, history = (
                ("mended", same.manifest.changes) if same and damaged else self._history(versions, Release(staged, manifest, ""))
            )
            version = same.manifest.version if same and damaged else history[-1].version
            target = self.root / manifest.name / version
            if target.exists() and not (target / MANIFEST).is_file():
                raise PublishError(f"{target} is in the way: it has no manifest, so it is no version. Move it elsewhere, run again.")
            if target.exists() and not damaged and manifest.version != "auto":
                raise PublishError(f"{manifest.name} {version} exists with other content. Name a new version, or `auto`.")
            signature = f"{manifest.signature}|v:{version}"
            told = {"version": version, "signature": signature, "changes": history}
            final = _complete(staged, manifest.model_copy(update=told), write_pages)
            if damaged:
                _set_aside(target, staged)
            with guarded(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                try:
                    staged.rename(target)
                except OSError as error:
                    if target.exists():  # another build took this version meanwhile: look again
                        continue
                    raise error
                flush(target.parent)
            return Release(target, final, change)

    def replace(self, staged: Path, manifest: Manifest, place: str, write_pages: Callable[[Manifest, Path], None]) -> Release:
        """Make the staged folder ROOT/place, whatever stood there: for previews, which have no versions."""
        final = manifest.model_copy(update={"version": "0.0.0", "signature": f"{manifest.signature}|preview"})
        final = _complete(staged, final, write_pages)
        target = self.root / place
        with guarded(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists():
                _set_aside(target, staged)
            staged.rename(target)
        return Release(target, final, "preview")

    def verify(self, release: Release) -> None:
        """Raises IntegrityError naming the first file that is not as the manifest says."""
        path = self.damage(release)
        if path:
            raise IntegrityError(f"{path}: not the file that was released (sha256 differs). Build the same recipe again: it is mended.")

    def damage(self, release: Release) -> Path | None:
        """The first file that is not as the manifest says, if any."""
        files = [f for c in release.manifest.configs.values() for s in c.splits.values() for f in s.files]
        for file in (*files, *release.manifest.files):
            path = release.path / file.path
            if not path.is_file() or entry(release.path, file.path).sha256 != file.sha256:
                return path
        return None

    def _history(self, versions: dict[str, Release], new: Release) -> tuple[str, tuple[Change, ...]]:
        """(why the new version has its number, the history up to it).

        It follows the newest version, or, where the recipe names its number, the one below that.
        """
        pinned = new.manifest.version if new.manifest.version != "auto" else None
        before = [each for version, each in versions.items() if pinned is None or numbers(version) < numbers(pinned)]
        version, why, rows = "1.0.0", "first version", {}
        if before:
            changes = self._compared(before[-1], new)
            version, why = next_version(before[-1].manifest.version, changes)
            rows = {name: each.rows for name, each in changes.configs.items()} if changes else {}
        change = Change(version=pinned or version, reason="as the recipe says" if pinned else why, rows=rows)
        return change.reason, (*(before[-1].manifest.changes if before else ()), change)

    def _compared(self, old: Release, new: Release) -> Changes | None:
        """What differs; None where files of the old version are damaged, which must not keep a new one from being made."""
        try:
            return diff(old, new, examples=0)
        except IntegrityError:
            if self.damage(old) is None:
                raise
            return None

    def _read(self, path: Path) -> Release:
        try:
            return Release(path, Manifest.model_validate_json((path / MANIFEST).read_bytes()), "")
        except ValidationError as error:
            reason = str(error.errors()[0]["msg"])
            raise IntegrityError(f"{path / MANIFEST}: not a manifest: {reason}. Move {path} elsewhere and build again.") from None


def _complete(staged: Path, manifest: Manifest, write_pages: Callable[[Manifest, Path], None]) -> Manifest:
    """Write pages and manifest beside the data, and all of it to the disk itself; returns the manifest as written."""
    with guarded(staged):
        write_pages(manifest, staged)
        pages = [entry(staged, name) for name in PAGES if (staged / name).is_file()]
        final = manifest.model_copy(update={"files": (*manifest.files, *pages)})
        (staged / MANIFEST).write_text(final.text(), "utf-8")
        for path in (*staged.rglob("*"), staged):
            flush(path)
    return final


def _set_aside(target: Path, staged: Path) -> None:
    """Take what stands at `target` out of the way, under a name that is swept if this process dies here."""
    old = staged.with_name(f"{staged.name}old")
    with guarded(target):
        target.rename(old)
    shutil.rmtree(old, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove the staging folders whose process on this host has ended."""
    for path in abandoned(folder):
        shutil.rmtree(path, ignore_errors=True)


def abandoned(folder: Path) -> list[Path]:
    """The staging folders whose process on this host has ended."""
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        host, _, pid = path.name.rpartition("-")[0].rpartition("-")
        if host == socket.gethostname() and pid.isdecimal() and not alive(int(pid)):
            found.append(path)
    return found
