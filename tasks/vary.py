"""Vary: the rows of a variant's config, from the source rows or from the translated ones."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

import pyarrow as pa

from schemas.frames import SWITCHES
from schemas.languages import Language
from schemas.recipe import Annotation, CodeSwitch
from schemas.spans import Span
from tasks.annotate import Annotated, spans_of
from tasks.annotations import FORMATS
from tasks.romanise import Romaniser
from tasks.switch import Switched, switch
from tasks.transliterate import transliterate


def code_switched(
    records: pa.Table,
    translations: Mapping[str, Sequence[str | None]],
    annotated: Sequence[Annotated],
    ids: Sequence[str],
    options: CodeSwitch,
    matrix: Language,
    embedded: Language,
) -> pa.Table:
    """Source rows whose entities stand in the target language, as the translations write them.

    translations: field -> text of each row. Adds FIELD_switches, FIELD_tokens and FIELD_language_tags.
    """
    table = records
    for field in dict.fromkeys(a.annotation.field for a in annotated):
        mine = [a for a in annotated if a.annotation.field == field]
        forms = [_forms(mine, row, text or "") for row, text in enumerate(translations[field])]
        seeds = [f"{options.seed}\0{each}\0{field}" for each in ids]
        mixed = partial(_mixed, forms, seeds, options, matrix, embedded)
        table, results = _carried(table, field, {a.annotation: a.spans for a in mine}, mixed)
        for name, kind, rows in (
            ("switches", SWITCHES, [r and [each._asdict() for each in r.switches] for r in results]),
            ("tokens", pa.list_(pa.string()), [r and r.tokens for r in results]),
            ("language_tags", pa.list_(pa.string()), [r and r.tags for r in results]),
        ):
            table = table.append_column(f"{field}_{name}", pa.array(rows, kind))
    return table


def _forms(annotated: Sequence[Annotated], row: int, translation: str) -> list[str | None]:
    """What stands in a translation for each span of the row."""
    return [p.span.of(translation) if p.span else None for a in annotated for p in a.projected[row]]


def _mixed(
    forms: list[list[str | None]], seeds: list[str], options: CodeSwitch, matrix: Language, embedded: Language,
    row: int, text: str, spans: list[Span],
) -> Switched:  # fmt: skip
    return switch(text, spans, forms[row], matrix=matrix, embedded=embedded, rate=options.rate, seed=seeds[row], markers=options.markers)


def transliterated(
    table: pa.Table, fields: Sequence[str], annotations: Sequence[Annotation], language: Language, romaniser: Romaniser
) -> pa.Table:
    """Translated rows with their fields in Latin letters, and their annotations moved along."""
    for field in fields:
        spans = {a: spans_of(table, a) for a in annotations if a.field == field}
        table, _ = _carried(table, field, spans, lambda _, text, spans: transliterate(text, spans, language, romaniser))
    return table


class _Result(Protocol):
    @property
    def text(self) -> str: ...
    @property
    def spans(self) -> list[Span | None]: ...


R = TypeVar("R", bound=_Result)


def _carried(
    table: pa.Table, field: str, spans: dict[Annotation, list[list[Span]]], change: Callable[[int, str, list[Span]], R]
) -> tuple[pa.Table, list[R | None]]:
    """The field's texts changed and its annotations written anew, and the result of each row; null stays null."""
    texts = table.column(field).to_pylist()
    results = [
        None if text is None else change(row, text, [span for rows in spans.values() for span in rows[row]])
        for row, text in enumerate(texts)
    ]
    written = [result.text if result else None for result in results]
    news = [iter(result.spans if result else ()) for result in results]
    for annotation, rows in spans.items():
        form = FORMATS[annotation.format]
        values = table.column(annotation.column).to_pylist()
        moved = [
            form.write(value, [next(new, None) for _ in mine], text)
            for value, mine, new, text in zip(values, rows, news, written, strict=True)
        ]
        table = replaced(table, annotation.column, moved)
    return replaced(table, field, written), results


def replaced(table: pa.Table, column: str, values: list[Any]) -> pa.Table:
    """The table with other values in a column of the same type."""
    at = table.schema.get_field_index(column)
    return table.set_column(at, table.schema.field(at), pa.array(values, table.schema.field(at).type))
