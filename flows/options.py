"""Options: what the command line and the Prefect form ask for, and the build it means."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xxhash
import yaml

from flows.build import Request
from flows.settings import settings
from schemas.errors import RecipeError
from schemas.recipe import CTranslate2, Echo, Recipe, Translate
from schemas.recipe_file import load
from tasks.read import pinned
from tasks.translate import Machine


@dataclass(frozen=True)
class Options:
    """What the command line and the Prefect form ask for: flat, and the same in both."""

    recipe: str
    languages: list[str] | None = None
    limit: int | None = None
    engine: str | None = None
    changes: list[str] | None = None
    store: str | None = None
    strict: bool = False
    workers: int | None = None


def request(options: Options) -> Request:
    """The build that the options ask for. Any change to the recipe, and the echo engine, make it a preview."""
    if options.limit is not None and options.limit < 1:
        raise RecipeError(f"--limit {options.limit}: a number of rows from 1. Leave it out for all rows.")
    values = dict(_change(text) for text in options.changes or [])
    if options.languages is not None:
        values["translate.into"] = options.languages
    now = settings()
    recipe = load(options.recipe, values, now.added)
    if options.engine and options.engine != recipe.translate.engine:  # the options of one engine mean nothing to another
        values["translate"] = {"engine": options.engine, "into": list(recipe.translate.into)}
        recipe = load(options.recipe, values, now.added)
    recipe = recipe.model_copy(update={"source": pinned(recipe.source), "translate": _pinned_model(recipe.translate, now.machine)})
    trial = options.limit is not None or bool(values) or isinstance(recipe.translate, Echo)
    if trial and options.store:
        raise RecipeError("--store is for releases; --limit, --languages, --set and the echo engine write a preview to the warehouse.")
    return Request(
        recipe=recipe,
        home=now.home,
        preview=_preview(recipe, options.limit) if trial else None,
        limit=options.limit,
        strict=options.strict,
        store=Path(options.store) if options.store else None,
        machine=now.machine,
    )


def _pinned_model(options: Translate, machine: Machine) -> Translate:
    """The options with the commit of a model of the Hub."""
    if not (isinstance(options, CTranslate2) and options.on_hub and machine.models):
        return options
    from tasks.models.fetch import pinned as pinned_model
    from tasks.models.kept import ModelStore

    return pinned_model(options, ModelStore(machine.models))


def workers(options: Options) -> int:
    """Chunks in work at once."""
    count = options.workers if options.workers is not None else settings().workers
    if count < 1:
        raise RecipeError(f"--workers {count}: a number from 1.")
    return count


def _change(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise RecipeError(f"--set {text}: expected PATH.TO.KEY=VALUE, as in translate.beam_size=1.")
    try:
        return key.strip(), yaml.safe_load(value)
    except yaml.YAMLError:
        raise RecipeError(f"--set {text}: the value is not YAML; put it in quotes.") from None


def _preview(recipe: Recipe, limit: int | None) -> str:
    """Name of a preview: the same for the same changes."""
    return xxhash.xxh3_64_hexdigest(f"{recipe.model_dump_json()}\0{limit}".encode())[:12]
