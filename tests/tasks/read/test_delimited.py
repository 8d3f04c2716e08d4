import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import SourceError
from schemas.sources import DelimitedSource
from tasks.read.delimited import LONGEST, DelimitedReader


def read(path, rows=1000, format="csv", quoted=True):
    source = DelimitedSource(path=path, format=format, quoted=quoted)
    return list(DelimitedReader(source).parts("train", rows))


def rows_and_bad(parts):
    rows = [tuple(row.values()) for part in parts for row in part.table.to_pylist()]
    return rows, [(bad.line, bad.reason) for part in parts for bad in part.bad]


NEVER = "a quote that never closes"


@pytest.mark.parametrize(
    ("body", "rows", "bad"),
    [
        ("1,a\n2,b\n", [("1", "a"), ("2", "b")], []),
        ("1,a\r\n\r\n2,", [("1", "a"), ("2", "")], []),  # a blank line is no row
        ('1,"a, ""b""\nc"\n', [("1", 'a, "b"\nc')], []),
        ('1,"a\r\nb"\r\n', [("1", "a\r\nb")], []),  # the line end inside stays as it was
        ("1,x\u2028y\u0085z\n", [("1", "x\u2028y\u0085z")], []),
        ('1,5" wide\n2,6" wide\n', [("1", '5" wide'), ("2", '6" wide')], []),  # a quote inside a value is text
        ('1,"open\n2,b\n3,c\n', [("2", "b"), ("3", "c")], [(2, NEVER)]),
        ('1,"open\n2,5" wide\n3,c\n', [("2", '5" wide'), ("3", "c")], [(2, "',' expected after '\"'")]),
        ('1,"open\n2,b\n3,5" x\n4,d', [("2", "b"), ("3", '5" x'), ("4", "d")], [(2, "',' expected after '\"'")]),
        ('1,"open\n2,"fine"\n', [("2", "fine")], [(2, "',' expected after '\"'")]),
        ('1,"open\n2,"also open\n3,c\n', [("3", "c")], [(2, "',' expected after '\"'"), (3, NEVER)]),
        ('1,"open', [], [(2, NEVER)]),
        ("1\n2,b,c\n3,d\n", [("3", "d")], [(2, "1 columns, expected 2"), (3, "3 columns, expected 2")]),
        ("1,a\0b\n", [("1", "a\0b")], []),
    ],
)
def test_a_record_is_read_or_costs_its_own_line(write, body, rows, bad):
    assert rows_and_bad(read(write("f.csv", "id,text\n" + body))) == (rows, bad)


def test_an_undecodable_line_ends_no_record_but_its_own(write):
    parts = read(write("f.csv", b'id,text\n1,"a\nb\xff\n2,c\n'))
    assert rows_and_bad(parts) == ([("2", "c")], [(2, NEVER), (3, "not UTF-8 at byte 2 of the line")])


def test_a_quote_that_spans_too_much_costs_one_line(write):
    body = '0,"open\n' + "".join(f"{i},x\n" for i in range(1, 2 * LONGEST)) + '9999,"'
    rows, bad = rows_and_bad(read(write("f.csv", "id,text\n" + body)))
    assert bad == [(2, NEVER), (2 * LONGEST + 2, NEVER)]
    assert len(rows) == 2 * LONGEST - 1


@pytest.mark.parametrize(
    ("format", "quoted", "line", "values"),
    [
        ("csv", True, '1,"a,b"', ("1", "a,b")),
        ("tsv", True, '1\t"a\tb"', ("1", "a\tb")),
        ("tsv", False, '1\t"a, b', ("1", '"a, b')),
        ("csv", False, '1,"a"', ("1", '"a"')),
    ],
)
def test_separator_and_quotes_follow_the_recipe(write, format, quoted, line, values):
    header = "id,text\n" if format == "csv" else "id\ttext\n"
    assert rows_and_bad(read(write("f", header + line), format=format, quoted=quoted)) == ([values], [])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"f\.csv line 1: no header line"),
        (b"\n\n", "no header line"),
        (b"a,a\n1,2\n", "column 'a' is named twice"),
        (b"a,\n1,2\n", "column '' is named nothing"),
        (b'a,"b\n', "no header line: a quote that never closes"),
        (b"\xff\n1\n", "no header line: not UTF-8 at byte 1"),
        (b"a,b\r1,2\r", "no header line: new-line character"),  # line ends of the old Mac
    ],
)
def test_a_header_that_is_none(write, content, message):
    with pytest.raises(SourceError, match=message):
        read(write("f.csv", content))


