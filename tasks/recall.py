"""Recall: translations of sentences from the memory, and from the engine for what the memory lacks."""

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from schemas.frames import PIECES
from schemas.languages import Language
from tasks.claims import Claims, Found
from tasks.memory import Memory, key
from tasks.segment import WORDED, join, starts
from tasks.translate import Hypothesis, Progress, Translator

AT_ONCE = 8192  # sentences translated between two appends: what a kill can cost


class Recalled(NamedTuple):
    """Sentence -> hypothesis, and the sentences that had to be translated now."""

    found: dict[str, Hypothesis]
    fresh: set[str]


def recall(
    texts: Sequence[str],
    source: Language,
    target: Language,
    *,
    engine: Translator,
    memory: Memory,
    claims: Claims,
    progress: Progress | None = None,
) -> Recalled:
    """The translations of distinct sentences (NFC, not empty); new ones are in the memory before this returns."""
    fingerprint = engine.identity.fingerprint
    keys = {key(source.code, text): text for text in texts}
    fresh: set[str] = set()

    def find(mine: list[bytes]) -> Found:
        known = memory.look_up(fingerprint, target.code, pl.Series("key", mine, dtype=pl.Binary))
        found = {row[0]: Hypothesis(row[1], row[2], row[3], tuple(row[4])) for row in known.iter_rows()}
        missing = [k for k in mine if k not in found]
        for start in range(0, len(missing), AT_ONCE):
            slab = missing[start : start + AT_ONCE]
            lacking = [keys[k] for k in slab]
            new = engine.translate(lacking, source, target, progress)
            memory.append(fingerprint, target.code, source.code, slab, lacking, new)
            found.update(zip(slab, new, strict=True))
            fresh.update(lacking)
        return found

    found = claims.work(target.code, keys, find)
    return Recalled({keys[k]: hypothesis for k, hypothesis in found.items()}, fresh)


def answered(segments: pl.DataFrame, recalled: Recalled) -> pl.DataFrame:
    """Segments in order of row, field and position with target, truncated, score and from_memory; wordless ones as they are."""
    segments = segments.sort("row", "field", "position")
    texts = segments["text"].to_list()
    worded = segments.select(WORDED).to_series().to_list()
    answers = [recalled.found[text] if has else Hypothesis(text, None, False) for text, has in zip(texts, worded, strict=True)]
    return segments.with_columns(
        pl.Series("target", [a.text for a in answers], dtype=pl.String),
        pl.Series("truncated", [a.truncated for a in answers], dtype=pl.Boolean),
        pl.Series("score", [a.score for a in answers], dtype=pl.Float64),
        pl.Series("from_memory", [text not in recalled.fresh for text in texts], dtype=pl.Boolean),
    )


def paired(answered: pl.DataFrame, target: Language) -> pl.DataFrame:
    """Every field that has a sentence to translate, beside its translation: schemas.frames.TRANSLATIONS and two columns more.

    score: mean over the sentences, null if one has none. from_memory: whether no sentence was translated now.
    """
    told = (
        answered.filter(WORDED)
        .group_by("row", "field")
        .agg(
            pl.col("truncated").any(),
            pl.when(pl.col("score").null_count() == 0).then(pl.col("score").mean()).alias("score"),
            pl.col("from_memory").all(),
        )
    )
    both = join(answered).rename({"text": "source"}).join(join(answered, "target", target), on=["row", "field"])
    return (
        both.join(told, on=["row", "field"])
        .sort("field", "row")
        .select("row", "field", "source", "target", "truncated", "score", "from_memory")
    )


def pieces(answered: pl.DataFrame, target: Language) -> pl.DataFrame:
    """Every sentence beside its translation, and where both begin in their fields: schemas.frames.PIECES."""
    return (
        answered.with_columns(source_start=starts(answered), target_start=starts(answered, "target", target))
        .filter(pl.col("text") != "")
        .rename({"text": "source"})
        .select(PIECES.names)
    )
