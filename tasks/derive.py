"""Derive: the rows of one config from the source rows and their checked translations."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import polars as pl
import pyarrow as pa

from schemas.frames import QUALITY, REJECTED


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
    ids = [str(value) for value in records.column(id_column).to_pylist()]
    table = records.drop_columns([name for name in bound if name in records.column_names])
    for field in fields:
        table = _translated(table, field, checked.filter(pl.col("field") == field))
    reject = pl.col("verdict") == "reject"
    bad = checked.filter(reject.any().over("row") if on_reject == "row" else reject).sort("row", "field")
    rejected = [{**row, "split": split, "id": ids[row["row"]], "translation": row["target"]} for row in bad.iter_rows(named=True)]
    gone = set(bad["row"]) if on_reject == "row" else set()
    translations = {field: table.column(field).to_pylist() for field in fields}
    return Rows(table, pa.Table.from_pylist(rejected, schema=REJECTED), translations, gone)


def without(table: pa.Table, gone: Collection[int]) -> pa.Table:
    """The table without some of its rows."""
    return table.filter(pa.array([row not in gone for row in range(table.num_rows)], pa.bool_())) if gone else table


def _translated(table: pa.Table, field: str, checked: pl.DataFrame) -> pa.Table:
    """The field replaced by its translation (as it was where there was nothing to translate), its quality at the end."""
    values = table.column(field).to_pylist()
    quality: list[dict[str, object] | None] = [None] * len(values)
    for row, target, verdict, reasons in checked.select("row", "target", "verdict", "reasons").iter_rows():
        values[row] = None if verdict == "reject" else target
        quality[row] = {"verdict": verdict, "reasons": reasons}
    table = table.set_column(table.schema.get_field_index(field), field, pa.array(values, pa.string()))
    return table.append_column(f"{field}_quality", pa.array(quality, QUALITY))
