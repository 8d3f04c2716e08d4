"""Recall: translations of sentences from the memory, and from the engine for what the memory lacks."""

from itertools import compress

import polars as pl

from schemas.frames import PIECES
from schemas.languages import Language
from tasks.claims import Claims
from tasks.memory import Memory, key
from tasks.retry import translate
from tasks.segment import WORDED, separator, starts
from tasks.translate import OUT_OF_MEMORY, Hypothesis, Progress, Translator

AT_ONCE = 10_000  # sentences translated between two appends: what a kill can cost
FOUND = pl.Schema(
    [
        ("translation", pl.String()),
        ("score", pl.Float64()),
        ("truncated", pl.Boolean()),
        ("tried", pl.List(pl.String)),
        ("fresh", pl.Boolean()),
    ]
)
"""Columns of what was found for a sentence; fresh: it had to be translated now, and here."""


def recall(
    texts: pl.Series,
    source: Language,
    target: Language,
    *,
    engine: Translator,
    memory: Memory,
    claims: Claims,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """The translations of distinct sentences (NFC, not empty), in any order: text and the columns of FOUND.

    New ones are in the memory before this returns.
    """
    fingerprint = engine.fingerprint(target)
    keys = pl.Series("key", [key(source.code, text) for text in texts], dtype=pl.Binary)
    asked = pl.DataFrame({"key": keys, "text": texts})

    def find(mine: pl.Series) -> pl.DataFrame:
        known = memory.look_up(fingerprint, target.code, mine)
        found = [known.with_columns(pl.col("score").cast(pl.Float64), fresh=False).select("key", *FOUND)]
        missing = asked.join(mine.to_frame("key"), on="key", how="semi", maintain_order="left")
        missing = missing.join(known, on="key", how="anti", maintain_order="left")
        for slab in missing.iter_slices(AT_ONCE):
            lacking = slab["text"].to_list()
            new = translate(engine, lacking, source, target, progress)
            lasting = [OUT_OF_MEMORY not in each.tried for each in new]  # another machine may have room for the others
            rows = (list(compress(column, lasting)) for column in (slab["key"], lacking, new))
            memory.append(fingerprint, target.code, source.code, *rows)
            found.append(_frame(slab["key"], new))
        return pl.concat(found)

    mine, *theirs = claims.work(target.code, keys, find)
    found = pl.concat([mine, *(rows.with_columns(fresh=False) for rows in theirs)])
    return asked.join(found, on="key").drop("key")


def _frame(keys: pl.Series, new: list[Hypothesis]) -> pl.DataFrame:
    told = {name: kind for name, kind in FOUND.items() if name != "fresh"}
    return pl.DataFrame(new, schema=told, orient="row").insert_column(0, keys).with_columns(fresh=True)


def answered(segments: pl.DataFrame, recalled: pl.DataFrame) -> pl.DataFrame:
    """Segments in order of row, field and position, with target, score, truncated, tried and from_memory.

    Wordless segments are their own target.
    """
    found = recalled.rename({"translation": "target"}).with_columns(from_memory=~pl.col("fresh")).drop("fresh")
    with_found = segments.sort("row", "field", "position").join(found, on="text", how="left", maintain_order="left")
    return with_found.with_columns(
        pl.when(WORDED).then("target").otherwise("text").alias("target"),
        pl.col("truncated").fill_null(False),
        pl.col("from_memory").fill_null(True),
    )


def paired(answered: pl.DataFrame, target: Language) -> pl.DataFrame:
    """Every field that has a sentence to translate, beside its translation: schemas.frames.TRANSLATIONS and two columns more.

    score: mean over the sentences, null if one has none. from_memory: whether no sentence was translated now.
    """
    worded = pl.col("worded")
    score = pl.col("score").filter(worded)
    return (
        answered.with_columns(worded=WORDED, inner=separator(target))
        .group_by("row", "field", maintain_order=True)
        .agg(
            (pl.col("text") + pl.col("separator")).str.join("").alias("source"),
            (pl.col("target") + pl.col("inner")).str.join("").alias("target"),
            pl.col("truncated").any(),
            pl.col("tried").explode().drop_nulls().unique(maintain_order=True),
            pl.when(score.null_count() == 0).then(score.mean()).alias("score"),
            pl.col("from_memory").all(),
            worded.any(),
        )
        .filter("worded")
        .drop("worded")
        .sort("field", "row")
    )


def pieces(answered: pl.DataFrame, target: Language) -> pl.DataFrame:
    """Every sentence beside its translation, and where both begin in their fields: schemas.frames.PIECES."""
    return (
        answered.with_columns(source_start=starts(answered), target_start=starts(answered, "target", target))
        .filter(pl.col("text") != "")
        .rename({"text": "source"})
        .select(PIECES.names)
    )
