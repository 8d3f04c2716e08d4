"""Staging accounts for every row of a source, once, and pins what the build sees."""

import json
import unicodedata

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import RecipeError, SourceError
from schemas.plan import Chunk
from schemas.recipe_file import parse
from tasks.segment import texts
from tasks.stage import stage


def jsonl(*rows):
    return "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)


@pytest.fixture
def staged(tmp_path, write, recipe):
    """staged(content, format="jsonl", limit=, strict=, **recipe changes) -> (plan, staged)."""

    def run(content, format="jsonl", limit=None, strict=False, **changes):
        source = write(f"source/f.{format}", content) if isinstance(content, str | bytes) else content
        return stage(recipe(format, source, **changes), tmp_path / f"stage{len(list(tmp_path.iterdir()))}", limit, strict)

    return run


def rows_of(plan, staged, split="train"):
    return [row for i in range(len(plan.splits[split])) for row in staged.records(Chunk("", split, i), plan.schema).to_pylist()]


def aside(staged):
    return [(row["line"], row["reason"]) for row in staged.set_aside().to_pylist()]


def counts(plan, split="train"):
    return [(r.rows_in, r.rows, r.set_aside) for r in plan.splits[split]]


SEVEN = [{"id": str(i), "text": f"Row {i}. Twice."} for i in range(7)]


def test_ranges_are_fixed_and_hold_their_segments(staged):
    plan, stage = staged(jsonl(*SEVEN), chunk_rows=3)
    assert counts(plan) == [(3, 3, 0), (3, 3, 0), (1, 1, 0)]
    assert [r.segments for r in plan.splits["train"]] == [6, 6, 2]
    assert rows_of(plan, stage) == SEVEN
    assert texts(stage.segments(Chunk("", "train", 2))).to_list() == ["Row 6.", "Twice."]


@pytest.mark.parametrize(
    ("limit", "chunk_rows", "expected", "ids"),
    [
        (None, 4, [(4, 3, 1), (3, 3, 0)], ["0", "2", "3", "4", "5", "6"]),
        (7, 7, [(7, 6, 1)], ["0", "2", "3", "4", "5", "6"]),
        (1, 4, [(1, 1, 0)], ["0"]),
        (2, 4, [(2, 1, 1)], ["0"]),  # the second row is bad, and counts
        (3, 2, [(2, 1, 1), (1, 1, 0)], ["0", "2"]),
        (99, 4, [(4, 3, 1), (3, 3, 0)], ["0", "2", "3", "4", "5", "6"]),
    ],
)
def test_the_limit_counts_source_rows(staged, limit, chunk_rows, expected, ids):
    lines = [*SEVEN]
    lines[1] = "broken"
    plan, stage = staged(jsonl(*lines), limit=limit, chunk_rows=chunk_rows)
    assert counts(plan) == expected
    assert [row["id"] for row in rows_of(plan, stage)] == ids


def test_a_limit_within_a_range_takes_the_first_rows_bad_or_not(staged):
    plan, stage = staged(jsonl(SEVEN[0], SEVEN[1], "broken", SEVEN[3], SEVEN[4]), limit=3, chunk_rows=2)
    assert counts(plan) == [(2, 2, 0), (1, 0, 1)]
    assert aside(stage) == [(3, "not JSON: Expecting value at character 1")]


def test_a_limit_of_nothing_has_nothing_to_translate(staged):
    with pytest.raises(SourceError, match="no rows to translate"):
        staged(jsonl(*SEVEN), limit=0)


def test_strict_stops_at_the_first_bad_row(staged):
    content = jsonl(SEVEN[0], "broken")
    assert aside(staged(content)[1]) == [(2, "not JSON: Expecting value at character 1")]
    with pytest.raises(SourceError, match=r"f\.jsonl line 2: not JSON: .*Without --strict the row is set aside"):
        staged(content, strict=True)


@pytest.mark.parametrize(
    ("ids", "kept", "set_aside"),
    [
        (["a", "b", "a"], ["a", "b"], [(3, "id 'a' came before")]),
        (["a", None, "b"], ["a", "b"], [(2, "no id")]),
        (["", "a", "b"], ["a", "b"], [(1, "no id")]),
        ([1, 2, 1], [1, 2], [(3, "id 1 came before")]),
        ([0, False], None, None),
    ],
)
@pytest.mark.parametrize("chunk_rows", [1, 2, 10])
def test_every_row_has_an_id_of_its_own(staged, ids, kept, set_aside, chunk_rows):
    content = jsonl(*({"id": value, "text": "Hi."} for value in ids))
    if kept is None:
        with pytest.raises(SourceError, match="Give every row one type"):
            staged(content, chunk_rows=chunk_rows)
        return
    plan, stage = staged(content, chunk_rows=chunk_rows)
    assert [row["id"] for row in rows_of(plan, stage)] == kept
    assert aside(stage) == set_aside
    assert sum(r.rows_in for r in plan.splits["train"]) == len(ids)


