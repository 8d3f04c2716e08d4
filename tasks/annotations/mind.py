"""MIND's entities (Wu et al. 2020): a list of things, each with every place where the text names it."""

import json
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from schemas.spans import Found, Span, fault
from tasks.annotations.kinds import several, struct, whole, words

EXPECTED = "a list of MIND's entities"
Entity = dict[str, Any]

holds = several(
    struct({}, {"Type": words, "WikidataId": words, "OccurrenceOffsets": several(whole), "SurfaceForms": several(words)}),
)


def read(value: Sequence[Entity | None] | None, text: str | None) -> list[Found]:
    """One span for each occurrence: label = Type, reference = WikidataId, group = position of the entity.

    Where an entity has not as many offsets as surface forms, none of its occurrences can be trusted.
    """
    found = []
    for group, entity in enumerate(value or ()):
        offsets, forms = _lists(entity)
        uneven = f"has {len(offsets)} offsets but {len(forms)} surface forms" if len(offsets) != len(forms) else None
        for offset, form in zip_longest(offsets, forms):
            assert entity is not None  # null has no occurrences
            start = offset or 0
            span = Span(start, start + len(form or ""), entity.get("Type") or "", entity.get("WikidataId") or None, group)
            missing = "has no offset" if offset is None else "has no surface form" if form is None else None
            found.append(Found(span, uneven or missing or fault(text, span.start, span.end, form)))
    return found


def write(value: Sequence[Entity | None] | None, spans: Sequence[Span | None], text: str | None) -> list[Entity | None] | None:
    """The entities with new offsets and surface forms; one keeps its other keys, also when no occurrence is left."""
    if value is None:
        return None
    rest = iter(spans)
    return [_written(entity, rest, text or "") for entity in value]


def _written(entity: Entity | None, rest: Any, text: str) -> Entity | None:
    offsets, forms = _lists(entity)
    count = max(len(offsets), len(forms))
    if entity is None or not count:
        return entity
    kept = [span for span in (next(rest) for _ in range(count)) if span is not None]
    return {**entity, "OccurrenceOffsets": [span.start for span in kept], "SurfaceForms": [span.of(text) for span in kept]}


def _lists(entity: Entity | None) -> tuple[list[int | None], list[str | None]]:
    entity = entity or {}
    return entity.get("OccurrenceOffsets") or [], entity.get("SurfaceForms") or []


def dumps(value: Sequence[Entity | None] | None, like: str) -> str:
    """Entities as MIND's news.tsv has them, in one column.

    like: the column that they were read from (tasks.read.mind.entities), whose way with letters beyond ASCII is kept:
    escaped or plain. A column without entities stays as it was.
    """
    return json.dumps(value, ensure_ascii=like.isascii()) if value else like
