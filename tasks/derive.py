"""Derive: the rows of one config from the source rows and their checked translations."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import polars as pl
import pyarrow as pa

from schemas.frames import QUALITY, REJECTED, table_of


class Rows(NamedTuple):
    """The rows of a translation's config."""

    table: pa.Table  # a row for each source row
    rejected: pa.Table  # schemas.frames.REJECTED
    translations: dict[str, list[str | None]]  # field -> text of each source row, null where rejected
    gone: set[int]  # rows of `table` that are not released


def derive(
    records: pa.Table,
    checked: pl.DataFrame,
    *,
    fields: Sequence[str],
    bound: Sequence[str],
    id_column: str,
    split: str,
    on_reject: str,
) -> Rows:
    """The rows of a config from source rows and their checked translations.

    records: source rows. checked: row, field, source, target, verdict, reasons; fields without segments are absent.
    bound: columns that point into the source text; they are left out, for they would lie beside the translation.
    on_reject: `field` empties the field; `row` leaves the row out.
    """
    table = records.drop_columns([name for name in bound if name in records.column_names])
    for field in fields:
        table = _translated(table, field, checked.filter(pl.col("field") == field))
    reject = pl.col("verdict") == "reject"
    bad = checked.filter(reject.any().over("row") if on_reject == "row" else reject).sort("row", "field")
    ids = records.column(id_column).take(bad["row"].to_arrow()).to_pylist()
    rejected = [
        {**row, "split": split, "id": str(its_id), "translation": row["target"]}
        for its_id, row in zip(ids, bad.iter_rows(named=True), strict=True)
    ]
    gone = set(bad["row"]) if on_reject == "row" else set()
    translations = {field: table.column(field).to_pylist() for field in fields}
    return Rows(table, table_of(rejected, REJECTED), translations, gone)


def without(table: pa.Table, gone: Collection[int]) -> pa.Table:
    """The table without some of its rows."""
    return table.filter(pa.array([row not in gone for row in range(table.num_rows)], pa.bool_())) if gone else table


def _translated(table: pa.Table, field: str, checked: pl.DataFrame) -> pa.Table:
    """The field replaced by its translation (as it was where there was nothing to translate), its quality at the end."""
    at = table.schema.get_field_index(field)
    rows = pl.DataFrame({"row": pl.int_range(table.num_rows, dtype=pl.UInt32, eager=True), "as_it_was": pl.Series(table.column(field))})
    found = rows.join(checked, on="row", how="left", maintain_order="left").select(
        pl.when(pl.col("verdict").is_null()).then("as_it_was").when(pl.col("verdict") != "reject").then("target").alias(field),
        pl.when(pl.col("verdict").is_not_null()).then(pl.struct(inner.name for inner in QUALITY)).alias("quality"),
    )
    arrow = found.to_arrow(compat_level=pl.CompatLevel.oldest())
    table = table.set_column(at, field, arrow.column(field).cast(pa.string()))
    return table.append_column(f"{field}_quality", arrow.column("quality").cast(QUALITY))
