"""Compare: what a crawl found with what was known, as events of the history; and two states as a changelog."""

from collections.abc import Collection, Sequence

import polars as pl

from schemas.census import CHANGES, Listing
from tasks.census.history import COUNTERS, FACTS
from tasks.census.normalise import normalise

FIELDS = [  # of the census, whose change is one of the dataset; counters change with every day
    *("languages", "other_languages", "licences", "tasks", "modalities", "size", "arxiv", "gated", "private", "disabled"),
    *("tags", "sha", "modified", "card_sections"),
]
RAW = [name for name in FACTS if name not in ("author", "created", "under")]
MANY, SHRUNK = 100, "the list shrank by more than half"
CARD = [name for name in FACTS if name.startswith("card_")]


def events(known: pl.DataFrame, found: pl.DataFrame, cards: pl.DataFrame, failed: Collection[str]) -> pl.DataFrame:
    """The rows of the history that a crawl adds: event, id, counters, facts, changed.

    known: the state before, with the removed. found: the datasets that the pages had, each once. cards: those read by this crawl.
    failed: filters of the listings that are not complete. What was known under one of them alone and is not found, may be there: it has
    no row. What else is not found is removed: deleted, made private, or without the tags asked for.
    """
    found = _with_cards(found, known, cards, failed)
    old = known.filter(pl.col("removed").is_null())
    gone = known.filter(pl.col("removed").is_not_null())["id"]
    both = differences(old.join(found.select("id"), on="id", how="semi"), found.join(old.select("id"), on="id", how="semi"))
    moved = both.group_by("id").agg(pl.col("field").unique().sort().alias("changed"))
    other = _differing(old, found, [*RAW, "under"])["id"]  # of no consequence to the census, as language:ko that is now language:kor
    rows = found.join(moved, on="id", how="left").with_columns(
        pl.when(pl.col("id").is_in(gone.implode()))
        .then(pl.lit("returned"))
        .when(~pl.col("id").is_in(old["id"].implode()))
        .then(pl.lit("new"))
        .when(pl.col("changed").is_not_null())
        .then(pl.lit("changed"))
        .when(pl.col("id").is_in(other.implode()))
        .then(pl.lit("noted"))
        .otherwise(pl.lit("seen"))
        .alias("event")
    )
    rows = rows.with_columns(pl.when(pl.col("event") != "seen").then(pl.col(name)).alias(name) for name in FACTS)
    lost = missing(old, found).filter(~_unsure(failed)).select("id", pl.lit("removed").alias("event"))
    return pl.concat([rows.select("event", "id", *COUNTERS, *FACTS, "changed"), lost], how="diagonal")


