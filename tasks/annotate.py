"""Annotate: the annotations of a chunk of translations, and what became of every span of the source."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl
import pyarrow as pa

from schemas.frames import PROJECTION
from schemas.recipe import Annotation
from schemas.spans import Projected, Span
from tasks.align import Aligner, Alignment
from tasks.annotations import FORMATS
from tasks.project import Piece, project


class Annotated(NamedTuple):
    """One annotation of a chunk, a list item for each row."""

    annotation: Annotation
    spans: list[list[Span]]  # of the source
    projected: list[list[Projected]]  # of each of them
    values: list[Any]  # as the annotation's format has them, for the translations


def annotate(
    records: pa.Table,
    annotations: Sequence[Annotation],
    translations: Mapping[str, Sequence[str | None]],
    pieces: pl.DataFrame,
    aligner: Aligner,
) -> list[Annotated]:
    """Project annotations of source rows onto their translations, in the annotations' order.

    records: source rows, no span of which is at fault. translations: field -> a text for each row; null where it was
    rejected. pieces: schemas.frames.PIECES of the rows. A sentence is aligned once, however many annotations touch it.
    """
    spans = [spans_of(records, annotation) for annotation in annotations]
    touched = [_touched(pieces.filter(pl.col("field") == a.field), mine) for a, mine in zip(annotations, spans, strict=True)]
    pairs = list(dict.fromkeys((p.source, p.target) for rows in touched for row in rows.values() for p in row))
    links = dict(zip(pairs, aligner.align(pairs), strict=True))
    found = []
    for annotation, rows, here in zip(annotations, spans, touched, strict=True):
        form, texts = FORMATS[annotation.format], translations[annotation.field]
        projected = [
            _row(mine, text, here.get(row, []), links, aligner.name) for row, (mine, text) in enumerate(zip(rows, texts, strict=True))
        ]
        values = [
            form.write(value, [p.span for p in placed], text)
            for value, placed, text in zip(records.column(annotation.column).to_pylist(), projected, texts, strict=True)
        ]
        found.append(Annotated(annotation, rows, projected, values))
    return found


def spans_of(table: pa.Table, annotation: Annotation) -> list[list[Span]]:
    """The spans of each row, none of them at fault."""
    texts, values = (table.column(name).to_pylist() for name in (annotation.field, annotation.column))
    form = FORMATS[annotation.format]
    return [[found.span for found in form.read(value, text)] for value, text in zip(values, texts, strict=True)]


def accounts(annotated: Annotated, translations: Sequence[str | None]) -> pa.Array:
    """The column ANNOTATION_projection: schemas.frames.PROJECTION."""
    rows = [
        [_account(span, placed, text) for span, placed in zip(spans, projected, strict=True)]
        for spans, projected, text in zip(annotated.spans, annotated.projected, translations, strict=True)
    ]
    return pa.array(rows, PROJECTION)


def _touched(pieces: pl.DataFrame, spans: list[list[Span]]) -> dict[int, list[Piece]]:
    """The sentences of each row that a span reaches into: only these are aligned."""
    touched: dict[int, list[Piece]] = {}
    for row, *rest in pieces.select("row", "source_start", "source", "target_start", "target").iter_rows():
        piece = Piece(*rest)
        end = piece.source_start + len(piece.source)
        if any(span.start < end and span.end > piece.source_start for span in spans[row]):
            touched.setdefault(row, []).append(piece)
    return touched


def _row(
    spans: list[Span], translation: str | None, pieces: list[Piece], links: dict[tuple[str, str], Alignment], method: str
) -> list[Projected]:
    if translation is None:
        return [Projected(None, None, None, "translation rejected") for _ in spans]
    return project(spans, pieces, [links[p.source, p.target] for p in pieces], method)


def _account(span: Span, placed: Projected, text: str | None) -> dict[str, Any]:
    there = placed.span
    return {
        "source_start": span.start,
        "source_end": span.end,
        "start": there and there.start,
        "end": there and there.end,
        "label": span.label,
        "reference": span.reference,
        "group": span.group,
        "surface": there and text and there.of(text),
        "score": placed.score,
        "method": placed.method,
        "status": placed.status,
        "reason": placed.reason,
    }
