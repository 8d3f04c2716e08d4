import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.resources import data_root
from tasks.annotations.mind import dumps, read, write
from tasks.read.mind import entities


def there_and_back(column, text):
    value = entities(column)
    found = read(value, text)
    assert all(f.fault is None for f in found)
    return dumps(write(value, [f.span for f in found], text), like=column)


def test_every_column_of_the_sample_comes_back_byte_by_byte():
    rows = [line.split("\t") for line in (data_root() / "sample/mind/news.tsv").read_text("utf-8").splitlines()]
    columns = [(row[3 + i], row[6 + i]) for row in rows for i in (0, 1)]
    assert sum(column not in ("", "[]") for _, column in columns) > 500
    assert [there_and_back(column, text) for text, column in columns] == [column for _, column in columns]


@pytest.mark.parametrize("column", ["", "[]", "  "])
def test_a_column_without_entities_stays(column):
    assert there_and_back(column, "text") == column


WORDS = st.text(st.sampled_from('ab é🎉中"\\'), min_size=1, max_size=4)


@given(
    st.lists(WORDS, min_size=1, max_size=6),
    st.lists(st.lists(st.integers(0, 5), max_size=3), max_size=4),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
)
def test_mind_to_spans_to_mind(words, picks, confidence, escaped):
    text = " ".join(words)
    value = []
    for pick in picks:
        chosen = [i % len(words) for i in pick]
        value.append(
            {
                "Label": words[0],
                "Type": "G",
                "WikidataId": "Q1",
                "Confidence": confidence,
                "OccurrenceOffsets": [len(" ".join([*words[:i], ""])) for i in chosen],
                "SurfaceForms": [words[i] for i in chosen],
            }
        )
    column = json.dumps(value, ensure_ascii=escaped)
    assert there_and_back(column, text) == column