def missing(known: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """What was known and is not found."""
    return known.join(found.select("id"), on="id", how="anti")


def kept(known: pl.DataFrame, found: pl.DataFrame, failed: Collection[str]) -> int:
    """How many datasets are not found, but may be there, since a listing that had them is not complete."""
    return missing(known.filter(pl.col("removed").is_null()), found).filter(_unsure(failed)).height


def failures(listings: Sequence[Listing]) -> list[str]:
    """The filters of the listings that are not complete."""
    return [" ".join(listing.filters) for listing in listings if listing.failed]


def doubted(listings: Sequence[Listing], known: pl.DataFrame, before: Sequence[Listing]) -> list[Listing]:
    """The listings, those failed that lost more than half of MANY datasets or more: a Hub that is ill answers 200 with less.

    before: the listings of the last crawl. Who is found as small a second time is believed.
    """
    there = known.filter(pl.col("removed").is_null()).explode("under")["under"].drop_nulls().value_counts()
    counts = dict(there.rows())
    again = {each.filters for each in before if each.failed and each.failed.startswith(SHRUNK)}
    made = []
    for each in listings:
        had = counts.get(" ".join(each.filters), 0)
        strange = not each.failed and had >= MANY and 2 * each.found < had and each.filters not in again
        why = f"{SHRUNK}, {each.found:,} of {had:,}; believed if it is so again"
        made.append(each.model_copy(update={"failed": why}) if strange else each)
    return made


def changes(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Changelog between two states, as CHANGES has it: new, removed, then field by field, each in order of id."""
    come = missing(new, old).select("id", pl.lit("new").alias("change"))
    gone = missing(old, new).select("id", pl.lit("removed").alias("change"))
    fields = differences(old, new).with_columns(pl.lit("changed").alias("change")).sort("id", "field")
    return pl.concat([come.sort("id"), gone.sort("id"), fields], how="diagonal").select(CHANGES.names).cast(pl.Schema(CHANGES))


def counters(old: pl.DataFrame, new: pl.DataFrame, name: str = "downloads") -> pl.DataFrame:
    """id, old and new of a counter where it differs, the largest differences first. Of 30 days each: no growth can be told from it."""
    both = old.select("id", pl.col(name).alias("old")).join(new.select("id", pl.col(name).alias("new")), on="id")
    both = both.filter(pl.col("old") != pl.col("new"))
    return both.sort((pl.col("new") - pl.col("old")).abs(), "id", descending=[True, False])


def differences(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """id, field, old, new (as text) of every field of the census that differs, of the datasets that both states have.

    A card that was read for the first time is no change of it.
    """
    moved = _differing(old, new, RAW)
    before, after = (normalise(state.join(moved, on="id", how="semi").with_columns(_seen(state))) for state in (old, new))
    pairs = before.join(after, on="id", suffix="_new")
    unread = pl.col("card_sha").is_null() | pl.col("card_sha_new").is_null()
    found = [
        pairs.filter(pl.col(name).ne_missing(pl.col(f"{name}_new")) & ~(unread if name == "card_sections" else pl.lit(False))).select(
            "id", pl.lit(name).alias("field"), _text(pairs, name).alias("old"), _text(pairs, f"{name}_new").alias("new")
        )
        for name in FIELDS
    ]
    return pl.concat(found)


def _differing(old: pl.DataFrame, new: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The ids, of both, for which any of these facts differs."""
    both = old.select("id", *names).join(new.select("id", *names), on="id", suffix="_new")
    return both.filter(pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_new")) for name in names)).select("id")


def _with_cards(found: pl.DataFrame, known: pl.DataFrame, cards: pl.DataFrame, failed: Collection[str]) -> pl.DataFrame:
    """The datasets found with what is known of their cards, by this crawl or one before, and the listings they would be in."""
    before = pl.when(pl.col("removed").is_null()).then("under").alias("before")
    old = known.select("id", *CARD, before).join(cards.select("id"), on="id", how="left")
    whole = found.join(old, on="id", how="left").join(cards, on="id", how="left", suffix="_read")
    fresh = pl.col("card_sha_read").is_not_null()
    still = pl.col("before").list.set_intersection(pl.lit(list(failed), pl.List(pl.String))).fill_null([])
    return whole.with_columns(
        *(pl.when(fresh).then(pl.col(f"{name}_read")).otherwise(pl.col(name)).alias(name) for name in CARD),
        pl.col("under").list.set_union(still).list.sort(),
    ).select(*found.columns, *CARD)


def _unsure(failed: Collection[str]) -> pl.Expr:
    return pl.col("under").list.set_intersection(pl.lit(list(failed), pl.List(pl.String))).list.len() > 0


def _seen(state: pl.DataFrame) -> list[pl.Expr]:
    """Columns that normalise takes over and a comparison does not need."""
    return [pl.lit(None, pl.Datetime("us", "UTC")).alias(name) for name in ("first_seen", "last_seen") if name not in state.columns]


def _text(frame: pl.DataFrame, name: str) -> pl.Expr:
    """A field in words: lists with commas, times in UTC to the second."""
    kind = frame.schema[name]
    if isinstance(kind, pl.Datetime):
        return pl.col(name).dt.strftime("%Y-%m-%d %H:%M:%S")
    return pl.col(name).list.join(", ") if isinstance(kind, pl.List) else pl.col(name).cast(pl.String)
