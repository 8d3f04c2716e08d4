"""Annotations: how the columns of a source hold spans, read into one type and written again where the text has changed.

A format is one file here with the functions of `Format`, and one line in FORMATS.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import pyarrow as pa

from schemas.spans import Found, Span
from tasks.annotations import mind, spans, squad


class Format(Protocol):
    """How a column's value (Python's form of the Arrow value) holds the spans of one text; a module here is one."""

    EXPECTED: str
    """What a column of this format is, for messages."""

    def holds(self, kind: pa.DataType) -> bool:
        """Whether a column of this type can be read; nulls may stand for anything in it."""

    def read(self, value: Any, text: str | None) -> list[Found]:
        """Every span, in the order in which `write` takes them; `text` is the field they count in, null with no text."""

    def write(self, value: Any, spans: Sequence[Span | None], text: str | None) -> Any:
        """The value with each span of `read` at its new place in the new text; one that is None is left out."""


FORMATS: dict[str, Format] = {"mind": mind, "spans": spans, "squad": squad}
