"""Lines and parts: what all readers of text share."""

from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import SourceError
from schemas.sources import JsonlSource, MindSource
from tasks.read import Bad, Row, digest, files_of, grouped, lines_of, reader


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", []),
        (b"a\nb", ["a", "b"]),
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"a\rb\n", ["a\rb"]),  # a lone CR is text
        (b"\n\na", ["", "", "a"]),
        ("a\u2028b\u2029c\u0085d\x0be\x1cf\n".encode(), ["a\u2028b\u2029c\u0085d\x0be\x1cf"]),  # str.splitlines would cut
        (b"\xef\xbb\xbfa\n\xef\xbb\xbfb", ["a", "\ufeffb"]),  # a mark is one only at the start of the file
        (b"\x00\n", ["\x00"]),
    ],
)
def test_lines_end_with_lf_or_cr_lf_only(write, raw, expected):
    assert [line for _, line in lines_of(write("f", raw))] == expected


def test_an_undecodable_line_is_set_aside_and_the_rest_read(write):
    lines = list(lines_of(write("f.txt", b"good\nb\xffd\r\nlast")))
    assert lines == [(1, "good"), (2, Bad("f.txt", 2, "not UTF-8 at byte 2 of the line", "b\\xffd")), (3, "last")]


@given(st.binary())
def test_every_line_comes_once_and_in_order(scratch, raw):
    (scratch / "lines").write_bytes(raw)
    lines = list(lines_of(scratch / "lines"))
    assert len(lines) == raw.count(b"\n") + (bool(raw) and not raw.endswith(b"\n"))
    assert [number for number, _ in lines] == list(range(1, len(lines) + 1))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_with_their_ends_the_lines_are_the_file(scratch, text):
    (scratch / "ends").write_bytes(text.encode())
    assert "".join(str(line) for _, line in lines_of(scratch / "ends", ends=True)) == text.removeprefix("\ufeff")


def rows_of(*values):
    return [Row("f", i, value) for i, value in enumerate(values, 1)]


ROWS = st.lists(st.one_of(st.builds(lambda n: Row("f", n, {"n": n}), st.integers(0, 9)), st.just(Bad("f", 1, "broken", ""))))


@given(ROWS, st.integers(1, 5))
def test_parts_hold_exactly_size_rows_and_know_their_places(rows, size):
    parts = list(grouped(rows, size))
    assert [part.rows_in for part in parts] == [min(size, len(rows) - start) for start in range(0, len(rows), size)]
    again = []
    for part in parts:
        bad = iter(part.bad)
        good = [Row(*where, values) for where, values in zip(part.where, part.table.to_pylist(), strict=True)]
        values = dict(zip(part.places, good, strict=True))
        again += [values[place] if place in values else next(bad) for place in range(part.rows_in)]
    assert again == rows


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ([1, "a"], "int, str"),
        ([True, 1], "bool, int"),
        (["a", ["a"]], "list, str"),
        ([{"a": 1}, "b"], "dict, str"),
    ],
)
def test_mixed_types_name_the_column_and_the_types(values, kinds):
    with pytest.raises(SourceError, match=rf"column 'mixed' mixes types \({kinds}\): .*Give every row one type"):
        list(grouped(rows_of(*({"mixed": value} for value in values)), 10))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2.5], pa.float64()),
        ([None, "a"], pa.string()),
        ([[], ["a"]], pa.list_(pa.string())),
        ([None], pa.null()),
        ([{}], pa.null()),  # Parquet cannot hold a struct without fields
        ([{"a": {}, "b": [{}]}], pa.struct([("a", pa.null()), ("b", pa.list_(pa.null()))])),
    ],
)
def test_column_types_are_inferred(values, kind):
    (part,) = grouped(rows_of(*({"c": value} for value in values)), 10)
    assert part.table.schema.field("c").type == kind


def test_keys_in_any_order_and_absent_ones():
    (part,) = grouped(rows_of({"a": 1}, {"b": 2, "a": 3}), 10)
    assert part.table.to_pylist() == [{"a": 1, "b": None}, {"a": 3, "b": 2}]


def test_files_of_a_folder_come_by_name(tmp_path, write):
    for name in ("b.jsonl", "a.jsonl", "notes.md", "c.jsonl/x"):
        write(name, "")
    assert [file.name for file in files_of(tmp_path, (".jsonl",))] == ["a.jsonl", "b.jsonl"]
    with pytest.raises(SourceError, match=r"no \.csv or \.tsv file in this folder"):
        files_of(tmp_path, (".csv", ".tsv"))


def test_a_path_that_is_not_there_says_where_it_was_looked_for(tmp_path):
    with pytest.raises(SourceError, match=r"nowhere: no such file or folder\. source\.path is looked for"):
        reader(JsonlSource(path=tmp_path / "nowhere", format="jsonl"))


def test_the_digest_changes_with_names_bytes_and_splits_alone(write):
    first = write("one/news.tsv", "a")
    sources = [
        MindSource(path=first, format="mind"),
        MindSource(path=first, format="mind", split="dev"),
        MindSource(path=write("two/news.tsv", "b"), format="mind"),
        MindSource(path=write("one/other.tsv", "a"), format="mind"),
    ]
    digests = [digest(reader(source)) for source in sources]
    assert all(a != b for a, b in pairwise(sorted(digests)))
    assert digest(reader(MindSource(path=write("elsewhere/news.tsv", "a"), format="mind"))) == digests[0]
