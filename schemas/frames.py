"""Every Arrow schema of Babelmill, once. Columns are described beside their names."""

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
        ("score", pa.float32()),  # mean log-probability a token; null for engines without one
        ("truncated", pa.bool_()),  # the input or the output hit the engine's length limit
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
    ]
)
"""Fields of a chunk beside their translation, after the join with the memory."""

QUALITY = pa.struct([("verdict", pa.string()), ("reasons", pa.list_(pa.string()))])
"""What the checks said of one translated field: accept, flag or reject, and the names of the checks that fired."""

REJECTED = pa.schema(
    [
        ("split", pa.string()),
        ("id", pa.string()),
        ("field", pa.string()),
        ("source", pa.string()),
        ("translation", pa.string()),
        ("verdict", pa.string()),
        ("reasons", pa.list_(pa.string())),
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
