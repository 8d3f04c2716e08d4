"""Project alone, over one file."""

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from flows.files import format_of, load, require_room, save, span_items, summarise
from flows.settings import settings
from schemas.errors import RecipeError
from schemas.languages import Language, language
from schemas.recipe import CTranslate2
from schemas.spans import Found, Projected
from tasks.align import Aligner
from tasks.align.attention import AttentionAligner
from tasks.align.pieces import pieces
from tasks.align.statistical import StatisticalAligner, fit
from tasks.annotations import spans as listed
from tasks.project import Piece, project
from tasks.translate import translator

AT_ONCE = 2000  # rows whose alignments are held together: about 5 MB of news
TARGET_SPANS = pa.list_(
    pa.struct(
        [
            ("start", pa.int32()),  # code points into target; null where the span was dropped
            ("end", pa.int32()),
            ("label", pa.string()),
            ("score", pa.float64()),  # 0 to 1, 2 digits
            ("method", pa.string()),
            ("status", pa.string()),  # projected or dropped
            ("reason", pa.string()),  # why dropped
        ]
    )
)


def project_file(
    source: Path, target: Path, source_language: str, target_language: str, aligner: str = "statistical", model: str = "demo"
) -> dict[str, Any]:
    """Adds target_spans to rows {source, target, spans}: one for each span, in its order. The aligner is fitted on the file itself."""
    format_of(target)
    ours, theirs = language(source_language), language(target_language)
    if ours == theirs:
        raise RecipeError(f"--source-language and --target-language both mean {ours.code}; spans are carried from one to another.")
    rows = load(source, ["source", "target"])
    if rows.is_empty() and "spans" not in rows.columns:  # JSON lines without a line name no columns
        rows = rows.with_columns(pl.lit(None).alias("spans"))
    found = _spans(rows, source.name)
    require_room(rows, target)
    since = time.monotonic()
    cut = [
        pieces(text, translation, ours, theirs) if text and translation else []
        for text, translation in zip(rows["source"].to_list(), rows["target"].to_list(), strict=True)
    ]
    links = _aligner(aligner, model, cut, ours, theirs)
    placed: list[list[Projected | None]] = []
    for start in range(0, rows.height, AT_ONCE):
        placed += _project(found[start : start + AT_ONCE], cut[start : start + AT_ONCE], links)
    seconds = time.monotonic() - since
    added = [
        [one and _written(given, one) for given, one in zip(mine, row, strict=True)] if has else None
        for has, mine, row in zip(rows["spans"].is_not_null().to_list(), found, placed, strict=True)
    ]
    save(rows, pl.DataFrame({"target_spans": pl.Series(pa.array(added, TARGET_SPANS))}), target)
    results = [one for row in placed for one in row if one]
    faults = {given.fault for row in found for given in row if given}
    dropped = Counter("bad offsets" if one.reason in faults else one.reason for one in results if one.reason)
    return summarise(rows, target) | {
        "spans": len(results),
        "projected": sum(one.span is not None for one in results),
        "dropped": dict(dropped.most_common()),
        "pairs_per_second": round(sum(map(len, cut)) / max(seconds, 1e-3)),
    }


def _aligner(name: str, model: str, cut: Sequence[Sequence[Piece]], source: Language, target: Language) -> Aligner:
    if name == "attention":
        options = CTranslate2(model=model, into=(target.code,))
        return AttentionAligner(translator(options, settings().machine), source, target)
    return StatisticalAligner(fit(((piece.source, piece.target) for row in cut for piece in row), source, target), source, target)


def _project(found: Sequence[Sequence[Found | None]], cut: Sequence[Sequence[Piece]], links: Aligner) -> list[list[Projected | None]]:
    """What became of the spans of some rows; only the pieces of rows that have spans are aligned."""
    wanted = [row if any(mine) else [] for row, mine in zip(cut, found, strict=True)]
    alignments = iter(links.align([(piece.source, piece.target) for row in wanted for piece in row]))
    placed: list[list[Projected | None]] = []
    for mine, row in zip(found, wanted, strict=True):
        here = [next(alignments) for _ in row]
        good = [given.span for given in mine if given and not given.fault]
        moved = iter(project(good, row, here, links.name) if row else [Projected(None, None, None, "empty translation")] * len(good))
        placed.append([given and (Projected(None, None, None, given.fault) if given.fault else next(moved)) for given in mine])
    return placed


def _written(given: Found | None, placed: Projected) -> dict[str, Any]:
    at = placed.span
    place = {"start": at.start, "end": at.end} if at else {"start": None, "end": None}
    told = {"score": placed.score, "method": placed.method, "status": placed.status, "reason": placed.reason}
    return place | {"label": given.span.label if given else None} | told


def _spans(rows: pl.DataFrame, file: str) -> list[list[Found | None]]:
    """The column `spans` of each row, null items kept."""
    return [
        [listed.read([item], text or "")[0] if item else None for item in value or ()]
        for value, text in zip(span_items(rows, "spans", file), rows["source"].to_list(), strict=True)
    ]
