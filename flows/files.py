"""The steps alone, over one file: columns are added, rows keep their order and number."""

import json
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
from polars.datatypes import DataTypeClass
from pydantic import TypeAdapter

from flows.progress import progress
from flows.settings import settings
from schemas.errors import RecipeError, SourceError, did_you_mean
from schemas.languages import language
from schemas.recipe_file import parse
from schemas.resources import find
from schemas.sources import Source
from tasks.annotations import spans
from tasks.claims import Claims
from tasks.materialise import flush, guarded
from tasks.memory import Memory
from tasks.read import reader
from tasks.recall import answered, paired, recall
from tasks.segment import segment, texts
from tasks.stage import conformed, unified
from tasks.translate import translator

FORMATS = {".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".tsv": "tsv"}
AT_ONCE = 100_000  # rows read together


def translate(
    source: Path,
    target: Path,
    field: str,
    source_language: str,
    target_language: str,
    options: dict[str, Any],
    quiet: bool,
) -> dict[str, Any]:
    """Adds translation, score (mean log-probability a token over the field's sentences; null in greedy search) and from_memory."""
    format_of(target)
    if options["engine"] == "echo":
        options = {"engine": "echo"}
    recipe = parse(  # an engine is told apart, checked and found as a recipe's is
        {
            **{"name": "file", "title": source.name, "source": _source(source), "fields": [field], "language": source_language},
            "translate": {**options, "into": [target_language]},
        }
    )
    rows = load(source, [field])
    require_room(rows, target)
    now, wanted, spoken = settings(), language(target_language), language(source_language)
    engine = translator(recipe.translate, now.machine)
    engine.require(spoken, wanted)
    clean = [text if text is None else unicodedata.normalize("NFC", text) for text in rows[field].to_list()]
    segments = segment(pl.DataFrame({field: pl.Series(clean, dtype=pl.String)}), [field], spoken)
    sentences = texts(segments)
    with progress(quiet) as shown:
        shown.plan({wanted.code: len(sentences)})
        recalled = recall(
            sentences,
            spoken,
            wanted,
            engine=engine,
            memory=Memory(now.home / "memory"),
            claims=Claims(),
            progress=lambda done, tokens: shown.add(wanted.code, done, tokens),
        )
        fresh = int(recalled["fresh"].sum())
        remembered = len(sentences) - fresh
        shown.add(wanted.code, remembered, remembered=remembered)
    pairs = paired(answered(segments, recalled), wanted).rename({"target": "translation"})
    answers = rows.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"), pl.Series("text", clean, pl.String)).join(
        pairs.select("row", "translation", "score", "from_memory"), on="row", how="left", maintain_order="left"
    )
    translation = pl.when(pl.col("translation").is_null()).then(pl.col("text")).otherwise(pl.col("translation"))
    added = answers.select(translation.alias("translation"), pl.col("score").round(3), "from_memory")
    save(rows, added, target)
    return summarise(rows, target) | {"sentences": len(sentences), "translated": fresh, "from_memory": remembered}


def identify(source: Path, target: Path, field: str, expect: str | None, identifier: str) -> dict[str, Any]:
    """Adds language and language_score."""
    from tasks.identify import identify as identified

    format_of(target)
    expected = [language(code.strip()) for code in expect.split(",")] if expect else None
    rows = load(source, [field])
    require_room(rows, target)
    found = identified(rows[field], expected=expected, identifier=identifier)
    save(rows, found, target)
    counts = found["language"].value_counts(sort=True).rows()
    return summarise(rows, target) | {"languages": {str(code): count for code, count in counts}}


def check(
    source: Path,
    target: Path,
    source_field: str,
    field: str,
    source_language: str,
    target_language: str,
    identifier: str,
) -> dict[str, Any]:
    """Adds verdict, reasons and a score for each check; the usual length of a translation is learnt from the file."""
    from tasks.check import check as checked
    from tasks.checks.length_ratio import LengthRatios

    format_of(target)
    if source_field == field:
        raise RecipeError(f"--source-field and --field both name {field!r}; a check compares a source with its translation.")
    rows = load(source, [source_field, field])
    require_room(rows, target)
    pairs = rows.select(pl.col(source_field).alias("source"), pl.col(field).alias("target"))
    ratios = LengthRatios()
    ratios.update(pairs["source"], pairs["target"])
    found = checked(
        pairs,
        source_language=language(source_language),
        target_language=language(target_language),
        median_ratio=ratios.median(),
        identifier=identifier,
    ).drop("source", "target")
    save(rows, found, target)
    return summarise(rows, target) | {"verdicts": dict(found["verdict"].value_counts(sort=True).rows())}


