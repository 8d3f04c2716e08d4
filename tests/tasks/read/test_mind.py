import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import SourceError
from schemas.frames import MIND_NEWS
from schemas.sources import MindSource
from tasks.read.mind import MindReader, entities

ENTITY = {
    "Label": "Helsinki",
    "Type": "G",
    "WikidataId": "Q1757",
    "Confidence": 0.99,
    "OccurrenceOffsets": [3, 20],
    "SurfaceForms": ["Helsinki"],
}


def line(nid="N1", title="A title", title_entities="[]"):
    return "\t".join([nid, "news", "world", title, "An abstract.", "https://example.org", title_entities, ""])


def read(path, rows=1000, split="train"):
    return list(MindReader(MindSource(path=path, format="mind")).parts(split, rows))


def test_quotes_and_line_separators_are_text(write):
    title = '"It\'s" 5" wide \u2028 and \u0085 so on'
    (part,) = read(write("news.tsv", line(title=title) + "\r\n" + line("N2") + "\n"))
    assert part.table.schema == MIND_NEWS
    assert part.table.column("title").to_pylist() == [title, "A title"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (line(), None),
        (line(title_entities=json.dumps([ENTITY])), None),
        (line(title_entities='[{"Label": null}]'), None),
        (line(title_entities="  "), None),
        ("N1\tnews", "2 columns, expected 8"),
        (line() + "\tmore", "9 columns, expected 8"),
        ("", "1 columns, expected 8"),
        (line(title_entities='[{"Label": "H"'), "title_entities: not JSON: Expecting ',' delimiter at character 15"),
        (line(title_entities="{}"), "title_entities: not a list of entities"),
        (line(title_entities="[1]"), "title_entities: not a list of entities"),
        (line(title_entities='[{"Label": 5}]'), "title_entities: Label is int"),
        (line(title_entities='[{"Confidence": true}]'), "title_entities: Confidence is bool"),
        (line(title_entities='[{"Confidence": 1%s}]' % ("0" * 400)), "title_entities: Confidence is no number that a float holds"),
        (line(title_entities='[{"OccurrenceOffsets": [-1]}]'), "title_entities: OccurrenceOffsets are not all whole numbers from 0"),
        (line(title_entities='[{"OccurrenceOffsets": [1.0]}]'), "title_entities: OccurrenceOffsets are not all whole numbers from 0"),
        (
            line(title_entities='[{"OccurrenceOffsets": [4294967296]}]'),
            "title_entities: OccurrenceOffsets are not all whole numbers from 0",
        ),
        (line(title_entities='[{"SurfaceForms": [null]}]'), "title_entities: SurfaceForms are not all text"),
        (line(title_entities='[{"Label": "\\ud800"}]'), "title_entities: not usable JSON: 'utf-8' codec can't encode"),
        (line(title_entities="[" * 100_000), "title_entities: not usable JSON: maximum recursion depth"),
    ],
)
def test_a_row_is_read_or_says_why_not(write, row, reason):
    (part,) = read(write("news.tsv", row + "\n"))
    assert part.rows_in == 1
    if reason is None:
        assert part.bad == []
    else:
        assert part.bad[0].reason.startswith(reason)
        assert (part.bad[0].line, part.bad[0].raw) == (1, row)


def test_entities_come_as_structs(write):
    (part,) = read(write("news.tsv", line(title_entities=json.dumps([ENTITY, {"Label": "x", "Unknown": 1}]))))
    first, second = part.table.column("title_entities").to_pylist()[0]
    assert first == ENTITY
    assert second == {**dict.fromkeys(ENTITY), "Label": "x"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(ENTITY)), inner, max_size=3),
    max_leaves=8,
)
ROWS = st.one_of(
    st.binary(max_size=30),
    JSON.map(lambda value: line(title_entities=json.dumps(value)).encode()),
    st.sampled_from([line().encode(), b"\xef\xbb\xbf", b'"', line(title="\u2028").encode(), line().encode() + b"\xff"]),
).filter(lambda raw: b"\n" not in raw)


@given(st.lists(ROWS, max_size=20), st.integers(1, 7), st.sampled_from([b"\n", b"\r\n"]))
def test_no_line_is_lost(scratch, lines, rows, end):
    (scratch / "news.tsv").write_bytes(b"".join(raw + end for raw in lines))
    parts = read(scratch / "news.tsv", rows)
    assert sum(part.rows_in for part in parts) == len(lines)
    assert all(part.rows_in == rows for part in parts[:-1])


@given(JSON)
def test_entities_are_whatever_the_column_holds_or_a_value_error(value):
    text = json.dumps(value)
    try:
        found = entities(text)
    except ValueError:
        return
    assert json.dumps(found) == text


@pytest.mark.parametrize(
    ("files", "splits"),
    [
        (["news.tsv"], ["train"]),
        (["train/news.tsv", "test/news.tsv", "extra/news.tsv"], ["train", "test"]),
        (["dev/news.tsv"], ["dev"]),
    ],
)
def test_splits_are_folders(tmp_path, write, files, splits):
    for name in files:
        write(name, line())
    assert list(MindReader(MindSource(path=tmp_path, format="mind")).splits()) == splits


def test_a_folder_without_news_says_what_was_expected(tmp_path):
    with pytest.raises(SourceError, match=r"no news\.tsv here nor in train/, dev/, test/"):
        MindReader(MindSource(path=tmp_path, format="mind")).splits()


def test_an_empty_file_has_no_rows(write):
    assert [part.rows_in for part in read(write("news.tsv", ""))] == [0]
