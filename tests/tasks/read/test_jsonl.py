import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import SourceError
from schemas.sources import JsonlSource
from tasks.read.jsonl import JsonlReader


def read(path, rows=1000):
    return list(JsonlReader(JsonlSource(path=path, format="jsonl")).parts("train", rows))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"a": 1}', None),
        ('{"a": "x\\u2028y"}', None),
        ('{"a": "x\u2028y\u0085"}', None),  # raw, too
        ('\ufeff{"a": 1}', None),
        ('{"a": 9223372036854775807}', None),
        ('{"a": NaN}', None),  # Python's own json writes it
        ('{"a": 1', "not JSON: Expecting ',' delimiter at character 8"),
        ("hello", "not JSON: Expecting value at character 1"),
        ('{"a": 1} {"a": 2}', "not JSON: Extra data at character 10"),
        ("[1]", "a JSON list, expected an object"),
        ("null", "a JSON NoneType, expected an object"),
        ("{}", "an object without keys"),
        ('{"a": ' + "[" * 31 + "]" * 31 + "}", None),
        ('{"a": ' + "[" * 32 + "]" * 32 + "}", "nested deeper than 32"),
        ('{"a": ' * 33 + "1" + "}" * 33, "nested deeper than 32"),
        ('{"a": "' + "[" * 99 + '"}', None),
        ('{"a": "\\ud800"}', "not usable JSON: 'utf-8' codec can't encode character '\\ud800'"),
        ('{"\\udfff": 1}', "not usable JSON: 'utf-8' codec can't encode character '\\udfff'"),
        ('{"a": 9223372036854775808}', "not usable JSON: the number 9223372036854775808 needs more than 64 bits"),
        ('{"a": [' + "9" * 5000 + "]}", "not usable JSON: the number 999999999999999999999999999999 needs more than 64 bits"),
        ("[" * 100_000, "not usable JSON: maximum recursion depth exceeded"),
    ],
)
def test_a_line_is_a_row_or_says_why_not(write, line, reason):
    (part,) = read(write("f.jsonl", line + "\n"))
    if reason is None:
        assert (part.table.num_rows, part.bad) == (1, [])
    else:
        assert (part.bad[0].file, part.bad[0].line) == ("f.jsonl", 1)
        assert part.bad[0].reason.startswith(reason)
        assert part.bad[0].raw == line


def test_blank_lines_are_no_rows_but_count_as_lines(write):
    (part,) = read(write("f.jsonl", '\n{"a": 1}\r\n  \nbroken\n\n'))
    assert part.table.to_pylist() == [{"a": 1}]
    assert [bad.line for bad in part.bad] == [4]


def test_an_empty_file_has_no_parts(write):
    assert read(write("f.jsonl", "")) == []


@pytest.mark.parametrize(("key", "fault"), [("", "it has no name"), ("a\0", "a NUL is in its name")])
def test_a_key_that_is_no_name_is_an_error(write, key, fault):
    with pytest.raises(SourceError, match=f"column .*: {fault}. Rename it"):
        read(write("f.jsonl", json.dumps({key: 1})))


def test_files_of_a_folder_are_one_split(tmp_path, write):
    write("b.jsonl", '{"a": 2}\n')
    write("a.jsonl", '{"a": 1}\n')
    (part,) = read(tmp_path)
    assert part.table.column("a").to_pylist() == [1, 2]


KEYS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=3)
LINES = st.one_of(
    st.binary(max_size=20),
    st.dictionaries(KEYS, st.integers() | st.none(), max_size=3).map(lambda row: json.dumps(row).encode()),
    st.sampled_from([b'{"a": 1', b"\xef\xbb\xbf", b'{"a": "\xff"}', b'{"a": "\\ud800"}', '{"a": "\u2028"}'.encode(), b"1e999"]),
).filter(lambda line: b"\n" not in line)


@given(st.lists(LINES, max_size=20), st.integers(1, 7), st.sampled_from([b"\n", b"\r\n"]))
def test_no_line_is_lost(scratch, lines, rows, end):
    (scratch / "f.jsonl").write_bytes(end.join(lines))
    texts = [line.decode("utf-8", "replace") for line in (lines[0].removeprefix(b"\xef\xbb\xbf"), *lines[1:])] if lines else []
    parts = read(scratch / "f.jsonl", rows)
    assert sum(part.rows_in for part in parts) == sum(1 for text in texts if text.strip())
    assert all(part.rows_in == rows for part in parts[:-1])


VALUES = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(st.fixed_dictionaries({"a": VALUES, "b": st.integers(-(2**63), 2**63 - 1) | st.none()}), max_size=10), st.booleans())
def test_what_json_wrote_is_read_back(scratch, rows, ascii_only):
    (scratch / "g.jsonl").write_bytes("\n".join(json.dumps(row, ensure_ascii=ascii_only) for row in rows).encode())
    assert [row for part in read(scratch / "g.jsonl", 3) for row in part.table.to_pylist()] == rows
