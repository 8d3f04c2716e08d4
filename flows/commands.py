"""Behind the command line: from options to a request, and from results to what a person reads."""

import os
import sys
from pathlib import Path
from typing import Any

import xxhash
import yaml

from flows.build import Built, Request
from flows.progress import progress
from flows.settings import settings
from schemas.errors import RecipeError
from schemas.recipe import Echo, load
from tasks.store import LocalStore


def request(
    recipe: str,
    languages: str | None,
    limit: int | None,
    engine: str | None,
    changes: list[str] | None,
    store: Path | None,
    strict: bool,
) -> Request:
    """What the options ask for. Any change to the recipe, and the echo engine, make it a preview."""
    if limit is not None and limit < 1:
        raise RecipeError(f"--limit {limit}: a number of rows from 1. Leave it out for all rows.")
    values = dict(_change(text) for text in changes or [])
    if languages:
        values["translate.into"] = [code.strip() for code in languages.split(",") if code.strip()]
    plain = load(recipe)
    changed = load(recipe, values)
    if engine and engine != changed.translate.engine:  # the options of one engine mean nothing to another
        changed = load(recipe, values | {"translate": {"engine": engine, "into": list(changed.translate.into)}})
    trial = limit is not None or changed != plain or isinstance(changed.translate, Echo)
    now = settings()
    return Request(changed, now.home, _preview(changed, limit) if trial else None, limit, strict, store, now.device)


def run_build(wanted: Request, workers: int | None = None, quiet: bool = False) -> Built:
    """Run a build here, or, with PREFECT_API_URL, as a flow run."""
    count = workers if workers is not None else settings().workers
    if count < 1:
        raise RecipeError(f"--workers {count}: a number from 1.")
    if os.environ.get("PREFECT_API_URL"):
        from flows.deployed import run_request

        return run_request(wanted, count)
    from flows.build import build
    from flows.runners import Threads

    with progress(quiet) as shown:
        return build(wanted, Threads(count), shown)


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


def show_built(built: Built) -> None:
    """The end of a build, for a person."""
    run, release = built.run, built.release
    for code, config in release.manifest.configs.items():
        for split, s in config.splits.items():
            checked = f", {s.verdicts.get('flag', 0):,} fields flagged, {s.verdicts.get('reject', 0):,} rejected"
            rows = f"{code:12} {split:8} {s.rows_in:,} rows in = {s.rows_out:,} out + {s.set_aside:,} set aside + {s.rejected:,} rejected"
            print(rows + (checked if config.kind == "translation" else ""))
    seconds = run["seconds"]["all"]
    print(f"{run['translated']:,} of {run['sentences']:,} sentences translated, {run['from_memory']:,} remembered, {seconds:.1f} s")
    print(f"{release.manifest.name} {release.manifest.version} ({release.change}): {release.path}")


def show_plan(found: dict[str, Any]) -> None:
    """A plan, for a person."""
    for code, values in found["languages"].items():
        print(f"{code:12} {values['sentences']:,} sentences, {values['from_memory']:,} in memory, {values['missing']:,} to translate")
    print(
        f"{found['rows']:,} rows, {found['segments']:,} segments, {found['tokens']:,} tokens to translate, about {found['seconds']:,.0f} s"
    )


def show_releases(found: list[dict[str, Any]]) -> None:
    """Releases, for a person."""
    if not found:
        print("no releases yet: babelmill build RECIPE makes one", file=sys.stderr)
    for each in found:
        rows = ", ".join(f"{config} {count:,}" for config, count in each["rows"].items())
        print(f"{each['name']} {each['version']}  {rows}\n  {each['path']}")


def _change(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise RecipeError(f"--set {text}: expected PATH.TO.KEY=VALUE, as in translate.beam_size=1.")
    try:
        return key.strip(), yaml.safe_load(value)
    except yaml.YAMLError:
        raise RecipeError(f"--set {text}: the value is not YAML; put it in quotes.") from None


def _preview(recipe: Any, limit: int | None) -> str:
    """Name of a preview: the same for the same changes."""
    return xxhash.xxh3_64_hexdigest(f"{recipe.model_dump_json()}\0{limit}".encode())[:12]
