"""Stage: read a source once, in order, into ranges of rows on disk, each with its segments. Pins what the build sees."""

import unicodedata
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from schemas.errors import SourceError, did_you_mean
from schemas.frames import SET_ASIDE
from schemas.languages import language
from schemas.plan import Chunk, Plan, Range
from schemas.recipe import MindAnnotation, Recipe
from tasks.read import Bad, Part, Reader, digest, reader
from tasks.segment import segment


@dataclass(frozen=True)
class Staged:
    """Where the ranges of a build lie."""

    folder: Path

    def records(self, chunk: Chunk, schema: pa.Schema) -> pa.Table:
        """The source rows of a chunk, in the schema of the whole source."""
        table = pq.read_table(self.folder / f"{chunk.stem}.records.parquet")
        missing = [name for name in schema.names if name not in table.column_names]
        for name in missing:  # JSON lines: a key that no row of this range has
            table = table.append_column(name, pa.nulls(table.num_rows, schema.field(name).type))
        return table.select(schema.names).cast(schema)

    def segments(self, chunk: Chunk) -> pl.DataFrame:
        """The segments of a chunk (schemas.frames.SEGMENTS)."""
        return pl.read_parquet(self.folder / f"{chunk.stem}.segments.parquet")

    def set_aside(self) -> pa.Table:
        """The rows that could not be read (schemas.frames.SET_ASIDE)."""
        return pq.read_table(self.folder / "set-aside.parquet")


def stage(recipe: Recipe, folder: Path, limit: int | None = None, strict: bool = False) -> tuple[Plan, Staged]:
    """Read the source of a recipe into `folder`, which is made.

    limit: source rows of each split to read at most. strict: raise on the first row that cannot be read.
    Raises SourceError if the source lacks a field or has nothing to read.
    """
    folder.mkdir(parents=True)
    source = reader(recipe.source)
    seen: set[int] = set()
    splits: dict[str, list[Range]] = {}
    schemas: list[pa.Schema] = []
    aside: list[tuple[str, str, int, str, str]] = []
    normalised = 0
    for split in source.splits():
        ranges = splits.setdefault(split, [])
        start = 0
        for part in source.parts(split, min(recipe.chunk_rows, limit or recipe.chunk_rows)):
            if limit is not None and start >= limit:
                break
            part = _cut(part, limit - start) if limit is not None else part
            part = _identified(part, source, split, start, seen)
            if part.bad and strict:
                bad = part.bad[0]
                raise SourceError(f"{bad.file} line {bad.line}: {bad.reason}. Without --strict the row is set aside.")
            _require(part.table.schema, recipe)
            table, changed = _normalised(part.table, recipe)
            pieces = segment(pl.DataFrame(table.select(list(recipe.fields))), recipe.fields, language(recipe.language))
            stem = Chunk("", split, len(ranges)).stem
            pq.write_table(table, folder / f"{stem}.records.parquet")
            pieces.write_parquet(folder / f"{stem}.segments.parquet")
            ranges.append(Range(part.rows_in, table.num_rows, len(part.bad), pieces.filter(pl.col("text") != "").height))
            aside += [(split, bad.file, bad.line, bad.reason, bad.raw) for bad in part.bad]
            schemas.append(table.schema)
            normalised += changed
            start += part.rows_in
    if not any(r.rows for ranges in splits.values() for r in ranges):
        reasons = f"; the first of {len(aside)} unreadable rows: line {aside[0][2]}: {aside[0][3]}" if aside else ""
        raise SourceError(f"{recipe.source.path}: no rows to translate{reasons}.")
    arrays = [pa.array([row[i] for row in aside], field.type) for i, field in enumerate(SET_ASIDE)]
    pq.write_table(pa.Table.from_arrays(arrays, schema=SET_ASIDE), folder / "set-aside.parquet")
    plan = Plan(digest(source), "id" if source.id not in schemas[0].names else source.id, _unified(schemas), splits, normalised)
    return plan, Staged(folder)


