"""Card: the README.md of a release. Its numbers are those of the manifest, whose numbers come from the files; its texts are theirs."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import jinja2
import polars as pl
import yaml

from schemas.languages import language
from schemas.licences import licence
from schemas.manifest import Config, Manifest
from schemas.recipe import CheckName
from tasks.card_header import header
from tasks.licence import inputs, verdict
from tasks.markdown import bibtex, cell, code
from tasks.markdown import plain as plain

EXAMPLES = 3  # rows shown
VARIED = 12  # configs at most whose variants are shown beside the translations
LOOKED_AT = 2_000  # rows of each config in which the examples are looked for: they are among its first
VERSIONS = 10  # that the history names
CHECKS = {
    "empty": "nothing came out",
    "loop": "the model repeats itself",
    "truncated": "cut off at the model's limit",
    "script": "letters of another script",
    "copied": "the source instead of a translation",
    "length-ratio": "much longer or shorter than is usual in the language",
    "language": "another language than was asked for",
}
LEVELS = {
    "public": "everybody may have it",
    "gated": "people may have it who agree to the terms first (a gated repository)",
    "private": "it stays in a private repository",
    "forbidden": "it may not be published",
}


@dataclass(frozen=True)
class Funnel:
    """What became of the translated fields of a language, over all splits."""

    sentences: int
    fields: int
    verdicts: Counter[str]
    tried: Counter[str]
    reasons: Counter[str]


@dataclass(frozen=True)
class Example:
    """A field of a row: the source, then what was made of it."""

    id: str
    lines: list[tuple[str, str, str | None, str]]  # config, name of its language, text, why there is none


def write_card(manifest: Manifest, folder: Path) -> None:
    """Write folder/README.md; folder holds the release's Parquet files."""
    (folder / "README.md").write_text(card(manifest, folder), "utf-8")


def card(manifest: Manifest, folder: Path) -> str:
    """The card as Markdown, with the YAML header that `datasets` and the Hub read."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=False,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(plain=plain, code=code, cell=cell, bibtex=bibtex, count="{:,}".format)
    environment.globals.update(language=language, checks=CHECKS, levels=LEVELS)
    configs = manifest.configs.items()
    translations = {name: config for name, config in configs if config.kind == "translation"}
    funnels = {name: funnel(config) for name, config in translations.items()}
    asked = {name: verb for verb in ("reject", "flag") for name in manifest.recipe.get("checks", {}).get(verb, ())}
    rare = [language(config.language).name for config in translations.values() if language(config.language).resource == "low"]
    return environment.get_template("card.md.j2").render(
        m=manifest,
        header=yaml.safe_dump(header(manifest, folder), allow_unicode=True, sort_keys=False, width=1000),
        columns=columns(manifest),
        translations=translations,
        funnels=funnels,
        tried=any(each.tried for each in funnels.values()),
        fired=list(dict.fromkeys([*asked, *sorted({name for each in funnels.values() for name in each.reasons})])),
        asked=asked,
        unasked=[name for name in get_args(CheckName) if name not in asked],
        aside=[file for file in manifest.files if file.rows],
        rare=list(dict.fromkeys(rare)),
        examples=list(examples(manifest, folder)),
        verdict=verdict(manifest),
        inputs=inputs(manifest),
        licence=licence(manifest.license),
        history=list(reversed(manifest.changes))[:VERSIONS],
        older=max(len(manifest.changes) - VERSIONS, 0),
    )


def funnel(config: Config) -> Funnel:
    """The account of a translation over its splits."""
    splits = list(config.splits.values())
    totals = [sum((Counter(getattr(split, name)) for split in splits), Counter()) for name in ("verdicts", "tried", "reasons")]
    return Funnel(sum(split.sentences for split in splits), sum(split.fields for split in splits), *totals)


def columns(manifest: Manifest) -> dict[tuple[str, str], list[str]]:
    """(column, type) -> the kinds of configs that have it, the source's first."""
    found: dict[tuple[str, str], list[str]] = {}
    for config in manifest.configs.values():
        for column in config.columns.items():
            found[column] = list(dict.fromkeys([*found.get(column, ()), config.kind]))
    return found


def examples(manifest: Manifest, folder: Path) -> Iterator[Example]:
    """The first rows of the source that have the first field, and the same rows in the other configs."""
    fields, key = manifest.recipe.get("fields", ()), manifest.source.id
    named = [name for name, config in manifest.configs.items() if {key, *fields[:1]} <= set(config.columns)]
    if len(named) > VARIED:
        named = [name for name in named if manifest.configs[name].kind in ("source", "translation")]
    split = next((name for name, account in manifest.configs[manifest.language].splits.items() if account.rows_out), None)
    if not fields or split is None:
        return
    field = fields[0]
    shown = {name: _rows(manifest, folder, name, split, field) for name in named}
    ids = [row[key] for row in shown[manifest.language].to_dicts() if row[field]][:EXAMPLES]
    rows = {name: {row[key]: row for row in frame.filter(pl.col(key).is_in(ids)).to_dicts()} for name, frame in shown.items()}
    for i in ids:
        yield Example(str(i), [(name, *_line(manifest, name, rows[name].get(i), field)) for name in named])


def _rows(manifest: Manifest, folder: Path, name: str, split: str, field: str) -> pl.DataFrame:
    """Id, text and quality of the first rows of a config."""
    config, key = manifest.configs[name], manifest.source.id
    columns = list(dict.fromkeys([key, field, *([f"{field}_quality"] if f"{field}_quality" in config.columns else [])]))
    files = [folder / file.path for file in config.splits[split].files if file.rows] if split in config.splits else []
    if not files:
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.Null))
    return pl.scan_parquet(files, glob=False, hive_partitioning=False).select(columns).head(LOOKED_AT).collect()


def _line(manifest: Manifest, name: str, row: dict[str, Any] | None, field: str) -> tuple[str, str | None, str]:
    """Language, text, and why there is none."""
    config = manifest.configs[name]
    kind = "" if config.kind == "translation" else f" ({config.kind})"
    reasons = ((row or {}).get(f"{field}_quality") or {}).get("reasons") or ()
    text = row[field] if row else None
    why = "" if text else f"rejected: {', '.join(reasons)}" if reasons else "rejected" if row is None else "none"
    return f"{language(config.language).name}{kind}", text, why