@pytest.mark.parametrize("chunk_rows", [1, 2, 3, 10])
def test_without_a_column_the_id_is_the_number_of_the_row(staged, chunk_rows):
    plan, stage = staged(jsonl({"text": "A."}, "broken", {"text": "B."}, {"text": "C."}), chunk_rows=chunk_rows)
    assert [(row["id"], row["text"]) for row in rows_of(plan, stage)] == [("0", "A."), ("2", "B."), ("3", "C.")]
    assert plan.id == "id"


@pytest.mark.parametrize("chunk_rows", [1, 10])
def test_a_named_id_column(staged, chunk_rows):
    content = jsonl({"key": "a", "text": "A."}, {"text": "B."}, {"key": "a", "text": "C."})
    plan, stage = staged(content, source={"id": "key"}, chunk_rows=chunk_rows)
    assert plan.id == "key"
    assert [row["text"] for row in rows_of(plan, stage)] == ["A."]
    assert aside(stage) == [(2, "no id"), (3, "id 'a' came before")]


def test_rows_without_an_id_of_their_own_say_where_they_stood(staged):
    content = '\n{"id": "a", "text": "Hi."}\nbroken\n\n{"id": "a", "text": "Hé."}\n{"text": "Ho."}\n'
    for chunk_rows in (1, 10):
        rows = staged(content, chunk_rows=chunk_rows)[1].set_aside().to_pylist()
        assert [(row["file"], row["line"]) for row in rows] == [("f.jsonl", 3), ("f.jsonl", 5), ("f.jsonl", 6)]
        assert rows[1]["raw"] == '{"id": "a", "text": "Hé."}'
        assert json.loads(rows[2]["raw"]).get("id") is None
    with pytest.raises(SourceError, match=r"f\.csv line 4: id '1' came before"):  # the second row spans two lines
        staged('id,text\n1,"a\nb"\n1,c\n', "csv", strict=True)


def test_a_row_of_parquet_is_numbered_in_its_file(tmp_path, staged):
    for name in "ab":
        pq.write_table(pa.table({"id": [1, 2], "text": ["x", "y"], "raw": [b"\xff", None]}), tmp_path / f"{name}.parquet")
    rows = staged(tmp_path, "parquet", chunk_rows=3)[1].set_aside().to_pylist()
    assert [(row["file"], row["line"]) for row in rows] == [("b.parquet", 1), ("b.parquet", 2)]
    assert rows[1]["raw"] == '{"id": 2, "text": "y", "raw": null}'


@pytest.mark.parametrize(("column", "changes"), [("id", {}), ("key", {"source": {"id": "key"}})])
def test_the_ids_are_no_field(staged, column, changes):
    with pytest.raises(RecipeError, match=f"fields names '{column}', the column that identifies a row"):
        staged(jsonl({column: "a", "text": "Hi."}), fields=["text", column], **changes)


def test_ids_that_begin_late_are_an_error(staged):
    with pytest.raises(SourceError, match="column 'id' begins at row 2"):
        staged(jsonl({"text": "A."}, {"text": "B.", "id": "b"}), chunk_rows=1)


@pytest.mark.parametrize(
    ("content", "format", "changes", "message"),
    [
        ("key,txt\n1,Hi.\n", "csv", {}, r"no column 'text'; there are key, txt\. Did you mean txt\?"),
        (jsonl({"txt": "Hi."}), "jsonl", {}, r"no column 'text'; there are txt\. Did you mean txt\?"),
        ("key,text\n1,Hi.\n", "csv", {"source": {"id": "kye"}}, r"no column 'kye'; there are key, text\. Did you mean key\?"),
        (
            jsonl({"key": "a", "text": "Hi."}),
            "jsonl",
            {"source": {"id": "kye"}},
            r"no column 'kye'; there are key, text\. Did you mean key\?",
        ),
        ("key,txt\n", "csv", {}, r"no column 'text'; there are key, txt\. Did you mean txt\?"),
        (jsonl({"text": 5}), "jsonl", {}, "field 'text' is int64, expected text"),
        (jsonl({"text": ["Hi."]}), "jsonl", {}, "field 'text' is list<.*>, expected text"),
        (jsonl({"text": "Hi.", "text_quality": 1}), "jsonl", {}, "column text_quality is in the way"),
        ("", "jsonl", {}, r"f\.jsonl: no rows to translate\."),
        ("id,text\n", "csv", {}, "no rows to translate"),
        ("broken\nalso\n", "jsonl", {}, "no rows to translate; the first of 2 unreadable rows: line 1: not JSON"),
        (jsonl({"text": "Hi.", "n": 1}, {"text": "Hi.", "n": "x"}), "jsonl", {}, "column 'n' mixes types"),
        (
            jsonl({"text": "Hi.", "n": 1}, {"text": "Hi.", "n": "x"}),
            "jsonl",
            {"chunk_rows": 1},
            "changes its type within the source.*Give every row",
        ),
        (jsonl({"text": "Hi."}, {"text": 5}), "jsonl", {"chunk_rows": 1}, "field 'text' is int64, expected text"),
    ],
)
def test_what_cannot_be_staged_says_why(staged, content, format, changes, message):
    with pytest.raises(SourceError, match=message):
        staged(content, format, **changes)


