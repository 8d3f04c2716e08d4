"""Recipes as files: from YAML to the model, and what is wrong with them in words."""

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from schemas.errors import RecipeError, did_you_mean
from schemas.recipe import CTranslate2, Echo, Recipe, Release, Translate
from schemas.resources import data_root, find
from schemas.sources import HubSource, Source

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")  # of a recipe's file, by which forms and command lines call it


class Loader(yaml.SafeLoader):
    """YAML without surprises: a key given twice is an error, not the last of the two."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value]
        for key, _ in node.value:
            if keys.count(key.value) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"key {key.value!r} given twice", key.start_mark)
        return super().construct_mapping(node, deep)


def shipped() -> dict[str, Path]:
    """The recipes that come with Babelmill: name -> file."""
    return {path.stem: path for path in sorted((data_root() / "recipes").glob("*.yaml"))}


def named(added: Path | None = None) -> dict[str, Path]:
    """The recipes that have a name: those of the folder `added`, and those shipped that it has none in the place of; name -> file."""
    own = sorted(added.glob("*.yaml")) if added and added.is_dir() else []
    return dict(sorted((shipped() | {path.stem: path for path in own if _NAME.fullmatch(path.stem)}).items()))


def load(recipe: str | Path, changes: dict[str, Any] | None = None, added: Path | None = None) -> Recipe:
    """The recipe of a file, or of that name in the folder `added` or among those shipped, with `changes` (dotted path -> value) applied.

    The paths of source and model come back resolved. Raises RecipeError with the path of each wrong key.
    """
    path = Path(recipe)
    if not path.is_file():
        known = named(added)
        if str(recipe) not in known:
            names = ", ".join(known) or "none"
            raise RecipeError(f"no recipe {str(recipe)!r}: neither a file nor one of {names}.{did_you_mean(str(recipe), known)}")
        path = known[str(recipe)]
    try:
        values = yaml.load(path.read_text("utf-8"), Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: not UTF-8, or a date that is none
        where = getattr(error, "problem_mark", None)
        line = f" line {where.line + 1}" if where else ""
        problem = getattr(error, "problem", None) or error
        raise RecipeError(f"{path}{line}: not YAML: {problem}. A recipe looks like data/recipes/*.yaml.") from None
    if not isinstance(values, dict):
        raise RecipeError(f"{path}: a recipe is a mapping (name: ..., source: ...), not {type(values).__name__}.")
    for dotted, value in (changes or {}).items():
        _set(values, dotted, value)
    return parse(values, near=path.parent, where=str(path))


def parse(values: dict[str, Any], near: Path | None = None, where: str = "recipe") -> Recipe:
    """The recipe of a mapping; the paths of source and model are looked for from `near` first."""
    try:
        recipe = Recipe.model_validate(values)
    except ValidationError as error:
        raise RecipeError("\n".join(f"{where}: {line}" for line in _explain(error))) from None
    places = [near] if near else []
    changes: dict[str, Any] = {}
    if not isinstance(recipe.source, HubSource):
        changes["source"] = recipe.source.model_copy(update={"path": find(recipe.source.path, *places)})
    if isinstance(recipe.translate, CTranslate2):
        changes["translate"] = _located(recipe.translate, places, where)
    if isinstance(recipe.translate, Echo):  # its marked copies would all be rejected
        changes["checks"] = recipe.checks.model_copy(update={"reject": (), "flag": (*recipe.checks.reject, *recipe.checks.flag)})
    return recipe.model_copy(update=changes)


def _located(options: CTranslate2, places: list[Path], where: str) -> CTranslate2:
    """The options with the path of their model, unless it is `demo` or OWNER/NAME on the Hub; a folder of that name comes first."""
    folder = find(options.model, *places)
    if options.model != "demo" and (folder.is_dir() or not options.on_hub):
        options = options.model_copy(update={"model": str(folder)})
    if options.shortlist and options.shortlist.text:
        text = Path(options.shortlist.text)
        there = options.shortlist.model_copy(update={"text": str(find(text.parent, *places) / text.name)})
        options = options.model_copy(update={"shortlist": there})
    if options.revision and not options.on_hub:
        raise RecipeError(f"{where}: translate.revision: for models of the Hub alone; {options.model} is none. Leave it out.")
    return options


def _set(values: dict[str, Any], dotted: str, value: Any) -> None:
    *parents, last = dotted.split(".")
    here: Any = values
    for key in parents:
        here = here.setdefault(key, {}) if isinstance(here, dict) else None
    if not isinstance(here, dict):
        raise RecipeError(f"--set {dotted}: {'.'.join(parents)} is not a mapping in this recipe.")
    here[last] = value


def _explain(error: ValidationError) -> list[str]:
    """One line per fault: path, what is wrong, near matches."""
    lines = []
    for fault in error.errors(include_url=False):
        path = _dotted(fault["loc"])
        message = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            key = str(fault["loc"][-1])
            message = f"unknown key.{did_you_mean(key, sorted(_siblings(fault['loc'])))}"
        elif fault["type"] == "missing":
            message = "missing; the recipe needs it."
        elif fault["type"] == "union_tag_not_found":
            key = fault["ctx"]["discriminator"].strip("'")
            message = f"{key} is missing; one of {', '.join(_TAGS[key])}."
        elif fault["type"] == "union_tag_invalid":
            key, tag = fault["ctx"]["discriminator"].strip("'"), fault["ctx"]["tag"]
            message = f"unknown {key} {tag!r}; there are {', '.join(_TAGS[key])}.{did_you_mean(tag, _TAGS[key])}"
        elif fault["type"] in ("model_type", "model_attributes_type"):
            message = f"expected a mapping (key: value), not {type(fault['input']).__name__}."
        elif fault["type"] == "tuple_type":
            given = fault["input"]
            message = "expected a list, not a mapping." if isinstance(given, dict) else f"expected a list, as in [{given}]."
        elif fault["type"] == "string_type" and isinstance(fault["input"], bool):
            message = "YAML reads this word as true or false; put it in quotes."
        lines.append(f"{path}: {message}" if path else message)
    return lines


def _dotted(loc: tuple[int | str, ...]) -> str:
    """`translate.into[2]` of pydantic's location; the tags of unions are no keys of the file."""
    text = ""
    for i, part in enumerate(loc):
        if isinstance(part, int):
            text += f"[{part}]"
        elif part != "[key]" and not (i > 0 and part in _TAG_NAMES and loc[i - 1] in ("source", "translate", "release")):
            text += f".{part}"
    return text.lstrip(".")


def _siblings(loc: tuple[int | str, ...]) -> set[str]:
    """The keys that may stand where `loc` points."""
    model: Any = Recipe
    for part in loc[:-1]:
        if isinstance(part, int) or part in _TAG_NAMES:
            members = [m for m in _models(model) if part in _tag_values(m)]
            model = members[0] if members else model
        elif isinstance(model, type) and issubclass(model, BaseModel) and part in model.model_fields:
            model = model.model_fields[part].annotation
    return {key for member in _models(model) for key in member.model_fields}


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for argument in get_args(annotation) for m in _models(argument)]


def _tag_values(model: type[BaseModel]) -> tuple[str, ...]:
    tag = next((model.model_fields[key] for key in _UNIONS if key in model.model_fields), None)
    return get_args(tag.annotation) if tag else ()


_UNIONS: dict[str, Any] = {"format": Source, "engine": Translate, "store": Release}
_TAGS = {key: [tag for model in _models(union) for tag in _tag_values(model)] for key, union in _UNIONS.items()}
_TAG_NAMES = {tag for tags in _TAGS.values() for tag in tags}
