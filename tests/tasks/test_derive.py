import polars as pl
import pyarrow as pa
import pytest

from schemas.frames import QUALITY, REJECTED
from tasks.derive import derive, without

RECORDS = pa.table(
    {
        "id": [10, 11, 12, 13],
        "title": ["Dog.", "", None, "Cat."],
        "body": ["One.", "Two.", "Three.", "Four."],
        "spans": [[1], [], [2], []],
        "url": ["a", "b", "c", "d"],
    }
)


def checked(*rows):
    """row, field, source, target, verdict, reasons, and the second tries where any was made."""
    rows = [row if len(row) == 7 else (*row, []) for row in rows]
    schema = ["row", "field", "source", "target", "verdict", "reasons", "tried"]
    types = {
        "row": pl.UInt32,
        "field": pl.String,
        "source": pl.String,
        "target": pl.String,
        "verdict": pl.String,
        "reasons": pl.List(pl.String),
        "tried": pl.List(pl.String),
    }
    return pl.DataFrame(rows, schema={name: types[name] for name in schema}, orient="row")


ALL = checked(
    (3, "title", "Cat.", "Kissa.", "accept", []),
    (0, "title", "Dog.", "Koira Koira", "reject", ["loop"], ["repetition"]),
    (0, "body", "One.", "Yksi.", "accept", []),
    (1, "body", "Two.", "Kaksi.", "flag", ["length-ratio", "language"]),
    (2, "body", "Three.", "", "reject", ["empty"]),
    (3, "body", "Four.", "Neljä.", "accept", []),
)


def run(on_reject="field", answers=ALL, bound=("spans",)):
    rows = derive(RECORDS, answers, fields=["title", "body"], bound=bound, id_column="id", split="train", on_reject=on_reject)
    assert rows.table.num_rows == RECORDS.num_rows
    assert rows.translations == {field: rows.table.column(field).to_pylist() for field in ("title", "body")}
    return without(rows.table, rows.gone), rows.rejected


def test_rejected_fields_are_null_and_say_why():
    table, _ = run()
    assert table.column_names == ["id", "title", "body", "url", "title_quality", "body_quality"]
    assert table.column("title").to_pylist() == [None, "", None, "Kissa."]  # empty stays empty, null stays null
    assert table.column("body").to_pylist() == ["Yksi.", "Kaksi.", None, "Neljä."]
    assert table.column("title_quality").to_pylist() == [
        {"verdict": "reject", "reasons": ["loop"], "tried": ["repetition"]},
        None,
        None,
        {"verdict": "accept", "reasons": [], "tried": []},
    ]
    assert table.column("body_quality").to_pylist()[1] == {"verdict": "flag", "reasons": ["length-ratio", "language"], "tried": []}
    assert table.column("url").equals(RECORDS.column("url"))
    assert table.schema.field("title_quality").type == QUALITY


def test_rejected_rows_are_left_out():
    table, rejected = run("row")
    assert table.column("id").to_pylist() == [11, 13]
    assert table.column("body").to_pylist() == ["Kaksi.", "Neljä."]
    said = [tuple(row.values())[1:6] for row in rejected.to_pylist()]
    assert said == [  # all of a rejected row, also what was good: the release has it nowhere else
        ("10", "body", "One.", "Yksi.", "accept"),
        ("10", "title", "Dog.", "Koira Koira", "reject"),
        ("12", "body", "Three.", "", "reject"),
    ]


def test_rejects_are_kept_with_their_id_and_reasons():
    _, rejected = run()
    assert rejected.schema == REJECTED
    assert [tuple(row.values()) for row in rejected.to_pylist()] == [
        ("train", "10", "title", "Dog.", "Koira Koira", "reject", ["loop"], ["repetition"]),
        ("train", "12", "body", "Three.", "", "reject", ["empty"], []),
    ]


@pytest.mark.parametrize("on_reject", ["field", "row"])
def test_nothing_translated_is_nothing_changed(on_reject):
    table, rejected = run(on_reject, checked())
    assert table.select(["id", "title", "body", "url"]).equals(RECORDS.select(["id", "title", "body", "url"]))
    assert table.column("title_quality").null_count == 4
    assert rejected.num_rows == 0


@pytest.mark.parametrize("on_reject", ["field", "row"])
def test_a_range_without_rows(on_reject):
    rows = derive(
        RECORDS.slice(0, 0), checked(), fields=["title"], bound=["spans", "absent"], id_column="id", split="dev", on_reject=on_reject
    )
    assert (rows.table.num_rows, rows.table.column_names) == (0, ["id", "title", "body", "url", "title_quality"])


@pytest.mark.parametrize(("rejected", "rows"), [("title", 3), ("body", 3), ("both", 3)])
def test_a_row_is_left_out_once_however_many_fields_are_rejected(rejected, rows):
    answers = checked(*[(0, field, "x", "y", "reject", ["loop"]) for field in ("title", "body") if rejected in (field, "both")])
    assert run("row", answers)[0].num_rows == rows
