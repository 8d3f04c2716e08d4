"""Suggest: datasets worth translating, and a recipe to begin with."""

import re
from collections.abc import Sequence
from typing import Any

import polars as pl
import yaml
from huggingface_hub import HfApi, constants

from schemas.errors import RecipeError
from schemas.languages import Language
from schemas.licences import licence
from tasks.census.budget import Budget
from tasks.census.normalise import SIZES
from tasks.census.report import has
from tasks.hub import Repository
from tasks.patience import Patience, patiently

READABLE = ["format:parquet", "format:json", "format:csv"]  # what `source: {format: hub}` reads, as the Hub's viewer tags it
LARGEST = "1M<n<10M"  # rows; with more a translation takes weeks on one GPU
REPO = r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$"
MODEL = "facebook/m2m100_418M"  # 100 languages, and its licence (MIT) adds no terms to the source's
NOT_TEXT = re.compile(r"(^|_)(id|ids|uuid|url|link|label|labels|lang|language|split|hash|date|time|author|source|category|type)($|_)", re.I)


def suggest(
    census: pl.DataFrame, source: Language, targets: Sequence[Language], tasks: Sequence[str] = ()
) -> tuple[pl.DataFrame, dict[str, int]]:
    """(those worth translating, most downloaded first; how many are not, by the first reason that fits).

    census: as CENSUS has it. targets: languages that it should not be in already. tasks: one of them it must have, if any are given.
    """
    rank = pl.col("size").replace_strict(SIZES, list(range(len(SIZES))), default=None, return_dtype=pl.UInt32)
    foreign = pl.col("modalities").list.set_difference(pl.lit(["text", "tabular"]))
    terms = _terms(census["licences"].explode())
    rules = [
        ("disabled or private", pl.col("disabled") | pl.col("private")),
        ("gated: access must be asked for", pl.col("gated") != "no"),
        (f"not in {source.name}", ~has(source.iso639_3)),
        ("in more than two languages", pl.col("language_kind") == "multi"),
        *((f"in {target.name} already", has(target.iso639_3)) for target in targets),
        ("no text, or not alone", ~pl.col("modalities").list.contains("text") | (foreign.list.len() > 0)),
        *([("no such task", pl.col("tasks").list.set_intersection(pl.lit(list(tasks), pl.List(pl.String))).list.len() == 0)] * bool(tasks)),
        ("licence unknown", pl.col("licence_class") == "unknown"),
        ("licence allows no derivatives, or no passing on", ~pl.col("licences").list.eval(pl.element().is_in(terms)).list.all()),
        ("size unknown", rank.is_null()),
        (f"more rows than {LARGEST}", rank > SIZES.index(LARGEST)),
        ("no Parquet, JSON lines or CSV", ~pl.col("tags").list.eval(pl.element().is_in(READABLE)).list.any()),
        ("a name that no recipe can have", ~pl.col("id").str.contains(REPO) | (pl.col("id").str.len_chars() > 96)),
    ]
    reason = pl.coalesce([pl.when(condition).then(pl.lit(why)) for why, condition in rules])
    judged = census.with_columns(reason.alias("reason"))
    counts = dict(judged["reason"].drop_nulls().value_counts().rows())
    worth = judged.filter(pl.col("reason").is_null()).sort("downloads", "likes", "id", descending=[True, True, False], nulls_last=True)
    return worth.drop("reason"), {why: counts[why] for why, _ in rules if why in counts}


def skeleton(row: dict[str, Any], source: Language, targets: Sequence[Language], columns: dict[str, str | None], config: str | None) -> str:
    """A recipe for one dataset as YAML, to be read over: fields are the text columns that the card names.

    row: of the census. columns: name -> type; empty where the card does not say. config: the one to read, where there are several.
    """
    texts = [name for name, kind in columns.items() if kind in ("string", "large_string") and not NOT_TEXT.search(name)]
    into = [target.code for target in targets if target.code != source.code] or ["fra_Latn" if source.code != "fra_Latn" else "eng_Latn"]
    worst = next((name for name in row["licences"] if licence(name).kind == row["licence_class"]), "unknown")
    lines = [
        ("name", re.sub(r"[^a-z0-9._-]+", "-", row["id"].partition("/")[2].lower()).strip("._-")[:64] or "suggested", ""),
        ("title", f"{row['id']}, translated", ""),
        ("license", worst, f"its licences: {', '.join(row['licences'])}" if len(row["licences"]) > 1 else ""),
        (
            "source",
            {
                "format": "hub",
                "repo": row["id"],
                **({"revision": row["sha"]} if row["sha"] else {}),
                **({"config": config} if config else {}),
            },
            "",
        ),
        ("language", source.code, ""),
        ("fields", texts or ["text"], "columns to translate" if texts else "columns to translate: its card names none, look at the files"),
        (
            "translate",
            {"model": MODEL, "into": into},
            "a model of 100 languages: see that yours are among them" if targets else "into: the languages that you want",
        ),
    ]
    return "".join(_line(key, value, note) for key, value, note in lines)


def columns_of(endpoint: str, repo: str, budget: Budget, patience: Patience) -> tuple[dict[str, str | None], str | None]:
    """(name -> type of the columns that the card of a dataset names, the config they are of if it has several). One call."""
    budget.take()
    where, token = Repository("dataset", repo, None), None if endpoint == constants.ENDPOINT.rstrip("/") else False
    with where.explained():
        api = HfApi(endpoint=endpoint, token=token)
        info = patiently(lambda: api.dataset_info(repo, expand=["cardData", "sha"]), what=repo, patience=patience)
    told = info.card_data.get("dataset_info") if info.card_data else None
    first = told[0] if isinstance(told, list) and told else told
    if not isinstance(first, dict):
        return {}, None
    features = first.get("features")
    named = (
        [each for each in features if isinstance(each, dict) and isinstance(each.get("name"), str)] if isinstance(features, list) else []
    )
    config = first.get("config_name") if isinstance(told, list) and len(told) > 1 else None
    return {each["name"]: each["dtype"] if isinstance(each.get("dtype"), str) else None for each in named}, config


def pick(worth: pl.DataFrame, census: pl.DataFrame, name: str | None) -> dict[str, Any] | None:
    """The dataset to write a recipe for: the one named, else the first. Raises RecipeError where the one named is not worth it."""
    if name is None:
        return worth.row(0, named=True) if worth.height else None
    found = worth.filter(pl.col("id") == name)
    if found.is_empty():
        where = (
            "is there, but excluded; the counts say for which reasons" if name in census["id"] else "is not among the datasets looked at"
        )
        raise RecipeError(f"--source {name}: {where}. Leave it out for the first of the table.")
    return found.row(0, named=True)


def _terms(names: pl.Series) -> list[str]:
    """The licences, of these, under which a translation may be made and passed on."""
    known = [(name, licence(name)) for name in names.drop_nulls().unique(maintain_order=True)]
    return [name for name, terms in known if terms.derivatives == "yes" and terms.distribution == "yes"]


def _line(key: str, value: Any, note: str) -> str:
    inner = yaml.safe_dump([value], default_flow_style=True, sort_keys=False, allow_unicode=True, width=10_000).strip()[1:-1]
    return f"{key}: {inner}{'  # ' + ' '.join(note.split()) if note else ''}\n"
