"""The warehouse: whether it can be written and locked, room on its disk, memory and releases."""

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from flows.doctor.finding import Finding, absent, bad, ok
from flows.settings import settings
from schemas.errors import IntegrityError
from tasks.memory import FILES_TO_COMPACT, Memory
from tasks.store import LocalStore

LEAST_FREE = 1 << 30  # bytes; a demo needs megabytes, a model of 600 M parameters 0.6 GB
COUNT = 3.0  # seconds that counting what is there may take
MOUNTS = Path("/proc/self/mountinfo")


def folder() -> Iterator[Finding]:
    """It can be written, and two processes cannot hold one lock."""
    home = settings().home
    probe = home / f".probe-{os.getpid()}"
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"babelmill")
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        yield bad("warehouse", f"{home.absolute()}: {reason}. Set BABELMILL_HOME to a folder you may write.")
        return
    kind = file_system(home.resolve(), MOUNTS.read_text("utf-8") if MOUNTS.is_file() else "")
    try:
        yield ok("warehouse", f"{home.absolute()} can be written ({kind})")
        yield locked(probe, kind)
    finally:
        probe.unlink(missing_ok=True)


def locked(probe: Path, kind: str) -> Finding:
    """Whether a lock on a file keeps a second one out."""
    way_out = "Two runs of one release could then work at once. Put BABELMILL_HOME on a file system with flock (a local disk, NFS 4)."
    with probe.open("a") as first, probe.open("a") as second:
        try:
            fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return bad("locks", f"{kind} refuses flock: {error.strerror}. {way_out}")
        try:
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return ok("locks", "flock keeps a second process out")
        return bad("locks", f"{kind} gives one lock to two. {way_out}")


def file_system(path: Path, mounts: str) -> str:
    """Type of the file system of an absolute path. mounts: /proc/self/mountinfo."""
    kind, deepest = "unknown file system", -1
    for line in mounts.splitlines():
        mount, found, rest = line.partition(" - ")
        if found and len(mount.split()) > 4:
            point = Path(re.sub(r"\\(\d{3})", lambda match: chr(int(match[1], 8)), mount.split()[4]))
            if path.is_relative_to(point) and len(point.parts) >= deepest:  # of two at one place the later one covers the other
                kind, deepest = rest.split()[0], len(point.parts)
    return kind


def disk() -> Iterator[Finding]:
    """Room for what comes: at least the largest release once more."""
    home = settings().home.absolute()
    place = next(path for path in (home, *home.parents) if path.exists())
    free = shutil.disk_usage(place).free
    largest, name = _largest(home)
    yield room(free, place, _counted(home), largest, name)


def room(free: int, place: Path, there: str, largest: int, name: str) -> Finding:
    """Bytes free, against the largest version of a release."""
    if free < max(LEAST_FREE, largest):
        need = f"; a new version of {name} takes {largest / 1e9:.1f}" if largest > LEAST_FREE else ""
        way_out = "babelmill maintain frees what is old; else make room or set BABELMILL_HOME elsewhere."
        return bad("disk", f"{free / 1e9:.1f} GB free under {place}{need}: {way_out}")
    return ok("disk", f"{free / 1e9:.0f} GB free; the warehouse has {there}")


def memory() -> Iterator[Finding]:
    """The table opens. A table that does not is a WarehouseError, which is said."""
    rows = Memory(settings().home / "memory").rows()
    if rows.is_empty():
        yield absent("memory", "empty: the first build makes it")
        return
    count, size, most = sum(rows["rows"].to_list()), sum(rows["bytes"].to_list()), max(rows["files"].to_list())
    many = f"; up to {most} files a partition: babelmill maintain makes them few" if most > FILES_TO_COMPACT else ""
    yield ok("memory", f"{rows['engine'].n_unique()} engines, {count:,} rows, {size / 1e6:,.1f} MB{many}")


def releases() -> Iterator[Finding]:
    """Their manifests can be read."""
    store = LocalStore(settings().home / "releases")
    names, versions = store.names(), 0
    for name in names:
        try:
            versions += len(store.versions(name))
        except IntegrityError as error:
            yield bad("releases", str(error))
    if names:
        yield ok("releases", f"{len(names)} with {versions} versions; babelmill releases --verify reads all their bytes")
    else:
        yield absent("releases", "none yet: babelmill build xmind-sample makes one")


def _largest(home: Path) -> tuple[int, str]:
    """Bytes and name of the largest version there is; what cannot be read is said elsewhere."""
    store = LocalStore(home / "releases")
    found = [(0, "")]
    for name in store.names():
        try:
            for release in store.versions(name):
                files = [f for c in release.manifest.configs.values() for s in c.splits.values() for f in s.files]
                found.append((sum(file.bytes for file in (*files, *release.manifest.files)), name))
        except IntegrityError:
            continue
    return max(found)


def _counted(home: Path) -> str:
    """Size of the warehouse, as far as it can be counted in COUNT seconds."""
    start, total = time.monotonic(), 0
    for folder, _, files in os.walk(home):
        for file in files:
            try:
                total += os.lstat(os.path.join(folder, file)).st_size  # noqa: PTH118  # os.walk gives strings, and there may be many
            except OSError:
                continue
        if time.monotonic() - start > COUNT:
            return f"over {total / 1e9:.1f} GB"
    return f"{total / 1e9:.1f} GB"
