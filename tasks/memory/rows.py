"""Rows of the memory: their key, their checksum, and which of them may be believed."""

import polars as pl
import xxhash

PAYLOAD = ["source_language", "source", "translation", "score", "truncated", "tried"]
ROW = ["key", *PAYLOAD, "checksum"]
AT_ONCE = 65_536  # rows whose bytes lie in memory a second time


def key(source_language: str, text: str) -> bytes:
    """xxh3-128 of source language and text (NFC); engine and target language are the partition."""
    return xxhash.xxh3_128_digest(f"{source_language}\0{text}".encode())


def checksums(rows: pl.DataFrame, engine: str, target: str) -> pl.Series:
    """xxh3-64 of each row of `key` and PAYLOAD in one partition, the score with four digits; null where a text is null."""
    sums = [digest for part in rows.iter_slices(AT_ONCE) for digest in _digests(part, engine, target)]
    return pl.Series("checksum", sums, dtype=pl.Binary)


def _digests(rows: pl.DataFrame, engine: str, target: str) -> list[bytes | None]:
    scores = pl.Series("score", ["" if score is None else f"{score:.4f}" for score in rows["score"].to_list()], dtype=pl.String)
    truncated = pl.when("truncated").then(pl.lit("True")).otherwise(pl.lit("False"))
    tried = pl.when(pl.col("tried").list.len() > 0).then("\0" + pl.col("tried").list.join("\0")).otherwise(pl.lit(""))
    parts = [pl.lit(engine), pl.lit(target), pl.col("key").bin.encode("hex"), "source_language", "source", "translation", scores, truncated]
    texts = rows.select(pl.concat_str(parts, separator="\0") + tried).to_series().cast(pl.Binary)
    return [None if text is None else xxhash.xxh3_64_digest(text) for text in texts.to_list()]


def sound(rows: pl.DataFrame, engine: str, target: str) -> pl.DataFrame:
    """Rows whose checksum fits, one per key (the one with the smallest checksum), in order of key."""
    good = rows.filter(checksums(rows, engine, target) == rows["checksum"])
    return good.sort("key", "checksum").unique("key", keep="first", maintain_order=True)
