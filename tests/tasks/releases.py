"""Releases made by hand, for tests of what reads them."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.frames import ENTITIES, PROJECTION, QUALITY, REJECTED, SET_ASIDE, SWITCHES
from schemas.languages import language
from schemas.manifest import Manifest
from tasks.materialise import entry
from tasks.segment import WORDED, segment

SPANS = pa.list_(pa.struct([("start", pa.int32()), ("end", pa.int32())]))
TYPES = {
    "spans": SPANS,
    "spans_projection": PROJECTION,
    "text": pa.string(),
    "title": pa.string(),
    "entities": ENTITIES,
    "entities_projection": PROJECTION,
    "text_switches": SWITCHES,
}
TYPES |= {"text_quality": QUALITY, "title_quality": QUALITY}

MIND = [{"field": "text", "column": "entities", "format": "mind"}]
VARIANTS = [
    {"kind": "code-switch", "method": "entity", "rate": 1.0, "markers": True},
    {"kind": "transliterate", "to": "Latn", "romaniser": "uroman"},
]
ACCEPT, FLAG, REJECT = (
    {"verdict": verdict, "reasons": reasons, "tried": tried}
    for verdict, reasons, tried in (
        ("accept", [], []),
        ("flag", ["language"], ["clauses"]),
        ("reject", ["loop", "script"], ["clauses", "repetition"]),
    )
)
EVIL = "<script>alert('x')</script><img src=http://e.org/x onerror=alert(1)> \"&amp;\x00"
ENGLISH = "😀 Rome and Paris, Rome"  # Rome at 2..6 and 18..22, Paris at 11..16
ARABIC = "روما وباريس"


def entity(text: str, *forms: tuple[int, int], kind: str = "G", reference: str = "Q1") -> dict[str, Any]:
    """An entity of MIND that stands at these places of the text."""
    return {
        "Label": text[slice(*forms[0])] if forms else "",
        "Type": kind,
        "WikidataId": reference,
        "Confidence": 1.0,
        "OccurrenceOffsets": [start for start, _ in forms],
        "SurfaceForms": [text[start:end] for start, end in forms],
    }


def projected(source: tuple[int, int], place: tuple[int, int] | None, group: int, **changes: Any) -> dict[str, Any]:
    """What became of a span; without a place it was dropped."""
    start, end = place or (None, None)
    account = {"source_start": source[0], "source_end": source[1], "start": start, "end": end, "label": "G", "group": group}
    account |= {"status": "projected", "method": "statistical"} if place else {"status": "dropped", "reason": "no link"}
    return {**account, **changes}


def release(folder: Path, base: Manifest, tables: dict[str, Any], *, rejected: dict[str, Any] | None = None, **recipe: Any) -> Manifest:
    """Write a release of one split and return its manifest.

    tables: config -> rows, a list for each shard where there are several; a config's language and kind stand in its name.
    rejected: config -> rows of rejected/CONFIG.parquet. recipe: what differs from one field `text` without annotations.
    """
    values = base.model_dump(mode="json")
    values["recipe"] = {**values["recipe"], "fields": ["text"], **recipe}
    shards = {name: rows if rows and isinstance(rows[0], list) else [rows] for name, rows in tables.items()}
    rows_in = sum(map(len, shards[base.language]))
    values["configs"] = {name: _config(folder, base.language, name, parts, rows_in) for name, parts in shards.items()}
    fields, origin = values["recipe"]["fields"], [row for shard in shards[base.language] for row in shard]
    texts = pl.DataFrame({field: [row.get(field) for row in origin] for field in fields}, schema=dict.fromkeys(fields, pl.String))
    for config in values["configs"].values():
        if config["kind"] == "translation":
            config["splits"]["train"]["sentences"] = segment(texts, fields, language(base.language)).filter(WORDED).height
    for name, rows in (rejected or {}).items():
        (folder / "rejected").mkdir(exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows, REJECTED), folder / "rejected" / f"{name}.parquet")
    return Manifest.model_validate(values)


def _config(folder: Path, source: str, name: str, shards: Sequence[Sequence[dict[str, Any]]], rows_in: int) -> dict[str, Any]:
    code, _, variant = name.partition(".")
    kind = variant.rpartition("-")[0] or ("source" if name == source else "translation")
    columns = list(dict.fromkeys(column for rows in shards for row in rows for column in row)) or ["id", "text"]
    numbered = any(isinstance(row["id"], int) for rows in shards for row in rows)
    types = TYPES | {"id": pa.int64() if numbered else pa.string()}
    schema = pa.schema([(column, types.get(column, pa.string())) for column in columns])
    files = []
    for index, rows in enumerate(shards):
        path = folder / name / f"train-{index:05d}-of-{len(shards):05d}.parquet"
        path.parent.mkdir(exist_ok=True)
        pq.write_table(pa.Table.from_pylist(list(rows), schema), path)
        files.append(entry(folder, str(path.relative_to(folder)), len(rows)).model_dump())
    rows = [row for shard in shards for row in shard]
    checked = [column for column in columns if column.endswith("_quality") and kind == "translation"]
    qualities = [row[column] for row in rows for column in checked if row[column]]
    spans = [span for row in rows for column in columns if column.endswith("_projection") for span in row[column]]
    switches = [len(row.get("text_switches") or ()) for row in rows]
    account = {
        "rows_in": rows_in + 1,
        "rows_out": len(rows),
        "set_aside": 1,
        "rejected": rows_in - len(rows),
        "fields": len(qualities),
        "verdicts": Counter(quality["verdict"] for quality in qualities),
        "tried": Counter(quality["verdict"] for quality in qualities if quality["tried"]),
        "reasons": Counter(reason for quality in qualities for reason in quality["reasons"]),
        "counts": {"switches": sum(switches), "rows with a switch": sum(map(bool, switches))} if kind == "code-switch" else {},
        "files": files,
    }
    if kind == "translation" and any(column.endswith("_projection") for column in columns):
        account["projection"] = {
            "spans": len(spans),
            "projected": sum(span["status"] == "projected" for span in spans),
            "dropped": Counter(span["reason"] for span in spans if span["status"] == "dropped"),
            "methods": Counter(span["method"] for span in spans if span["status"] == "projected"),
        }
    return {"language": code, "kind": kind, "columns": {f.name: str(f.type) for f in schema}, "splits": {"train": account}}


def full(folder: Path, base: Manifest) -> Manifest:
    """A release with all there is: three rows, of which one is evil and one was rejected in Arabic."""
    entities = [entity(ENGLISH, (2, 6), (18, 22)), entity(ENGLISH, (11, 16), reference="Q90")]
    english = [
        {"id": "a", "text": ENGLISH, "entities": entities},
        {"id": EVIL, "text": EVIL, "entities": []},
        {"id": "c", "text": "third", "entities": []},
    ]
    finnish = [
        {
            "id": "a",
            "text": "Pariisi ja Rooma 😀 Rooma",
            "entities": [entity("Pariisi ja Rooma 😀 Rooma", (11, 16)), entity("Pariisi", (0, 7), reference="Q90")],
            "text_quality": FLAG,
            "entities_projection": [
                projected((2, 6), (11, 16), 0),
                projected((18, 22), None, 0),
                projected((11, 16), (0, 7), 1, method="copy"),
            ],
        },
        {"id": EVIL, "text": EVIL, "entities": [], "text_quality": ACCEPT, "entities_projection": []},
        {"id": "c", "text": "kolmas", "entities": [], "text_quality": ACCEPT, "entities_projection": []},
    ]
    arabic = [
        {
            "id": "a",
            "text": ARABIC,
            "entities": [entity(ARABIC, (0, 4)), entity(ARABIC, (6, 11), reference="Q90")],
            "text_quality": ACCEPT,
            "entities_projection": [projected((2, 6), (0, 4), 0), projected((18, 22), None, 0), projected((11, 16), (6, 11), 1)],
        },
        {"id": EVIL, "text": EVIL, "entities": [], "text_quality": ACCEPT, "entities_projection": []},
        {"id": "c", "text": None, "entities": [], "text_quality": REJECT, "entities_projection": []},
    ]
    switched = "😀 <ar>روما</ar> and Paris, Rome"
    switch = {"start": 6, "end": 10, "source": "Rome", "language": "arb_Arab", "method": "entity"}
    mixed = [{"id": "a", "text": switched, "entities": [entity(switched, (6, 10))], "text_switches": [switch]}]
    latin = [{"id": "a", "text": "rwma wbarys", "entities": [entity("rwma wbarys", (0, 4))], "text_quality": ACCEPT}]
    tables = {
        "eng_Latn": english,
        "fin_Latn": finnish,
        "arb_Arab": arabic,
        "arb_Arab.code-switch-entity": mixed,
        "arb_Arab.transliterate-Latn": latin,
    }
    kept = {
        "split": "train",
        "id": "c",
        "field": "text",
        "source": "third",
        "translation": "<i>لا لا لا",
        "verdict": "reject",
        "reasons": ["loop"],
    }
    made_so = {"annotations": MIND, "project": {"aligner": "statistical"}, "variants": VARIANTS}
    made = release(folder, base, tables, rejected={"arb_Arab": [kept]}, **made_so)
    unread = {"split": "train", "file": "f.jsonl", "line": 4, "reason": "not JSON", "raw": "{"}
    pq.write_table(pa.Table.from_pylist([unread], SET_ASIDE), folder / "rejected" / "source.parquet")
    return made.model_copy(update={"files": tuple(entry(folder, f"rejected/{name}.parquet", 1) for name in ("source", "arb_Arab"))})
