"""Behind the command line: builds, here or under Prefect, and the list of releases."""

import os
from pathlib import Path
from typing import Any

from flows.build import Built, build
from flows.options import Options, request, workers
from flows.progress import progress
from flows.runners import Threads
from flows.server import known
from flows.settings import settings
from schemas.errors import EngineError, RecipeError
from schemas.recipe_file import load, named
from tasks.store import LocalStore


def run_build(options: Options, quiet: bool = False) -> Built:
    """Run a build here, or, with PREFECT_API_URL, as a flow run."""
    wanted, count = request(options), workers(options)
    if os.environ.get("PREFECT_API_URL"):
        _require_server()
        from flows.deployed.build import run

        return run(options)
    with progress(quiet) as shown:
        return build(wanted, Threads(count), shown)


def _require_server() -> None:
    """Raises EngineError if nobody answers at PREFECT_API_URL: at once, and not after Prefect's own tries."""
    server = known()
    if server and not server.answers(timeout=5):
        way_out = "Start one (babelmill serve), or unset PREFECT_API_URL to build in this process"
        raise EngineError(f"no Prefect server answers at {server.api}. {way_out}.")


def list_releases(name: str | None, verify: bool, place: Path | None) -> list[dict[str, Any]]:
    """Name, version, rows and path of each release; with verify, IntegrityError on the first that is damaged."""
    store = LocalStore(place or settings().home / "releases")
    if name and name not in store.names():
        raise RecipeError(f"no release {name!r} in {store.root}; there are {', '.join(store.names()) or 'none'}.")
    found = []
    for each in [name] if name else store.names():
        for release in store.versions(each):
            if verify:
                store.verify(release)
            rows = {c: sum(s.rows_out for s in config.splits.values()) for c, config in release.manifest.configs.items()}
            found.append({"name": each, "version": release.manifest.version, "rows": rows, "path": str(release.path)})
    return found


def list_recipes() -> list[dict[str, Any]]:
    """Name, title and path of each recipe that has a name; of one that cannot be read what is wrong with it."""
    found: list[dict[str, Any]] = []
    for name, path in named(settings().added).items():
        try:
            found.append({"name": name, "title": load(path).title, "path": str(path)})
        except RecipeError as error:
            found.append({"name": name, "title": None, "path": str(path), "error": str(error)})
    return found