ANNOTATED = {"annotations": [{"field": "text", "column": "entities", "format": "mind"}]}


@pytest.mark.parametrize(
    "entities", ["[]", [1], {"a": 1}, [{"OccurrenceOffsets": ["1"]}], [{"OccurrenceOffsets": 1}], [{"SurfaceForms": [1]}]]
)
def test_entities_that_are_none_are_an_error(staged, entities):
    with pytest.raises(SourceError, match=r"column 'entities' is .*, expected a list of MIND's entities"):
        staged(jsonl({"text": "cafe\u0301", "entities": entities}), **ANNOTATED)


@pytest.mark.parametrize(
    "entities", [None, [], [None], [{"Label": "x"}], [{"OccurrenceOffsets": [], "SurfaceForms": None}], [{"SurfaceForms": ["cafe"]}, None]]
)
def test_entities_may_be_few(staged, entities):
    plan, _ = staged(jsonl({"text": "cafe\u0301", "entities": entities}), **ANNOTATED)
    assert plan.normalised == 1


def test_fields_become_nfc_and_offsets_move_along(staged):
    text = "Cafe\u0301 in Ha\u0300 Nội"
    entity = {"OccurrenceOffsets": [text.index("Ha")], "SurfaceForms": ["Ha\u0300 Nội"]}
    plan, stage = staged(
        jsonl({"text": text, "note": text, "entities": [entity]}, {"text": "plain", "note": "", "entities": [entity]}), **ANNOTATED
    )
    first, second = rows_of(plan, stage)
    found = first["entities"][0]
    assert first["text"] == unicodedata.normalize("NFC", text)
    assert first["text"][found["OccurrenceOffsets"][0] :] == found["SurfaceForms"][0] == "Hà Nội"
    assert first["note"] == text  # no field: carried over as it is
    assert second["entities"] == [{"OccurrenceOffsets": [], "SurfaceForms": []}]  # its text names no Hanoi
    [bad] = stage.bad_spans().to_pylist()
    assert (bad["id"], bad["column"], bad["start"], bad["end"]) == ("1", "entities", 9, 16)
    assert "outside the text" in bad["reason"]
    assert plan.normalised == 1


@pytest.mark.parametrize("chunk_rows", [1, 2, 10])
def test_json_keys_may_begin_late_or_be_absent(staged, chunk_rows):
    rows = [{"id": "a"}, {"id": "b", "text": "Hi.", "n": 1, "deep": {"x": 1}}, {"id": "c", "n": 2.5, "deep": {"x": None, "y": ["z"]}}]
    plan, stage = staged(jsonl(*rows), chunk_rows=chunk_rows)
    assert rows_of(plan, stage) == [
        {"id": "a", "text": None, "n": None, "deep": None},
        {"id": "b", "text": "Hi.", "n": 1.0, "deep": {"x": 1, "y": None}},
        {"id": "c", "text": None, "n": 2.5, "deep": {"x": None, "y": ["z"]}},
    ]


@pytest.mark.parametrize("chunk_rows", [1, 10])
@pytest.mark.parametrize("last", [[None], [{"start": 0, "end": 2}], None])
def test_lists_may_hold_nothing_but_nulls(staged, chunk_rows, last):
    spans = [[None, None], [None], last]
    annotations = [{"field": "text", "column": "spans", "format": "spans"}]
    rows = [{"id": str(i), "text": "Hi.", "spans": each} for i, each in enumerate(spans)]
    plan, stage = staged(jsonl(*rows), chunk_rows=chunk_rows, annotations=annotations)
    assert [row["spans"] for row in rows_of(plan, stage)] == spans


