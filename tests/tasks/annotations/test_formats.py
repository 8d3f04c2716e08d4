"""What each format reads from a column's values and writes back, and what it makes of values that are wrong."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.frames import ANSWERS, ENTITIES, SPANS
from schemas.spans import Span
from tasks.annotations import FORMATS

TEXT = "Café 🎉 opens in New York City"
WHERE, CITY = TEXT.index("New York"), TEXT.index("York")
BYTES, UTF16 = "; its offsets count bytes (UTF-8), not code points", "; its offsets count UTF-16 units, not code points"
OUTSIDE = f"is outside the text of {len(TEXT)} code points"


def units(at, encoding, width):
    return len(TEXT[:at].encode(encoding)) // width


def mind(*spans):
    """An entity for each (start, end, surface)."""
    return [{"Label": form, "Type": "G", "WikidataId": "Q1", "OccurrenceOffsets": [s], "SurfaceForms": [form]} for s, _, form in spans]


def squad(*spans):
    return {"text": [form for _, _, form in spans], "answer_start": [start for start, _, _ in spans]}


def plain(*spans):
    return [{"start": start, "end": end, "label": "G", "surface": form} for start, end, form in spans]


def faults(format, value, text=TEXT):
    return [found.fault for found in FORMATS[format].read(value, text)]


@pytest.mark.parametrize(("format", "make"), [("mind", mind), ("squad", squad), ("spans", plain)])
@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(WHERE, WHERE + 8, "New York")], [None]),
        ([(90, 98, "New York")], [f"90..98 {OUTSIDE}"]),
        ([(len(TEXT) - 4, len(TEXT) + 4, "New York")], [f"{len(TEXT) - 4}..{len(TEXT) + 4} {OUTSIDE}"]),
        ([(-5, 3, "New York")], [f"-5..3 {OUTSIDE}"]),
        ([(0, 0, "")], ["is empty at 0"]),
        ([(units(WHERE, "utf-8", 1), units(WHERE, "utf-8", 1) + 8, "New York")], ["is not its surface form" + BYTES]),
        ([(units(WHERE, "utf-16-le", 2), units(WHERE, "utf-16-le", 2) + 8, "New York")], ["is not its surface form" + UTF16]),
        ([(0, 8, "New York"), (WHERE, WHERE + 8, "New York")], ["is not its surface form", None]),  # one bad span spoils no other
        ([(WHERE, WHERE + 13, "New York City"), (CITY, CITY + 4, "York")], [None, None]),  # nested: both are so in the text
        ([(WHERE, WHERE + 8, "New York"), (CITY, CITY + 9, "York City")], [None, None]),  # overlapping likewise
        ([(WHERE, WHERE + 8, "New York")] * 2, [None, None]),  # said twice
    ],
)
def test_bad_spans_and_what_each_gives(format, make, spans, expected):
    if format != "spans":  # their end is made from the surface form
        spans = [(start, start + len(form), form) for start, _, form in spans]
    assert faults(format, make(*spans)) == expected


def test_an_end_before_its_start():
    assert faults("spans", [{"start": 5, "end": 2, "label": "G"}]) == ["ends at 2, before its start 5"]


def test_without_a_surface_form_only_the_bounds_are_known():
    at = units(WHERE, "utf-8", 1)
    assert faults("spans", [{"start": at, "end": at + 8, "label": "G"}]) == [None]  # wrong, and nobody can tell
    assert faults("spans", [{"start": at, "end": at + 13, "label": "G"}]) == [f"{at}..{at + 13} {OUTSIDE}"]
    assert faults("spans", [{"start": 0, "end": 4}]) == [None]


@pytest.mark.parametrize(("format", "make"), [("mind", mind), ("squad", squad), ("spans", plain)])
def test_five_thousand_in_a_row(format, make):
    text = "né " * 5000
    spans = [(3 * i, 3 * i + 2, "né") for i in range(5000)]
    assert faults(format, make(*spans), text) == [None] * 5000
    assert faults(format, make(*((s + 1, e + 1, form) for s, e, form in spans)), text).count(None) == 0


@pytest.mark.parametrize(
    ("format", "value", "expected"),
    [
        ("mind", None, []),
        ("mind", [], []),
        ("mind", [None], []),
        ("mind", [{"Label": "x"}], []),
        ("mind", [{"OccurrenceOffsets": None, "SurfaceForms": None}], []),
        ("mind", [{"OccurrenceOffsets": [0, 1], "SurfaceForms": ["Café"]}], ["has 2 offsets but 1 surface forms"] * 2),
        ("mind", [{"OccurrenceOffsets": None, "SurfaceForms": ["Café"]}], ["has 0 offsets but 1 surface forms"]),
        ("mind", [{"OccurrenceOffsets": [None], "SurfaceForms": ["Café"]}], ["has no offset"]),
        ("mind", [{"OccurrenceOffsets": [0], "SurfaceForms": [None]}], ["has no surface form"]),
        ("spans", None, []),
        ("spans", [None, {"start": None, "end": 4}, {"start": 0, "end": None}], ["has no start", "has no end"]),
        ("spans", [{"start": 0, "end": 4, "label": None, "reference": None, "group": None, "surface": None}], [None]),
        ("squad", None, []),
        ("squad", {"text": None, "answer_start": None}, []),
        ("squad", {"text": ["Café"], "answer_start": []}, ["has 0 starts but 1 texts"]),
        ("squad", {"text": [None], "answer_start": [0]}, ["has no text"]),
        ("squad", {"text": ["Café"], "answer_start": [None]}, ["has no start"]),
    ],
)
@pytest.mark.parametrize("text", [TEXT, None])
def test_nulls_are_no_spans_or_say_what_lacks(format, value, expected, text):
    found = faults(format, value, text)
    assert found == [reason or ("has no text to stand in" if text is None else None) for reason in expected]
    cleaned = FORMATS[format].write(value, [None] * len(found), text)
    assert FORMATS[format].read(cleaned, text) == []


def test_spans_are_one_type_whatever_the_format():
    entity = {"Label": "New York City", "Type": "G", "WikidataId": "Q60", "Confidence": 1.0}
    value = [None, {**entity, "OccurrenceOffsets": [WHERE, CITY], "SurfaceForms": ["New York", "York"]}, {**entity, "WikidataId": ""}]
    assert [f.span for f in FORMATS["mind"].read(value, TEXT)] == [
        Span(WHERE, WHERE + 8, "G", "Q60", 1),
        Span(CITY, CITY + 4, "G", "Q60", 1),
    ]
    value = [{"start": 0, "end": 4}, {"start": CITY, "end": CITY + 4, "label": "G", "reference": "Q60", "group": 7}]
    assert [f.span for f in FORMATS["spans"].read(value, TEXT)] == [Span(0, 4, "", None, 0), Span(CITY, CITY + 4, "G", "Q60", 7)]
    value = {"text": ["York", "New York"], "answer_start": [CITY, WHERE]}
    assert [f.span for f in FORMATS["squad"].read(value, TEXT)] == [Span(CITY, CITY + 4), Span(WHERE, WHERE + 8)]


FINNISH = "New York Cityyn avataan kahvila"


@pytest.mark.parametrize(
    ("format", "value", "spans", "expected"),
    [
        (
            "mind",
            [
                {"Label": "a", "Confidence": 0.5, "OccurrenceOffsets": [WHERE, CITY], "SurfaceForms": ["New York", "York"]},
                {"Label": "b", "OccurrenceOffsets": [0], "SurfaceForms": ["Café"]},
                {"Label": "c", "OccurrenceOffsets": [], "SurfaceForms": None},
                None,
            ],
            [Span(0, 8), None, None],
            [
                {"Label": "a", "Confidence": 0.5, "OccurrenceOffsets": [0], "SurfaceForms": ["New York"]},
                {"Label": "b", "OccurrenceOffsets": [], "SurfaceForms": []},  # the entity stays
                {"Label": "c", "OccurrenceOffsets": [], "SurfaceForms": None},
                None,
            ],
        ),
        (
            "spans",
            [{"start": WHERE, "end": WHERE + 8, "label": "G", "text": "New York", "more": 1}, None, {"start": 0, "end": 4, "label": "x"}],
            [Span(0, 8, "G"), None],
            [{"start": 0, "end": 8, "label": "G", "text": "New York", "more": 1}, None],
        ),
        (
            "squad",
            {"text": ["New York", "York", "Café"], "answer_start": [WHERE, CITY, 0]},
            [Span(0, 8), None, Span(24, 31)],
            {"text": ["New York", "kahvila"], "answer_start": [0, 24]},
        ),
        ("squad", {"text": ["Café"], "answer_start": [0]}, [None], {"text": [], "answer_start": []}),
    ],
)
def test_what_is_written_stands_in_the_new_text(format, value, spans, expected):
    written = FORMATS[format].write(value, spans, FINNISH)
    assert written == expected
    assert all(found.fault is None for found in FORMATS[format].read(written, FINNISH))


TEXTS = st.text(st.sampled_from("ab é🎉中") | st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@st.composite
def located(draw):
    """A text and spans that fit it."""
    text = draw(TEXTS)
    ends = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).filter(lambda ab: ab[0] != ab[1])
    return text, [(min(ab), max(ab), text[min(ab) : max(ab)]) for ab in draw(st.lists(ends, max_size=6))]


@given(located())
@pytest.mark.parametrize(("format", "make", "kind"), [("mind", mind, ENTITIES), ("squad", squad, ANSWERS), ("spans", plain, SPANS)])
def test_there_and_back_changes_nothing(format, make, kind, drawn):
    text, spans = drawn
    assert FORMATS[format].holds(kind)
    (value,) = pa.array([make(*spans)], kind).to_pylist()
    found = FORMATS[format].read(value, text)
    assert [(f.span.start, f.span.end, f.fault) for f in found] == [(start, end, None) for start, end, _ in spans]
    assert FORMATS[format].write(value, [f.span for f in found], text) == value


@pytest.mark.parametrize(
    ("format", "kind", "held"),
    [
        ("mind", ENTITIES, True),
        ("mind", pa.null(), True),
        ("mind", pa.list_(pa.null()), True),
        ("mind", pa.list_(pa.struct([("Label", pa.string())])), True),
        ("mind", pa.list_(pa.struct([("OccurrenceOffsets", pa.list_(pa.float64()))])), False),
        ("mind", pa.list_(pa.struct([("Type", pa.int64())])), False),
        ("mind", pa.string(), False),
        ("spans", SPANS, True),
        ("spans", pa.large_list(pa.struct([("start", pa.uint8()), ("end", pa.int64()), ("label", pa.large_string())])), True),
        ("spans", pa.list_(pa.struct([("start", pa.int64())])), False),
        ("spans", pa.list_(pa.struct([("start", pa.int64()), ("end", pa.string())])), False),
        ("spans", pa.list_(pa.int64()), False),
        ("squad", ANSWERS, True),
        ("squad", pa.list_(ANSWERS), False),
        ("squad", pa.struct([("text", pa.string()), ("answer_start", pa.int64())]), False),
        ("squad", pa.struct([("text", pa.list_(pa.string()))]), False),
    ],
)
def test_a_column_is_of_its_format_or_is_refused(format, kind, held):
    assert FORMATS[format].holds(kind) == held
