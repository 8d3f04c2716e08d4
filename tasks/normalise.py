"""Normalise: fields in NFC, their spans moved along; spans that do not fit their text are set aside."""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pyarrow as pa

from schemas.recipe import Annotation
from schemas.spans import Span
from tasks.annotations import FORMATS


class BadSpan(NamedTuple):
    """A span that does not fit its text."""

    row: int
    column: str
    span: Span
    reason: str


class Normalised(NamedTuple):
    """Source rows as later steps take them."""

    table: pa.Table
    changed: int  # fields that were not in NFC
    bad: list[BadSpan]


def normalise(table: pa.Table, fields: Sequence[str], annotations: Sequence[Annotation]) -> Normalised:
    """Source rows with their fields in NFC and only spans that fit them."""
    changed = 0
    bad: list[BadSpan] = []
    for field in fields:
        texts = table.column(field).to_pylist()
        whole = [text if text is None else _nfc(text) for text in texts]
        others = sum(a != b for a, b in zip(texts, whole, strict=True))
        changed += others
        for annotation in annotations:
            if annotation.field == field:
                table = _cleaned(table, annotation, texts, whole, bad)
        at = table.schema.get_field_index(field)
        table = table.set_column(at, field, pa.array(whole, pa.string()) if others else table.column(at).cast(pa.string()))
    return Normalised(table, changed, bad)


def _cleaned(table: pa.Table, annotation: Annotation, texts: list[Any], whole: list[Any], bad: list[BadSpan]) -> pa.Table:
    form = FORMATS[annotation.format]
    at = table.schema.get_field_index(annotation.column)
    values = table.column(at).to_pylist()
    touched = False
    for row, (value, text, new) in enumerate(zip(values, texts, whole, strict=True)):
        found = form.read(value, text)
        bad += [BadSpan(row, annotation.column, span, fault) for span, fault in found if fault]
        if any(fault for _, fault in found) or (found and text != new):
            values[row] = form.write(value, [None if fault else _moved(span, text) for span, fault in found], new)
            touched = True
    return table.set_column(at, table.schema.field(at), pa.array(values, table.schema.field(at).type)) if touched else table


def _moved(span: Span, text: str) -> Span:
    """The span in the text's NFC; where a letter composes with a mark across its edge, it takes both in."""
    start, end = span.start, span.end
    while not _parts(text, start):
        start -= 1
    while not _parts(text, end):
        end += 1
    return replace(span, start=len(_nfc(text[:start])), end=len(_nfc(text[:end])))


def _parts(text: str, at: int) -> bool:
    """Whether NFC keeps what stands before a place apart from what stands behind it."""
    return _nfc(text[:at]) + _nfc(text[at:]) == _nfc(text)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
