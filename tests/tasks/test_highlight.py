"""Marks stand where the spans are, and no text becomes markup."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.highlight import Mark, Stretch, cut, highlight, visible
from tests.tasks.page import parse


def mark(start, end, number=1):
    return Mark(start, end, number, f"note {number}")


def pieces(markup):
    """(marked text, colour, underline, numbers that end there) of each mark, in order."""
    found = []
    for element in parse(str(markup)).all("mark"):
        colour, *under = element.attributes["class"].split()
        found.append((element.text, colour, *under, element.attributes.get("data-n")))
    return found


@pytest.mark.parametrize(
    ("text", "marks", "expected"),
    [
        ("Rome is old", [mark(0, 4)], [("Rome", "c1", "1")]),
        ("in Rome", [mark(3, 7, 8), mark(3, 7, 9)], [("Rome", "c8", "u1", "8,9")]),  # the ninth has the first colour again
        ("😀 Rome 😀", [mark(2, 6)], [("Rome", "c1", "1")]),  # two emoji are two code points
        ("ab", [mark(0, 1, 1), mark(1, 2, 2)], [("a", "c1", "1"), ("b", "c2", "2")]),
        ("New York City", [mark(0, 13, 1), mark(4, 8, 2)], [("New ", "c1", None), ("York", "c2", "u1", "2"), (" City", "c1", "1")]),
        ("abcd", [mark(0, 3, 1), mark(1, 4, 2)], [("a", "c1", None), ("bc", "c1", "u2", "1"), ("d", "c2", "2")]),  # they cross
        ("abc", [mark(1, 9)], [("bc", "c1", "1")]),  # the text was cut
        ("abc", [mark(1, 1), mark(5, 9), mark(2, 1)], []),
        ("", [mark(0, 1)], []),
        ("<b>&amp;", [mark(0, 3)], [("<b>", "c1", "1")]),
    ],
)
def test_marks(text, marks, expected):
    html = highlight(text, marks)
    assert pieces(html) == expected
    assert parse(str(html)).text == text


def test_a_switched_stretch_is_one_element_in_its_language():
    text = "Go to <ar>روما</ar> now"
    html = highlight(text, [mark(10, 14, 3), mark(3, 12, 1)], [Stretch(10, 14, "ar", "rtl", "Arabic for Rome")])
    (stretch,) = parse(str(html)).all("span")
    assert stretch.text == "روما"
    assert stretch.attributes == {"class": "switch", "lang": "ar", "dir": "rtl", "title": "Arabic for Rome"}
    assert pieces(html) == [("to <ar>", "c1", None), ("رو", "c3", "u1", "1"), ("ما", "c3", "3")]
    assert parse(str(html)).text == text


spots = st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 12))
texts = st.text(st.sampled_from("ab<>&\"' \n😀אب\u0301\u200d")) | st.text(st.characters(exclude_categories=["Cs"]))


@given(texts, st.lists(spots, max_size=6), st.lists(spots, max_size=3))
def test_the_text_stays_and_what_is_marked_is_what_the_spans_cover(text, spans, switches):
    marks = [mark(*spot) for spot in spans]
    root = parse(str(highlight(text, marks, [Stretch(start, end, "fi", "ltr", "<note>") for start, end, _ in switches])))
    assert root.text == visible(text)
    covered = {at for m in marks for at in range(m.start, min(m.end, len(text)))}
    assert "".join(m.text for m in root.all("mark")) == "".join(visible(text)[at] for at in sorted(covered))
    ends = sorted(m.number for m in marks if m.start < min(m.end, len(text)))
    written = [int(number) for m in root.all("mark") if "data-n" in m.attributes for number in m.attributes["data-n"].split(",")]
    assert sorted(written) == ends, "each number stands once, where its mark ends"


@pytest.mark.parametrize(
    ("text", "shown"), [("a\x00b\x1b", "a␀b␛"), ("\x7f\x85", "␡\ufffd"), ("a\n\tb\r", "a\n\tb␍"), ("\u202eא", "\u202eא")]
)
def test_control_characters_are_seen(text, shown):
    assert visible(text) == shown
    assert len(visible(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "longest", "begin"),
    [
        ("abc", 5, "abc"),
        ("abcdef", 3, "abc"),
        ("nai\u0308ve", 3, "na"),  # not without its diaeresis
        ("👩\u200d💻", 1, ""),
        ("x👩\u200d💻", 3, "x"),
        ("कि", 1, ""),
        ("", 3, ""),
    ],
)
def test_cut(text, longest, begin):
    assert cut(text, longest) == begin
