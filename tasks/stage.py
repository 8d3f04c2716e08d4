"""Stage: read a source once, in order, into ranges of rows on disk, each with its segments. Pins what the build sees."""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import RecipeError, SourceError, did_you_mean
from schemas.frames import BAD_SPANS, SET_ASIDE, table_of
from schemas.languages import language
from schemas.plan import Chunk, Plan, Range
from schemas.recipe import Recipe
from schemas.sources import JsonlSource
from tasks.annotations import FORMATS
from tasks.materialise import guarded
from tasks.normalise import normalise
from tasks.read import Bad, Part, digest, reader
from tasks.seen import Seen
from tasks.segment import WORDED, segment


@dataclass(frozen=True)
class Staged:
    """Where the ranges of a build lie."""

    folder: Path

    def records(self, chunk: Chunk, schema: pa.Schema) -> pa.Table:
        """The source rows of a chunk, in the schema of the whole source."""
        return conformed(pq.ParquetFile(self.folder / f"{chunk.stem}.records.parquet").read(), schema)

    def segments(self, chunk: Chunk) -> pl.DataFrame:
        """The segments of a chunk (schemas.frames.SEGMENTS)."""
        return pl.read_parquet(self.folder / f"{chunk.stem}.segments.parquet", glob=False)

    def set_aside(self) -> pa.Table:
        """The rows that could not be read (schemas.frames.SET_ASIDE)."""
        return pq.ParquetFile(self.folder / "set-aside.parquet").read()

    def bad_spans(self) -> pa.Table:
        """The spans that do not fit their text (schemas.frames.BAD_SPANS)."""
        return pq.ParquetFile(self.folder / "bad-spans.parquet").read()


def stage(recipe: Recipe, folder: Path, limit: int | None = None, strict: bool = False) -> tuple[Plan, Staged]:
    """Read the source of a recipe into `folder`, which is made.

    limit: source rows of each split to read at most.
    strict: raise on the first row that cannot be read, or span that does not fit its text.
    Raises SourceError if the source lacks a field or has nothing to read, RecipeError if the ids are a field.
    """
    with guarded(folder):
        folder.mkdir(parents=True)
    source = reader(recipe.source, limit)
    if source.id in recipe.fields:
        raise RecipeError(f"fields names {source.id!r}, the column that identifies a row: its ids would be translated. Leave it out.")
    pinned = digest(source)
    ids = _Ids(source.id)
    grows = isinstance(recipe.source, JsonlSource)  # a key may begin late, so that all must be read to miss one
    named: dict[str, None] = {}
    splits: dict[str, list[Range]] = {}
    schemas: list[pa.Schema] = []
    aside: list[tuple[str, str, int, str, str]] = []
    misfits: list[tuple[object, ...]] = []
    normalised = 0
    for split in source.splits():
        ranges = splits.setdefault(split, [])
        start = 0
        for part in source.parts(split, min(recipe.chunk_rows, limit or recipe.chunk_rows)):
            part = _cut(part, limit - start) if limit is not None else part
            named |= dict.fromkeys(part.table.column_names)
            if not grows:
                _require(named, recipe, source.id)
            if not part.rows_in:
                continue
            part = ids.give(part, split, start)
            if part.bad and strict:
                bad = part.bad[0]
                raise SourceError(f"{bad.file} line {bad.line}: {bad.reason}. Without --strict the row is set aside.")
            table = _completed(part.table, recipe)
            _require_types(table.schema, recipe)
            table, changed, bad_spans = normalise(table, recipe.fields, recipe.annotations)
            for row, column, span, reason in bad_spans:
                row_id = str(table.column(source.id)[row].as_py())
                group, begin, end = (max(-(2**63), min(number, 2**63 - 1)) for number in (span.group, span.start, span.end))
                misfits.append((split, row_id, column, group, begin, end, span.label, reason))
            if misfits and strict:
                raise SourceError("row {1!r}: {2}: span {3} {7}. Without --strict it is set aside.".format(*misfits[0]))
            pieces = segment(pl.DataFrame(table.select(list(recipe.fields))), recipe.fields, language(recipe.language))
            stem = Chunk("", split, len(ranges)).stem
            with guarded(folder):
                pq.write_table(table, folder / f"{stem}.records.parquet")
                pieces.write_parquet(folder / f"{stem}.segments.parquet")
            ranges.append(Range(part.rows_in, table.num_rows, len(part.bad), pieces.filter(WORDED).height))
            aside += [(split, bad.file, bad.line, bad.reason, bad.raw) for bad in part.bad]
            schemas.append(table.schema)
            normalised += changed
            start += part.rows_in
            if limit is not None and start >= limit:  # before the next part is asked for, which may have to be fetched
                break
    if named:
        _require(named, recipe, source.id)
    splits = {split: ranges for split, ranges in splits.items() if ranges}  # a reader finds no files for an empty one
    if not any(r.rows for ranges in splits.values() for r in ranges):
        reasons = f"; the first of {len(aside)} unreadable rows: line {aside[0][2]}: {aside[0][3]}" if aside else ""
        raise SourceError(f"{recipe.source.where}: no rows to translate{reasons}.")
    if digest(source) != pinned:
        raise SourceError(f"{recipe.source.where} changed while it was read. Run the same command again when it is whole.")
    with guarded(folder):
        pq.write_table(table_of(aside, SET_ASIDE), folder / "set-aside.parquet")
        pq.write_table(table_of(misfits, BAD_SPANS), folder / "bad-spans.parquet")
    return Plan(pinned, source.id, unified(schemas), splits, normalised), Staged(folder)