def _cut(part: Part, rows: int) -> Part:
    """The first rows of a part; bad rows count as rows and are dropped last."""
    if part.rows_in <= rows:
        return part
    bad = part.bad[: max(0, rows - part.table.num_rows)]
    return Part(part.table.slice(0, rows - len(bad)), bad)


def _identified(part: Part, source: Reader, split: str, start: int, seen: set[int]) -> Part:
    """With a column of ids; rows without an id, or with one that came before, are bad.

    A source without the column gets `id`, the number of the row in its split.
    """
    table = part.table
    if source.id not in table.column_names:
        if source.id != "id":
            raise SourceError(f"no column {source.id!r} for source.id; there are {', '.join(table.column_names)}.")
        ids = pa.array([str(start + i) for i in range(table.num_rows)], pa.string())
        return Part(table.add_column(0, "id", ids), part.bad)
    keep, bad = [], list(part.bad)
    for i, value in enumerate(table.column(source.id).to_pylist()):
        number = xxhash.xxh3_64_intdigest(f"{split}\0{value}".encode())
        fresh = value is not None and value != "" and number not in seen
        if fresh:
            seen.add(number)
        else:
            reason = "no id" if value in (None, "") else f"id {value!r} came before"
            bad.append(Bad(split, start + i + 1, reason, str(table.slice(i, 1).to_pylist()[0])))
        keep.append(fresh)
    return Part(table.filter(pa.array(keep, pa.bool_())), bad)


def _require(schema: pa.Schema, recipe: Recipe) -> None:
    for wanted in (*recipe.fields, *(a.column for a in recipe.annotations)):
        if wanted not in schema.names:
            hint = did_you_mean(wanted, schema.names)
            raise SourceError(f"{recipe.source.path}: no column {wanted!r}; there are {', '.join(schema.names)}.{hint}")
    for field in recipe.fields:
        kind = schema.field(field).type
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)):
            raise SourceError(f"{recipe.source.path}: field {field!r} is {kind}, expected text.")
        if f"{field}_quality" in schema.names:
            raise SourceError(f"{recipe.source.path}: column {field}_quality is in the way of the quality of {field!r}; rename it.")


def _normalised(table: pa.Table, recipe: Recipe) -> tuple[pa.Table, int]:
    """The fields in NFC, entity offsets moved along, and how many fields changed."""
    changed = 0
    for field in recipe.fields:
        i = table.schema.get_field_index(field)
        texts = table.column(field).to_pylist()
        whole = [t if t is None else unicodedata.normalize("NFC", t) for t in texts]
        moved = {row for row, (a, b) in enumerate(zip(texts, whole, strict=True)) if a != b}
        changed += len(moved)
        table = table.set_column(i, field, pa.array(whole, pa.string()))
        for annotation in recipe.annotations if moved else ():
            if annotation.field == field:
                table = _moved(table, annotation, texts, moved)
    return table, changed


def _moved(table: pa.Table, annotation: MindAnnotation, texts: list[str | None], moved: set[int]) -> pa.Table:
    i = table.schema.get_field_index(annotation.column)
    column = table.column(annotation.column).to_pylist()
    for row in moved:
        text = texts[row] or ""
        for entity in column[row] or []:
            offsets = entity["OccurrenceOffsets"] or []
            entity["OccurrenceOffsets"] = [len(unicodedata.normalize("NFC", text[:offset])) for offset in offsets]
            entity["SurfaceForms"] = [unicodedata.normalize("NFC", form) for form in entity["SurfaceForms"] or []]
    return table.set_column(i, annotation.column, pa.array(column, table.schema.field(i).type))


def _unified(schemas: list[pa.Schema]) -> pa.Schema:
    try:
        return pa.unify_schemas(schemas, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise SourceError(f"a column changes its type within the source: {error}. Give every row one type.") from None


def texts(segments: pl.DataFrame) -> pl.Series:
    """The distinct sentences of some segments, in order of first appearance; empty ones left out."""
    return segments.filter(pl.col("text") != "")["text"].unique(maintain_order=True)
