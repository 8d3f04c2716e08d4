"""Spans: stretches of a text that mean something. Offsets count Unicode code points of the text beside them, [start, end)."""

from dataclasses import dataclass
from typing import Literal, NamedTuple


@dataclass(frozen=True, slots=True)
class Span:
    """One occurrence of an entity, an answer, an opinion target ..."""

    start: int
    end: int
    label: str = ""
    reference: str | None = None
    """What it refers to: a Wikidata id, a question id."""
    group: int = 0
    """Spans of one group are occurrences of one thing: its position in the list that named it."""

    def of(self, text: str) -> str:
        """Its surface form."""
        return text[self.start : self.end]


class Found(NamedTuple):
    """A span as a source gives it; `fault` says why it does not fit its text, and then nothing is done with it."""

    span: Span
    fault: str | None = None


class Projected(NamedTuple):
    """What became of a source span in the translation."""

    span: Span | None
    """Its place there, label, reference and group kept; None where it was dropped."""
    score: float | None
    """0 to 1, rounded to 2 digits: how sure the method is; None where dropped."""
    method: str | None
    """What found the place: the aligner's name, or `copy` where the surface form stands there unchanged."""
    reason: str | None
    """Why it was dropped."""

    @property
    def status(self) -> Literal["projected", "dropped"]:
        return "dropped" if self.span is None else "projected"


def fault(text: str | None, start: int, end: int, surface: str | None = None) -> str | None:
    """Why offsets do not fit a text, with the likely cause where the surface form tells it; None where they fit.

    surface: the form that the source gives; without one only the bounds are looked at.
    """
    if text is None:
        return "has no text to stand in"
    if end < start:
        return f"ends at {end}, before its start {start}"
    if end == start:
        return f"is empty at {start}"
    inside = start >= 0 and end <= len(text)
    if inside and (surface is None or text[start:end] == surface):
        return None
    where = "is not its surface form" if inside else f"{start}..{end} is outside the text of {len(text)} code points"
    cause = _unit(text, start, end, surface) if surface and start >= 0 else None
    return f"{where}; {cause}" if cause else where


UNITS = (("bytes (UTF-8)", "utf-8", 1), ("UTF-16 units", "utf-16-le", 2))  # name, encoding, bytes to each


def _unit(text: str, start: int, end: int, surface: str) -> str | None:
    """What the offsets count, if in that unit the surface form stands where they say."""
    begins = text.startswith(surface, start)  # in code points: only the end may tell
    for unit, encoding, width in UNITS:
        raw, form = (each.encode(encoding, "surrogatepass") for each in (text, surface))
        if raw.startswith(form, start * width) and (not begins or (end - start) * width == len(form)):
            return f"its offsets count {unit}, not code points"
    return None