def test_a_byte_order_mark_is_no_part_of_the_first_name(write):
    (part,) = read(write("f.csv", "\ufeffid,text\n1,a\n"))
    assert part.table.column_names == ["id", "text"]


def test_a_header_alone_tells_its_columns(write):
    (part,) = read(write("f.csv", "id,text\n"))
    assert (part.table.column_names, part.rows_in) == (["id", "text"], 0)


@pytest.mark.parametrize("quoted", [True, False])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_in_one_column_a_blank_line_is_an_empty_value(write, quoted, end):
    lines = ["", "text", "a", "", "b", ""]  # one before the header is none
    assert rows_and_bad(read(write("f.csv", end.join(lines) + end), quoted=quoted)) == ([("a",), ("",), ("b",), ("",)], [])


def test_rows_know_their_line(write):
    (part,) = read(write("f.csv", 'id,text\n1,"a\nb"\n\n2\n3,c\n'))
    assert part.where == [("f.csv", 2), ("f.csv", 6)]


def test_a_nul_in_the_header_is_an_error(write):
    with pytest.raises(SourceError, match=r"column 'te\\x00xt': a NUL is in its name"):
        read(write("f.csv", "id,te\0xt\n1,a\n"))


def test_files_of_a_folder_share_their_header(tmp_path, write):
    write("a.csv", "id,text\n1,a\n")
    write("b.csv", "id,text\n2,b\n")
    assert rows_and_bad(read(tmp_path)) == ([("1", "a"), ("2", "b")], [])
    write("c.csv", "text,id\n")
    with pytest.raises(SourceError, match=r"c\.csv: header \['text', 'id'\], but that of a\.csv is"):
        read(tmp_path)


TEXT = st.text(st.sampled_from("ab ,\t\"\n\r'\u2028\u0085\ufeff\0é") | st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.lists(st.tuples(TEXT, TEXT), max_size=12), st.sampled_from(["csv", "tsv"]), st.sampled_from(["\n", "\r\n"]), st.integers(1, 4))
def test_what_the_csv_module_wrote_is_read_back(scratch, rows, format, end, size):
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="," if format == "csv" else "\t", lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("id", "text"), *rows])
    (scratch / "f.csv").write_bytes(buffer.getvalue().encode())
    parts = read(scratch / "f.csv", size, format)
    assert rows_and_bad(parts) == (rows, [])
    assert all(part.rows_in == size for part in parts[:-1])


LINES = st.one_of(
    st.binary(max_size=12),
    st.sampled_from([b"1,a", b'1,"a', b'a"', b'"', b'1,"a ""b"', b"\xff", b"\xef\xbb\xbf", "\u2028,\u0085".encode(), b"\r", b"1,2,3"]),
).filter(lambda line: b"\n" not in line)


@given(st.lists(LINES, max_size=15), st.integers(1, 4), st.sampled_from([b"\n", b"\r\n"]))
def test_without_quoting_every_line_is_a_row(scratch, lines, size, end):
    (scratch / "g.csv").write_bytes(b"id,text\n" + b"".join(line + end for line in lines))
    parts = read(scratch / "g.csv", size, quoted=False)
    assert sum(part.rows_in for part in parts) == sum(1 for line in lines if line.rstrip(b"\r"))


@given(st.lists(LINES, max_size=15), st.integers(1, 4), st.sampled_from([b"\n", b"\r\n"]))
def test_with_quoting_no_character_is_lost(scratch, lines, size, end):
    raw = b"id,text\n" + b"".join(line + end for line in lines)
    (scratch / "h.csv").write_bytes(raw)
    parts = read(scratch / "h.csv", size)
    seen = "".join(str(v) for p in parts for row in p.table.to_pylist() for v in row.values()) + "".join(
        b.raw for p in parts for b in p.bad
    )
    letters = [c for line in lines for c in line.decode("utf-8", "backslashreplace") if c.isalnum()]
    assert sorted(c for c in seen if c.isalnum()) == sorted(letters)


@given(st.lists(LINES, max_size=8), st.lists(LINES, max_size=8))
def test_sound_lines_survive_between_broken_ones(scratch, before, after):
    """Unless a quote opened before them closes after them, which is one value."""
    lines = [*(line.replace(b'"', b"") for line in before), b"77,sound", *after]
    (scratch / "i.csv").write_bytes(b"id,text\n" + b"".join(line + b"\n" for line in lines))
    assert ("77", "sound") in rows_and_bad(read(scratch / "i.csv"))[0]