def _cut(part: Part, rows: int) -> Part:
    """The first rows of a part, bad ones counted."""
    if part.rows_in <= rows:
        return part
    places = [place for place in part.places if place < rows]
    good = len(places)
    return Part(part.table.slice(0, good), part.bad[: rows - good], places, part.where[:good])


class _Ids:
    """Sees to it that every row has an id of its own: one without, or with one that came before in its split, is bad.

    A source without a column `id` gets it: the number of the row in its split, from 0, bad ones counted.
    """

    def __init__(self, column: str) -> None:
        self._column = column
        self._seen = Seen()
        self._numbered: bool | None = None

    def give(self, part: Part, split: str, start: int) -> Part:
        table = part.table
        if not table.num_rows:
            return part
        lacking = self._column not in table.column_names
        if self._numbered is None:
            self._numbered = lacking and self._column == "id"
        if self._numbered and not lacking:
            raise SourceError(f"split {split}: column 'id' begins at row {start + 1}; give every row an id, or name another by source.id.")
        if self._numbered:
            ids = pa.array([str(start + place) for place in part.places], pa.string())
            return replace(part, table=table.add_column(0, "id", ids))
        values = [None] * table.num_rows if lacking else table.column(self._column).to_pylist()
        lacks = [value is None or value == "" for value in values]
        came_before = self._seen.add(values, split)
        keep = [not (lack or again) for lack, again in zip(lacks, came_before, strict=True)]
        if all(keep):
            return part
        good = set(part.places)
        bad = list(zip((place for place in range(part.rows_in) if place not in good), part.bad, strict=True))
        for i, value in enumerate(values):
            if not keep[i]:
                reason = "no id" if lacks[i] else f"id {value!r} came before"
                raw = json.dumps(table.slice(i, 1).to_pylist()[0], ensure_ascii=False, default=str)
                bad.append((part.places[i], Bad(*part.where[i], reason, raw)))
        bad.sort(key=lambda at: at[0])
        good_rows = table.filter(pa.array(keep, pa.bool_()))
        return Part(good_rows, [row for _, row in bad], list(compress(part.places, keep)), list(compress(part.where, keep)))


def _require(names: Collection[str], recipe: Recipe, id_column: str) -> None:
    """Raise SourceError for a column that the recipe names and the source lacks."""
    for wanted in (id_column, *recipe.fields, *(a.column for a in recipe.annotations)):
        if wanted not in names and wanted != "id":
            raise SourceError(f"{recipe.source.where}: no column {wanted!r}; there are {', '.join(names)}.{did_you_mean(wanted, names)}")


def _completed(table: pa.Table, recipe: Recipe) -> pa.Table:
    """With a null column for each field and annotation that no row of this range has."""
    for name in (*recipe.fields, *(a.column for a in recipe.annotations)):
        if name not in table.column_names:
            table = table.append_column(name, pa.nulls(table.num_rows))
    return table


def _require_types(schema: pa.Schema, recipe: Recipe) -> None:
    for field in recipe.fields:
        kind = schema.field(field).type
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)):
            raise SourceError(f"{recipe.source.where}: field {field!r} is {kind}, expected text.")
    for annotation in recipe.annotations:
        kind, form = schema.field(annotation.column).type, FORMATS[annotation.format]
        if not form.holds(kind):
            raise SourceError(f"{recipe.source.where}: column {annotation.column!r} is {kind}, expected {form.EXPECTED}.")
    if taken := sorted(recipe.added() & set(schema.names)):
        raise SourceError(f"{recipe.source.where}: column {taken[0]} is in the way: a release has one of that name. Rename it.")


def unified(schemas: list[pa.Schema]) -> pa.Schema:
    """The schema that holds the rows of all. Raises SourceError where there is none."""
    with _one_type():
        return pa.unify_schemas(schemas, promote_options="permissive")


def conformed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """A range in the schema of the whole source."""
    for field in schema:
        if field.name not in table.column_names:  # JSON lines: a key that no row of this range has
            table = table.append_column(field.name, pa.nulls(table.num_rows, field.type))
    with _one_type():  # whole numbers that the fractions of another range made too large
        columns = zip(table.select(schema.names).columns, schema, strict=True)
        same = [column if column.type == field.type else column.cast(field.type) for column, field in columns]
    return pa.table(same, schema=schema)  # Arrow 26 cannot cast lists of nulls to what they are already


@contextmanager
def _one_type() -> Iterator[None]:
    try:
        yield
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise SourceError(f"a column changes its type within the source: {error}. Give every row one type.") from None
