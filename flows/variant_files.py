"""Switch and transliterate alone, over one file."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pyarrow as pa

from flows.files import format_of, load, require_room, save, span_items, summarise
from schemas.errors import RecipeError, SourceError
from schemas.frames import SWITCHES
from schemas.languages import language
from schemas.spans import Span
from tasks.annotations import spans as listed
from tasks.identify.script import letters
from tasks.mixing import mixing
from tasks.romanise import romaniser
from tasks.switch import switch as switched
from tasks.transliterate import transliterate as transliterated

Places = list[Span | None]

SPANS = pa.list_(pa.struct([("start", pa.int32()), ("end", pa.int32()), ("label", pa.string())]))
SWITCHED = pa.schema(
    [
        ("switched", pa.string()),
        ("switched_tokens", pa.list_(pa.string())),
        ("language_tags", pa.list_(pa.string())),  # one for each token
        ("switches", SWITCHES),
        ("switched_spans", SPANS),
    ]
)
TRANSLITERATED = pa.schema([("transliteration", pa.string()), ("transliteration_spans", SPANS)])


def switch(
    source: Path,
    target: Path,
    source_language: str,
    target_language: str,
    rate: float,
    seed: int,
    markers: bool,
) -> dict[str, Any]:
    """Adds switched, switched_tokens, language_tags, switches and switched_spans (as spans; null where one could not stay).

    Rows are {source, target, spans, target_spans}, a target span for each span, as `project` writes them. What a row draws
    depends on `seed` and the row's column id, without one on its number.
    """
    format_of(target)
    matrix, embedded = language(source_language), language(target_language)
    if matrix == embedded:
        raise RecipeError(f"--source-language and --target-language both mean {matrix.code}; a switch is between two languages.")
    rows = load(source, ["source", "target"])
    spans, projected = _spans(rows, "spans", "source", source.name), _spans(rows, "target_spans", "target", source.name)
    require_room(rows, target)
    ids = rows["id"].to_list() if "id" in rows.columns else [None] * rows.height
    added: list[dict[str, Any]] = []
    for row, (id, text, translation, mine, theirs) in enumerate(
        zip(ids, rows["source"].to_list(), rows["target"].to_list(), spans.rows, projected.rows, strict=True), 1
    ):
        given = mine or []
        theirs = [None] * len(given) if theirs is None else theirs
        if len(given) != len(theirs):
            raise SourceError(
                f"{source.name} row {row}: {len(given)} spans, but {len(theirs)} target_spans. There must be one for each; "
                "one without a place has null for start and end."
            )
        if text is None:
            added.append({})
            continue
        pairs = [(span, form.of(translation) if form else None) for span, form in zip(given, theirs, strict=True) if span]
        result = switched(
            text,
            [span for span, _ in pairs],
            [form for _, form in pairs],
            matrix=matrix,
            embedded=embedded,
            rate=rate,
            seed=f"{seed}\0{row if id is None else id}",
            markers=markers,
        )
        added.append(
            {
                "switched": result.text,
                "switched_tokens": result.tokens,
                "language_tags": result.tags,
                "switches": [each._asdict() for each in result.switches],
                "switched_spans": _written(mine, result.spans),
            }
        )
    save(rows, pl.DataFrame(pa.Table.from_pylist(added, SWITCHED)), target)
    switches = sum(len(each.get("switches", ())) for each in added)
    cmi = [mixing(each["language_tags"]).cmi for each in added if each.get("language_tags")]  # empty texts mix nothing
    return summarise(rows, target) | {
        "spans": spans.total,
        "switches": switches,
        "misfits": spans.misfits + projected.misfits,
        "mean_code_mixing_index": round(sum(cmi) / max(len(cmi), 1), 2),
    }


def transliterate(source: Path, target: Path, field: str, alias: str) -> dict[str, Any]:
    """Adds transliteration and, if the rows have spans (of the field), transliteration_spans (as spans; null where nothing is left)."""
    format_of(target)
    spoken = language(alias)
    if spoken.script == "Latn":
        raise RecipeError(f"--language {spoken.code} is written in Latin letters; there is nothing to transliterate.")
    rows = load(source, [field])
    spans = _spans(rows, "spans", field, source.name) if "spans" in rows.columns else None
    require_room(rows, target)
    library = romaniser("uroman")
    added: list[dict[str, Any]] = []
    for text, mine in zip(rows[field].to_list(), spans.rows if spans else [None] * rows.height, strict=True):
        if text is None:
            added.append({})
        else:
            result = transliterated(text, [span for span in mine or () if span], spoken, library)
            added.append({"transliteration": result.text, "transliteration_spans": _written(mine, result.spans)})
    columns = pl.DataFrame(pa.Table.from_pylist(added, TRANSLITERATED))
    save(rows, columns if spans else columns.select("transliteration"), target)
    left = (letters(columns["transliteration"]) > letters(columns["transliteration"], "Latn")).sum()
    counts = {"spans": spans.total, "misfits": spans.misfits} if spans else {}
    return summarise(rows, target) | counts | {"not_all_latin": left, "romaniser": library.name}


class _Spans(NamedTuple):
    """A column of spans."""

    rows: list[Places | None]  # a place for each span of each row; None where it fits no text or has none
    total: int
    misfits: int  # that do not fit their text


def _spans(rows: pl.DataFrame, name: str, field: str, file: str) -> _Spans:
    """The spans of a column, which point into the text of another."""
    if rows.is_empty():  # JSON lines without a line name no columns
        return _Spans([], 0, 0)
    values = span_items(rows, name, file)
    found = [[_placed(item, text) for item in value or ()] for value, text in zip(values, rows[field].to_list(), strict=True)]
    return _Spans(
        rows=[None if value is None else [span for span, _ in row] for value, row in zip(values, found, strict=True)],
        total=sum(map(len, found)),
        misfits=sum(misfit for row in found for _, misfit in row),
    )


def _placed(item: dict[str, Any] | None, text: str | None) -> tuple[Span | None, bool]:
    """The span of an item, if it has a place that fits the text, and whether it has one that does not."""
    if item is None or text is None or (item["start"], item["end"]) == (None, None):
        return None, False
    found = listed.read([item], text)[0]
    return (None, True) if found.fault else (found.span, False)


def _written(spans: Places | None, moved: Iterable[Span | None]) -> list[dict[str, Any] | None] | None:
    """A row's spans where they moved to; `moved` is of those that are not None."""
    if spans is None:
        return None
    rest = iter(moved)
    places = [next(rest) if span else None for span in spans]
    return [{"start": place.start, "end": place.end, "label": place.label} if place else None for place in places]
