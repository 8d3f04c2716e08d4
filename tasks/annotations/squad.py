"""SQuAD's answers (Rajpurkar et al. 2016, 2018): {text: [...], answer_start: [...]}, code points into the context."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from schemas.spans import Found, Span, fault
from tasks.annotations.kinds import several, struct, whole, words

EXPECTED = "SQuAD's answers: {text: a list of texts, answer_start: a list of whole numbers}"

holds = struct({"text": several(words), "answer_start": several(whole)})


def read(value: dict[str, Any] | None, text: str | None) -> list[Found]:
    """One span for each answer, all of one group: they answer one question. Label and reference are the caller's to know."""
    texts, starts = _lists(value)
    uneven = f"has {len(starts)} starts but {len(texts)} texts" if len(starts) != len(texts) else None
    found = []
    for start, answer in zip_longest(starts, texts):
        span = Span(start or 0, (start or 0) + len(answer or ""))
        missing = "has no start" if start is None else "has no text" if answer is None else None
        found.append(Found(span, uneven or missing or fault(text, span.start, span.end, answer)))
    return found


def write(value: dict[str, Any] | None, spans: Sequence[Span | None], text: str | None) -> dict[str, Any] | None:
    """The answers that have a place. A question whose answers all lost it has empty lists, as one without an answer has."""
    if value is None or not any(_lists(value)):
        return value
    kept = [span for span in spans if span is not None]
    return {**value, "text": [span.of(text or "") for span in kept], "answer_start": [span.start for span in kept]}


def _lists(value: dict[str, Any] | None) -> tuple[list[str | None], list[int | None]]:
    value = value or {}
    return value.get("text") or [], value.get("answer_start") or []
