"""Every Arrow schema of Babelmill, once. Columns are described beside their names."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

ENTITIES = pa.list_(
    pa.struct(
        [
            ("Label", pa.string()),
            ("Type", pa.string()),
            ("WikidataId", pa.string()),
            ("Confidence", pa.float64()),
            ("OccurrenceOffsets", pa.list_(pa.int32())),  # code points into the field of the same row
            ("SurfaceForms", pa.list_(pa.string())),
        ]
    )
)
"""Entities of MIND, as lists of structs instead of JSON strings."""

MIND_NEWS = pa.schema(
    [
        ("nid", pa.string()),
        ("category", pa.string()),
        ("subcategory", pa.string()),
        ("title", pa.string()),
        ("abstract", pa.string()),
        ("url", pa.string()),
        ("title_entities", ENTITIES),
        ("abstract_entities", ENTITIES),
    ]
)
"""news.tsv of MIND, in its order of columns."""

SPANS = pa.list_(pa.struct([("start", pa.int32()), ("end", pa.int32()), ("label", pa.string())]))
"""Spans as a column of their own, code points into the text beside them."""

CONLL = pa.schema(
    [
        ("text", pa.string()),  # the tokens with a space between each two
        ("tokens", pa.list_(pa.string())),
        ("tags", pa.list_(pa.string())),  # as they stood
        ("spans", SPANS),  # of text
    ]
)
"""Sentences of a CoNLL file."""

ANSWERS = pa.struct([("text", pa.list_(pa.string())), ("answer_start", pa.list_(pa.int32()))])
"""Answers of SQuAD, as the library datasets has them; code points into the context."""

SQUAD = pa.schema(
    [
        ("id", pa.string()),
        ("title", pa.string()),
        ("context", pa.string()),
        ("question", pa.string()),
        ("answers", ANSWERS),
        ("is_impossible", pa.bool_()),  # null in SQuAD 1.1
        ("plausible_answers", ANSWERS),  # to questions without an answer; null elsewhere
    ]
)
"""Questions of SQuAD, each with its context."""

SEGMENTS = pa.schema(
    [
        ("row", pa.uint32()),  # of the chunk, from 0
        ("field", pa.string()),
        ("position", pa.uint32()),  # of the segment in its field, from 0
        ("text", pa.string()),  # one sentence; empty where the field begins with white space
        ("separator", pa.string()),  # what stands between this segment and the next, or at the end
    ]
)
"""Sentences of a chunk; joining text + separator in order of position gives the field back exactly."""

MEMORY = pa.schema(
    [
        ("engine", pa.string()),  # fingerprint; partition
        ("target", pa.string()),  # canonical language code; partition
        ("key", pa.binary()),  # 16 bytes: xxh3-128 of source language and text
        ("source_language", pa.string()),
        ("source", pa.string()),  # NFC
        ("translation", pa.string()),  # NFC
        ("score", pa.float32()),  # mean log-probability a token; null for engines without one and greedy search
        ("truncated", pa.bool_()),  # the input or the output hit the engine's length limit
        ("tried", pa.list_(pa.string())),  # names of the second tries that were made, in their order
        ("checksum", pa.binary()),  # 8 bytes: xxh3-64 of all the above
    ]
)
"""The translation memory."""

TRANSLATIONS = pa.schema(
    [
        ("row", pa.uint32()),
        ("field", pa.string()),
        ("source", pa.string()),
        ("target", pa.string()),  # the joined segments
        ("truncated", pa.bool_()),  # any of them
        ("tried", pa.list_(pa.string())),  # names of the second tries that any of them needed
    ]
)
"""Fields of a chunk beside their translation, after the join with the memory."""

QUALITY = pa.struct([("verdict", pa.string()), ("reasons", pa.list_(pa.string())), ("tried", pa.list_(pa.string()))])
"""What the checks said of one translated field: accept, flag or reject, the names of the checks that fired, and those of the
second tries (tasks.retry) that were made with any of its sentences."""

PIECES = pa.schema(
    [
        ("row", pa.uint32()),
        ("field", pa.string()),
        ("source_start", pa.uint32()),  # code points into the field of the source row
        ("source", pa.string()),  # one sentence
        ("target_start", pa.uint32()),  # and into its translation
        ("target", pa.string()),
    ]
)
"""Sentences of a chunk beside their translations, in order of row, field and position; what alignment works on."""

PROJECTION = pa.list_(
    pa.struct(
        [
            ("source_start", pa.int32()),  # in the field of the source row
            ("source_end", pa.int32()),
            ("start", pa.int32()),  # in the translation; null where the span was dropped
            ("end", pa.int32()),
            ("label", pa.string()),
            ("reference", pa.string()),
            ("group", pa.int64()),  # position in the annotation's own list, or what the source's own `group` says
            ("surface", pa.string()),  # the translation between start and end
            ("score", pa.float32()),  # 0 to 1, 2 digits
            ("method", pa.string()),
            ("status", pa.string()),  # projected or dropped
            ("reason", pa.string()),  # why dropped
        ]
    )
)
"""What became of each span of the source in a translation, in the source's order: column ANNOTATION_projection."""

