"""Report: the report.html of a census, the figures of the CJK study of the Hub for any set of languages.

Its numbers come from the snapshot's table alone. The study is Dasol Choi et al.'s of Chinese, Japanese and Korean datasets
(github.com/Dasol-Choi/cjk-huggingface-analysis); sets of more than three are drawn as UpSet does (Lex et al. 2014), not as Venn circles.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import polars as pl
from markupsafe import Markup

from schemas.languages import language
from tasks.census.cards import SECTIONS
from tasks.census.figures import COLOURS, month_columns, rank_curve
from tasks.census.normalise import GRAVE, GROUPS
from tasks.census.snapshot import Snapshot
from tasks.highlight import visible
from tasks.report import bar, count, share

SETS = 8  # languages drawn together at most: those with the most datasets
COMBINATIONS, BESIDE, TOP, SHOWN = 15, 12, 20, 60  # lines of the tables
KINDS = [("m1", "mono"), ("m2", "bi"), ("m3", "multi"), ("aside", "none")]
CLASSES = list(zip(["aside", "bad", "m3", "doubt", "m2", "pink", "m1", "m4"], GRAVE, strict=True))
ALL_GROUPS = [*GROUPS, "speech", "vision", "other"]
BEGINNING = "2022-03-02"  # since when the Hub keeps dates of creation


@dataclass(frozen=True)
class Part:
    """The datasets of a language, or all."""

    name: str
    code: str
    rows: pl.DataFrame


def report(snapshot: Snapshot) -> str:
    """The report as HTML."""
    folder = Path(__file__).parent
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, folder.parent]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value,
    )
    environment.filters.update(count=count)
    environment.globals.update(share=share, bar=bar, named=_name, tally=tally, three=_three)
    census, asked = snapshot.census, [lang.iso639_3 for lang in snapshot.query.wanted]
    parts = by_language(census, asked)
    shown = parts or [Part("All", "", census)]
    largest = sorted(shown, key=lambda part: -part.rows.height)
    sets = sorted(part.code for part in largest[:SETS]) if len(parts) > 1 else []
    return environment.get_template("report.html.j2").render(
        s=snapshot,
        census=census,
        parts=shown,
        sets=sets,
        overlap=overlap(census, sets) if sets else [],
        beside=beside(census, asked),
        kinds=KINDS,
        classes=CLASSES,
        curve=rank_curve({part.code: part.rows["downloads"].drop_nulls().to_list() for part in largest[:COLOURS]}, "downloads by rank"),
        top=census.sort("downloads", "id", descending=[True, False], nulls_last=True).head(TOP).to_dicts(),
        groups=ALL_GROUPS,
        heat=[heat(part) for part in shown],
        line_keys=[(f"m{i + 1}", part.name) for i, part in enumerate(largest[:COLOURS])],
        organisations=tally(census, "organisation"),
        sections=coverage(census),
        ranks=coverage_by_rank(census),
        months=(months := by_month(census)),
        columns=month_columns(months, "datasets created in each month"),
        before=census.filter(pl.col("created").dt.date().cast(pl.String) <= BEGINNING).height,
        arxiv=census.filter(pl.col("arxiv").list.len() > 0).height,
        several_licences=census.filter(pl.col("licences").list.len() > 1).height,
        changed=told(snapshot.changes),
        more=max(snapshot.changes.height - SHOWN, 0),
        counts=snapshot.counts.to_dicts(),
        failed=[listing for listing in snapshot.account.listings if listing.failed],
        found=[listing for listing in snapshot.account.listings if listing.found],
    )


def by_language(census: pl.DataFrame, asked: list[str]) -> list[Part]:
    """The datasets of each language asked for (ISO 639-3), the most frequent SETS of all if none was."""
    names = asked or [code for code, _ in beside(census, [])[:SETS]]
    return [Part(_name(code), code, census.filter(has(code))) for code in names]


def has(code: str) -> pl.Expr:
    """Whether a dataset names a language, in any script."""
    return pl.col("languages").list.eval(pl.element().str.head(3) == code).list.any()


def overlap(census: pl.DataFrame, codes: list[str]) -> list[tuple[tuple[bool, ...], int]]:
    """How many datasets have exactly which of the languages; the largest COMBINATIONS, none of them left out."""
    member = census.select(has(code).alias(code) for code in codes)
    found = member.filter(pl.any_horizontal(codes)).group_by(codes).len().sort("len", *codes, descending=True)
    return [(tuple(row[:-1]), row[-1]) for row in found.rows()][:COMBINATIONS]


def beside(census: pl.DataFrame, asked: list[str]) -> list[tuple[str, int]]:
    """The languages that the datasets name most often beside those asked for: ISO 639-3 and number."""
    codes = census.select("id", pl.col("languages").list.eval(pl.element().str.head(3)).list.unique()).explode("languages").drop_nulls()
    found = codes.filter(~pl.col("languages").is_in(asked)).group_by("languages").len().sort("len", "languages", descending=[True, False])
    return [(code, number) for code, number in found.head(BESIDE).rows()]


def tally(rows: pl.DataFrame, column: str) -> Counter[str]:
    """How many datasets have each value."""
    return Counter(rows[column].drop_nulls().to_list())


def heat(part: Part) -> tuple[Part, Counter[str], int]:
    """Datasets of a language by group of tasks, and those that name any task."""
    groups = part.rows.filter(pl.col("task_groups").list.len() > 0)["task_groups"]
    return part, Counter(groups.explode().to_list()), groups.len()


def coverage(census: pl.DataFrame) -> list[tuple[str, int, int]]:
    """Section of the template, cards with it, cards read."""
    read = census.filter(pl.col("card_sections").is_not_null())
    found = Counter(read["card_sections"].explode().drop_nulls().to_list())
    return [(section, found[section], read.height) for section in SECTIONS] if read.height else []


def coverage_by_rank(census: pl.DataFrame) -> list[tuple[str, int, float, float]]:
    """Quarters of the cards read by downloads: name, cards, mean sections of the template, median words."""
    read = census.filter(pl.col("card_sections").is_not_null()).sort("downloads", "id", descending=[True, False], nulls_last=True)
    size = -(-read.height // 4)
    names = ("most downloaded quarter", "second", "third", "least downloaded quarter")
    quarters = [(name, read.slice(i * size, size)) for i, name in enumerate(names)]
    return [
        (name, each.height, float(each["card_sections"].list.len().mean() or 0), float(each["card_words"].median() or 0))  # type: ignore[arg-type]
        for name, each in quarters
        if each.height
    ]


def by_month(census: pl.DataFrame) -> list[tuple[str, int]]:
    """Month (2025-03) and datasets created in it, from the first to the last, months without any included."""
    found = Counter(census["created"].drop_nulls().dt.strftime("%Y-%m").to_list())
    if not found:
        return []
    first, last = min(found), max(found)
    year, month = map(int, first.split("-"))
    months = []
    while f"{year}-{month:02}" <= last:
        months.append(f"{year}-{month:02}")
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return [(month, found[month]) for month in months]


def told(changes: pl.DataFrame) -> list[dict[str, Any]]:
    """The first SHOWN lines of a changelog."""
    return changes.head(SHOWN).to_dicts()


def _three(classes: list[tuple[str, str]], found: Counter[str]) -> list[tuple[str, str, int]]:
    """Parts of a bar: class, name, number."""
    return [(kind, name, found[name]) for kind, name in classes]


def _name(code: str) -> str:
    return language(code).name.partition(" (")[0]
