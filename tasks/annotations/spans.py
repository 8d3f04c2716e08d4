"""Spans as a list of {start, end, label}, perhaps with reference, group and surface (or text)."""

from collections.abc import Sequence
from typing import Any

from schemas.spans import Found, Span, fault
from tasks.annotations.kinds import several, struct, whole, words

EXPECTED = "a list of {start, end, label}, with whole numbers for start and end"
SURFACE = ("surface", "text")  # names of the surface form

holds = several(
    struct({"start": whole, "end": whole}, {"label": words, "reference": words, "group": whole, "surface": words, "text": words}),
)


def read(value: Sequence[dict[str, Any] | None] | None, text: str | None) -> list[Found]:
    """One span for each that is not null; without a group of its own, its position in the list is one."""
    found = []
    for position, item in enumerate(value or ()):
        if item is None:
            continue
        start, end, group = item.get("start"), item.get("end"), item.get("group")
        span = Span(
            start=start or 0,
            end=end or 0,
            label=item.get("label") or "",
            reference=item.get("reference") or None,
            group=position if group is None else group,
        )
        missing = next((f"has no {name}" for name, at in (("start", start), ("end", end)) if at is None), None)
        surface = next((item[name] for name in SURFACE if item.get(name) is not None), None)
        found.append(Found(span, missing or fault(text, span.start, span.end, surface)))
    return found


def write(value: Sequence[dict[str, Any] | None] | None, spans: Sequence[Span | None], text: str | None) -> list[Any] | None:
    """The list with new starts, ends and surface forms; other keys stay, nulls too."""
    if value is None:
        return None
    rest = iter(spans)
    written: list[dict[str, Any] | None] = []
    for item in value:
        if item is None:
            written.append(None)
        elif (span := next(rest)) is not None:
            forms = {name: span.of(text or "") for name in SURFACE if item.get(name) is not None}
            written.append({**item, "start": span.start, "end": span.end, **forms})
    return written