SWITCHES = pa.list_(
    pa.struct(
        [
            ("start", pa.int32()),  # in the switched text, the marker not counted in
            ("end", pa.int32()),
            ("source", pa.string()),  # what stood there
            ("language", pa.string()),  # canonical code of what stands there now
            ("method", pa.string()),  # entity
        ]
    )
)
"""The stretches of a code-switched field in the embedded language: column FIELD_switches."""

BAD_SPANS = pa.schema(
    [
        ("split", pa.string()),
        ("id", pa.string()),
        ("column", pa.string()),  # the annotation
        ("group", pa.int64()),  # position in the annotation's own list, or what the source's own `group` says
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("label", pa.string()),
        ("reason", pa.string()),
    ]
)
"""Spans of the source that do not fit their text, in rejected/spans.parquet; no config has them."""

BEHAVIORS = pa.schema(
    [
        ("impression_id", pa.string()),
        ("user_id", pa.string()),
        ("time", pa.timestamp("s")),
        ("history", pa.list_(pa.string())),  # nids, oldest first
        ("impressions", pa.list_(pa.struct([("nid", pa.string()), ("clicked", pa.bool_())]))),  # clicked is null in MIND's test split
    ]
)
"""behaviors.tsv of MIND."""

REJECTED = pa.schema(
    [
        ("split", pa.string()),
        ("id", pa.string()),
        ("field", pa.string()),
        ("source", pa.string()),
        ("translation", pa.string()),
        ("verdict", pa.string()),
        ("reasons", pa.list_(pa.string())),
        ("tried", pa.list_(pa.string())),  # names of the second tries that were made
    ]
)
"""Translations that were not released (of `on_reject: row` all of the row), in rejected/LANGUAGE.parquet."""

SET_ASIDE = pa.schema(
    [
        ("split", pa.string()),
        ("file", pa.string()),  # name inside the source
        ("line", pa.int64()),  # from 1; rows of Parquet likewise
        ("reason", pa.string()),
        ("raw", pa.string()),  # the line as it stood, undecodable bytes escaped; the row as JSON if only its id is at fault
    ]
)
"""Rows of the source that could not be read or have no id of their own, in rejected/source.parquet."""


def table_of(rows: Sequence[Mapping[str, object] | Sequence[object]], schema: pa.Schema) -> pa.Table:
    """Rows, each as values by column or in the schema's order, as a table."""
    if not rows:  # most builds: Arrow would import pandas first, 0.3 s
        return pa.Table.from_arrays([pa.nulls(0, field.type) for field in schema], schema=schema)
    named = [row if isinstance(row, Mapping) else dict(zip(schema.names, row, strict=True)) for row in rows]
    return pa.Table.from_pylist(named, schema=schema)
