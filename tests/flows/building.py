"""Helpers of the tests of builds."""

import hashlib
from pathlib import Path

from flows.build import Built, build
from flows.options import Options, request
from flows.runners import Threads


def run(recipe: Path | str, workers: int = 2, **options: object) -> Built:
    """A build in this process."""
    return build(request(Options(str(recipe), **options)), Threads(workers))  # type: ignore[arg-type]


def digests(folder: Path) -> dict[str, str]:
    """Path -> sha256 of every file of a release."""
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}
