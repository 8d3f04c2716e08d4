"""Behind `babelmill models`: what the warehouse keeps, fetching, removing."""

import sys
from typing import Any

from flows.settings import settings
from schemas.errors import BabelmillError, RecipeError
from tasks.models.kept import ModelStore


def kept() -> list[dict[str, Any]]:
    """Each model of the warehouse: name, repo, revision, license, quantization, megabytes, convention, source and target languages."""
    from tasks.translate.model import open_model

    store, found = _store(), []
    for name, about in store.models().items():
        row: dict[str, Any] = {"name": name, **about.model_dump(include={"repo", "revision", "license", "quantization"})}
        row["megabytes"] = round((about.bytes or 0) / 1e6, 1)
        try:
            convention = open_model(str(store.root / name)).convention
        except BabelmillError as error:  # a damaged model is listed, so that it can be removed
            found.append(row | {"convention": None, "source": [], "target": [], "fault": str(error)})
            continue
        row |= {"convention": convention.name, "source": sorted(convention.sources), "target": sorted(convention.targets)}
        found.append(row)
    return found


def fetch(repo: str, revision: str | None, quantization: str | None, quiet: bool) -> dict[str, Any]:
    """Fetch a model, at what its revision names now; returns its row."""
    from schemas.recipe import CTranslate2
    from tasks.models.fetch import fetch as fetched
    from tasks.models.fetch import quantization_for
    from tasks.models.kept import AS_IS

    if not CTranslate2(model=repo, into=("eng_Latn",)).on_hub:
        raise RecipeError(f"{repo!r} is no model of the Hub: it is OWNER/NAME in the address of its page, and no folder here.")
    store = _store()
    wanted = quantization or quantization_for("auto", settings().device)
    folder = fetched(repo, revision, wanted, store, say=lambda text: None if quiet else print(text, file=sys.stderr))
    row = next(row for row in kept() if row["name"] == folder.name)
    if quantization and row["quantization"] == AS_IS and not quiet:
        print(f"{repo} holds a CTranslate2 model, which is taken as it is; --quantization is for checkpoints.", file=sys.stderr)
    return row


def remove(name: str) -> dict[str, Any]:
    """Remove a model of the warehouse. The cache of huggingface_hub is not touched."""
    store = _store()
    freed = store.models().get(name)
    store.remove(name)
    return {"name": name, "megabytes": round(((freed and freed.bytes) or 0) / 1e6, 1)}


def line(row: dict[str, Any]) -> str:
    """A row as a person reads it."""
    head = f"{row['name']}\n  {row['repo']} @ {(row['revision'] or '?')[:12]}, {row['license'] or 'licence unknown'}"
    size = f"{row['quantization']}, {row['megabytes']:,.1f} MB"
    if row.get("fault"):
        return f"{head}, {size}\n  {row['fault']}"
    sources, targets = row["source"], row["target"]
    spoken = _some(sources) if sources == targets else f"{_some(sources)} -> {_some(targets)}"
    return f"{head}, {size}, {row['convention']}: {spoken}"


def _some(codes: list[str]) -> str:
    return ", ".join(codes) if len(codes) <= 8 else f"{', '.join(codes[:6])} and {len(codes) - 6} more"


def _store() -> ModelStore:
    models = settings().machine.models
    assert models
    return ModelStore(models)
