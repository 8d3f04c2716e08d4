"""Derive: the rows of one config from the source rows and their checked translations."""

from collections.abc import Sequence

import polars as pl
import pyarrow as pa

from schemas.frames import QUALITY, REJECTED


def derive(
    records: pa.Table,
    checked: pl.DataFrame,
    *,
    fields: Sequence[str],
    bound: Sequence[str],
    id_column: str,
    split: str,
    on_reject: str,
) -> tuple[pa.Table, pa.Table]:
    """(rows of the config, what was rejected).

    records: source rows. checked: row, field, source, target, verdict, reasons; fields without segments are absent.
    bound: columns that point into the source text; they are left out, for they would lie beside the translation.
    on_reject: `field` empties the field; `row` leaves the row out. Rejects follow schemas.frames.REJECTED.
    """
    ids = [str(value) for value in records.column(id_column).to_pylist()]
    table = records.drop_columns([name for name in bound if name in records.column_names])
    for field in fields:
        table = _translated(table, field, checked.filter(pl.col("field") == field))
    reject = pl.col("verdict") == "reject"
    bad = checked.filter(reject.any().over("row") if on_reject == "row" else reject).sort("row", "field")
    rejected = [{**row, "split": split, "id": ids[row["row"]], "translation": row["target"]} for row in bad.iter_rows(named=True)]
    if on_reject == "row":
        gone = set(bad["row"])
        table = table.filter(pa.array([row not in gone for row in range(table.num_rows)], pa.bool_()))
    return table, pa.Table.from_pylist(rejected, schema=REJECTED)


def _translated(table: pa.Table, field: str, checked: pl.DataFrame) -> pa.Table:
    """The field replaced by its translation (as it was where there was nothing to translate), its quality at the end."""
    values = table.column(field).to_pylist()
    quality: list[dict[str, object] | None] = [None] * len(values)
    for row, target, verdict, reasons in checked.select("row", "target", "verdict", "reasons").iter_rows():
        values[row] = None if verdict == "reject" else target
        quality[row] = {"verdict": verdict, "reasons": reasons}
    table = table.set_column(table.schema.get_field_index(field), field, pa.array(values, pa.string()))
    return table.append_column(f"{field}_quality", pa.array(quality, QUALITY))