def load(path: Path, fields: Sequence[str]) -> pl.DataFrame:
    """All rows of a file. Raises SourceError on the first that cannot be read, and if a field is missing or no text."""
    opened = reader(TypeAdapter(Source).validate_python(_source(path)))
    tables = []
    for split in opened.splits():
        for part in opened.parts(split, AT_ONCE):
            for bad in part.bad:
                raise SourceError(f"{bad.file} line {bad.line}: {bad.reason}. Mend the line, or build a recipe, which sets it aside.")
            tables.append(part.table)
    if not tables:  # JSON lines without a line name no columns
        tables.append(pa.table({field: pa.array([], pa.string()) for field in fields}))
    schema = unified([table.schema for table in tables])
    rows = pl.DataFrame(pa.concat_tables(conformed(table, schema) for table in tables))
    for field in fields:
        if field not in rows.columns:
            hint = did_you_mean(field, rows.columns)
            raise SourceError(f"{path.name}: no column {field!r}; there are {', '.join(rows.columns)}.{hint}")
        if rows.schema[field] not in (pl.String, pl.Null):
            raise SourceError(f"{path.name}: column {field!r} is {rows.schema[field]}, expected text.")
    return rows.with_columns(pl.col(field).cast(pl.String) for field in fields)


def save(rows: pl.DataFrame, added: pl.DataFrame, path: Path) -> None:
    """Write rows and added columns (which replace those of the same name) to a file, whole or not at all."""
    frame = rows.with_columns(added.get_columns())
    temporary = path.with_name(f".{path.name}.part")
    with guarded(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write(frame, temporary, format_of(path))
            flush(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def span_items(rows: pl.DataFrame, name: str, file: str) -> list[list[dict[str, Any] | None] | None]:
    """A column of spans ({start, end, label}, as tasks.annotations.spans reads them); CSV and TSV hold it as JSON."""
    if name not in rows.columns:
        raise SourceError(f"{file}: no column {name!r}; there are {', '.join(rows.columns)}.{did_you_mean(name, rows.columns)}")
    column = rows[name].to_arrow(compat_level=pl.CompatLevel.oldest())
    if rows.schema[name] == pl.String:
        try:
            column = pa.array([json.loads(value) if value else None for value in rows[name].to_list()])
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            reason = str(error).splitlines()[0]
            raise SourceError(f"{file}: column {name!r} is text, but not {spans.EXPECTED} as JSON: {reason}.") from None
    if not spans.holds(column.type):
        raise SourceError(f"{file}: column {name!r} is {column.type}, expected {spans.EXPECTED}.")
    items: list[list[dict[str, Any] | None] | None] = column.to_pylist()
    return items


def _write(frame: pl.DataFrame, path: Path, form: str) -> None:
    if form == "parquet":
        frame.write_parquet(path)
    elif form == "jsonl":
        frame.write_ndjson(path)
    else:
        nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
        flat = frame.with_columns(pl.Series(name, map(_json, frame[name].to_list()), pl.String) for name in nested)
        flat.write_csv(path, separator="," if form == "csv" else "\t")


def require_room(rows: pl.DataFrame, path: Path) -> None:
    """Raise RecipeError, before any work, for a column that the format of the output cannot hold."""
    if format_of(path) == "parquet":
        return
    for name, kind in rows.schema.items():
        leaves = list(_leaves(kind))
        for leaf in leaves:
            if leaf.base_type() in (pl.Binary, pl.Duration):
                raise RecipeError(f"{path}: column {name!r} holds {leaf}, which {path.suffix} cannot. Write .parquet instead.")
        if any(leaf.is_float() for leaf in leaves) and (kind.is_nested() or format_of(path) == "jsonl"):
            for row, value in enumerate(rows[name].to_list(), 1):
                try:
                    _json(value)
                except ValueError:
                    raise RecipeError(
                        f"{path}: column {name!r} is NaN or infinite in row {row}; JSON has neither. Write .parquet."
                    ) from None


def _leaves(kind: pl.DataType | DataTypeClass) -> Iterator[pl.DataType | DataTypeClass]:
    """The types of the values inside a type."""
    if isinstance(kind, pl.Struct):
        for field in kind.fields:
            yield from _leaves(field.dtype)
    elif isinstance(kind, pl.List | pl.Array):
        yield from _leaves(kind.inner)
    else:
        yield kind


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, allow_nan=False, default=str)


def _source(path: Path) -> dict[str, Any]:
    return {"format": format_of(path), "path": find(path)}


def format_of(path: Path) -> str:
    if path.suffix not in FORMATS:
        raise RecipeError(f"{path}: the ending says no format; one of {', '.join(FORMATS)}.")
    return FORMATS[path.suffix]


def summarise(rows: pl.DataFrame, target: Path) -> dict[str, Any]:
    return {"rows": rows.height, "output": str(target)}


def sentence(summary: dict[str, Any]) -> str:
    """A summary as one line for a person."""
    parts = []
    for name, value in summary.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {count:,}" for key, count in value.items())
        parts.append(f"{name.replace('_', ' ')}: {value:,}" if isinstance(value, int) else f"{name}: {value}")
    return "; ".join(parts)
