import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.recipe import Annotation
from tasks.annotate import spans_of
from tasks.normalise import normalise

SPANS = Annotation(field="text", column="spans", format="spans")
TEXT = st.text(st.sampled_from("aé\u0301e\u0327o 가\u1100\u1161𝒳"), max_size=12)


def rows(*pairs):
    values = [[{"start": start, "end": end, "label": "X"} for start, end in spans] for _, spans in pairs]
    kind = pa.list_(pa.struct([("start", pa.int64()), ("end", pa.int64()), ("label", pa.string())]))
    return pa.table({"id": range(len(pairs)), "text": pa.array([text for text, _ in pairs], pa.string()), "spans": pa.array(values, kind)})


@pytest.mark.parametrize(
    ("text", "span", "surface"),
    [
        ("cafe\u0301 Ro\u0301ma", (6, 11), "Róma"),  # é is one code point in NFC: the span moves left and shrinks
        ("cafe\u0301", (0, 5), "café"),
        ("cafe\u0301", (0, 4), "café"),  # half a letter is the whole letter
        ("cafe\u0301", (4, 5), "é"),
        ("Roma", (0, 4), "Roma"),
        ("𝒳 e\u0301", (2, 4), "é"),
    ],
)
def test_spans_move_with_their_text(text, span, surface):
    table, changed, bad = normalise(rows((text, [span])), ["text"], [SPANS])
    assert (changed, bad) == (int(text != unicodedata.normalize("NFC", text)), [])
    [[found]] = spans_of(table, SPANS)
    assert found.of(table.column("text")[0].as_py()) == surface


@given(st.lists(st.tuples(TEXT, st.lists(st.tuples(st.integers(-1, 14), st.integers(-1, 14)), max_size=3)), max_size=4))
def test_what_stays_fits_and_what_goes_is_told(pairs):
    table, _, bad = normalise(rows(*pairs), ["text"], [SPANS])
    texts = table.column("text").to_pylist()
    assert texts == [unicodedata.normalize("NFC", text) for text, _ in pairs]
    kept = spans_of(table, SPANS)
    assert sum(map(len, kept)) + len(bad) == sum(len(spans) for _, spans in pairs)
    for text, spans in zip(texts, kept, strict=True):
        assert all(0 <= span.start < span.end <= len(text) for span in spans)
    for row, column, span, reason in bad:
        assert column == "spans"
        assert (span.start, span.end) in pairs[row][1]
        assert reason


def test_null_text_has_no_spans():
    table, changed, bad = normalise(rows((None, [(0, 1)]), (None, [])), ["text"], [SPANS])
    assert (changed, [b.row for b in bad]) == (0, [0])
    assert spans_of(table, SPANS) == [[], []]