def test_numbers_beyond_any_text_are_told(tmp_path, staged):
    spans = [[{"start": 2**64 - 1, "end": 3}, {"start": 2**63 - 1, "end": 2**64 - 1}, {"start": 0, "end": 2}]]
    kind = pa.list_(pa.struct([("start", pa.uint64()), ("end", pa.uint64())]))
    pq.write_table(pa.table({"text": ["Hi."], "spans": pa.array(spans, kind)}), tmp_path / "f.parquet")
    annotations = [{"field": "text", "column": "spans", "format": "spans"}]
    plan, stage = staged(tmp_path / "f.parquet", "parquet", annotations=annotations)
    assert stage.bad_spans().column("end").to_pylist() == [3, 2**63 - 1]
    assert [row["spans"] for row in rows_of(plan, stage)] == [spans[0][2:]]


@pytest.mark.parametrize("chunk_rows", [1, 10])
def test_empty_objects_and_ranges_of_bad_rows_stop_nothing(staged, chunk_rows):
    plan, stage = staged(
        jsonl({"id": "a", "text": "Hi.", "meta": {}}, "broken", {"id": "b", "text": "Ho.", "meta": {"k": 1}}), chunk_rows=chunk_rows
    )
    assert [row["id"] for row in rows_of(plan, stage)] == ["a", "b"]
    assert len(aside(stage)) == 1


def test_splits_each_have_their_ranges(tmp_path, write, staged):
    line = "N{}\tnews\tworld\tTitle.\tText.\turl\t[]\t[]\n"
    write("mind/train/news.tsv", line.format(1) + line.format(2))
    write("mind/dev/news.tsv", line.format(1))  # an id may come again in another split
    plan, stage = staged(tmp_path / "mind", "mind", fields=["title"], chunk_rows=1)
    assert {split: len(ranges) for split, ranges in plan.splits.items()} == {"train": 2, "dev": 1}
    assert aside(stage) == []


def test_text_as_views_or_dictionaries_is_text(tmp_path, staged):
    words = pa.array(["a", "b", None])
    table = pa.table(
        {"id": pa.array(["1", "2", "2"], pa.string_view()), "text": words.dictionary_encode(), "note": words.cast("string_view")}
    )
    pq.write_table(table, tmp_path / "f.parquet")
    plan, stage = staged(tmp_path / "f.parquet", "parquet")
    assert rows_of(plan, stage) == table.to_pylist()[:2]
    assert set(plan.schema.types) == {pa.string()}


def test_a_parquet_source_keeps_its_types(tmp_path, staged):
    table = pa.table(
        {"id": pa.array([1, 2], pa.uint16()), "text": pa.array(["a", None], pa.large_string()), "when": pa.array([0, 1], pa.date32())}
    )
    pq.write_table(table, tmp_path / "f.parquet")
    plan, stage = staged(tmp_path / "f.parquet", "parquet", chunk_rows=1)
    assert plan.schema.field("id").type == pa.uint16()
    assert rows_of(plan, stage) == table.to_pylist()


LINES = st.lists(
    st.one_of(
        st.just("broken"),
        st.fixed_dictionaries(
            {"id": st.sampled_from("abcde"), "text": st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)}
        ),
    ),
    max_size=12,
)


@given(LINES, st.integers(1, 5), st.none() | st.integers(1, 14))
def test_rows_in_are_rows_and_set_aside_whatever_the_ranges(tmp_path_factory, lines, chunk_rows, limit):
    folder = tmp_path_factory.mktemp("rows")
    (folder / "f.jsonl").write_text(jsonl(*lines), "utf-8")
    values = {"name": "a", "title": "A", "language": "eng", "fields": ["text"], "translate": {"engine": "echo", "into": ["fin"]}}
    trial = parse({**values, "source": {"format": "jsonl", "path": str(folder / "f.jsonl")}, "chunk_rows": chunk_rows})
    seen = lines[:limit]
    first = [row for i, row in enumerate(seen) if row != "broken" and row["id"] not in {r["id"] for r in seen[:i] if r != "broken"}]
    if not first:
        with pytest.raises(SourceError, match="no rows to translate"):
            stage(trial, folder / "stage", limit)
        return
    plan, staged = stage(trial, folder / "stage", limit)
    assert [row["id"] for row in rows_of(plan, staged)] == [row["id"] for row in first]
    assert sum(r.rows_in for r in plan.splits["train"]) == len(seen)
    assert len(aside(staged)) == len(seen) - len(first)
