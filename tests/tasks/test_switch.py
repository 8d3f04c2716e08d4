"""Switches: what is replaced, where everything stands afterwards, and whose every word is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.languages import language
from schemas.spans import Span
from tasks.switch import Switched, switch

ENGLISH, FINNISH, CHINESE, CEBUANO = map(language, ("eng", "fin", "cmn_Hans", "ceb"))
TEXT = "The Bank of Finland in Helsinki, Finland."
BANK, FINLAND, HELSINKI, LAST = (Span(*at) for at in ((4, 19), (12, 19), (23, 31), (33, 40)))


def mixed(text, spans, forms, embedded=FINNISH, rate=1.0, seed="13\0row", markers=True) -> Switched:
    return switch(text, spans, forms, matrix=ENGLISH, embedded=embedded, rate=rate, seed=seed, markers=markers)


@pytest.mark.parametrize(
    ("spans", "forms", "expected", "kept"),
    [
        ([], [], TEXT, []),
        ([HELSINKI], [None], TEXT, ["Helsinki"]),
        ([HELSINKI], [""], TEXT, ["Helsinki"]),  # a form of no letters is none
        ([HELSINKI], ["Helsingissä"], "The Bank of Finland in <fi>Helsingissä</fi>, Finland.", ["Helsingissä"]),
        ([LAST, BANK], ["Suomi", "Suomen Pankki"], "The <fi>Suomen Pankki</fi> in Helsinki, <fi>Suomi</fi>.", ["Suomi", "Suomen Pankki"]),
        ([BANK, FINLAND], ["Suomen Pankki", "Suomi"], "The <fi>Suomen Pankki</fi> in Helsinki, Finland.", ["Suomen Pankki", None]),
        ([BANK, FINLAND], [None, "Suomi"], "The Bank of <fi>Suomi</fi> in Helsinki, Finland.", ["Bank of <fi>Suomi</fi>", "Suomi"]),
        ([Span(0, 8), BANK], ["Se", "Suomen Pankki"], "The <fi>Suomen Pankki</fi> in Helsinki, Finland.", [None, "Suomen Pankki"]),
        ([BANK, BANK], ["Suomen Pankki", None], "The <fi>Suomen Pankki</fi> in Helsinki, Finland.", ["Suomen Pankki"] * 2),
        ([Span(0, 3), HELSINKI], [None, "Helsinki"], "The Bank of Finland in <fi>Helsinki</fi>, Finland.", ["The", "Helsinki"]),
        ([Span(0, 41)], [TEXT], f"<fi>{TEXT}</fi>", [TEXT]),
        ([Span(4, 12), FINLAND], ["Pankki ", "Suomi"], "The <fi>Pankki </fi><fi>Suomi</fi> in Helsinki, Finland.", ["Pankki ", "Suomi"]),
    ],
)
def test_what_is_replaced(spans, forms, expected, kept):
    result = mixed(TEXT, spans, forms)
    assert result.text == expected
    assert [span and span.of(result.text) for span in result.spans] == kept


@pytest.mark.parametrize(
    ("embedded", "markers", "expected"),
    [
        (FINNISH, True, "in <fi>X</fi>"),
        (CHINESE, True, "in <zh>X</zh>"),
        (CEBUANO, True, "in <ceb>X</ceb>"),  # has no two-letter code
        (FINNISH, False, "in X"),
    ],
)
def test_markers(embedded, markers, expected):
    result = mixed("in Helsinki", [Span(3, 11)], ["X"], embedded=embedded, markers=markers)
    [change] = result.switches
    assert result.text == expected
    assert (result.text[change.start : change.end], change.source, change.language, change.method) == (
        "X",
        "Helsinki",
        embedded.code,
        "entity",
    )


def test_marks_that_the_text_had_are_text():
    text = "<fi>Oslo</fi> and Helsinki </fi>"
    result = mixed(text, [Span(18, 26)], ["</fi>"])
    assert result.text == "<fi>Oslo</fi> and <fi></fi></fi> </fi>"
    assert [result.text[s.start : s.end] for s in result.switches] == ["</fi>"]
    assert result.tokens == ["<", "fi", ">", "Oslo", "<", "/", "fi", ">", "and", "<", "/", "fi", ">", "<", "/", "fi", ">"]


def test_every_token_has_the_tag_of_its_stretch():
    result = mixed("In 2020, Finland's 5.5 million 😀.", [Span(9, 16, "LOC", "Q33", 2)], ["芬兰共和国"], embedded=CHINESE)
    assert dict(zip(result.tokens, result.tags, strict=True)) == {
        **dict.fromkeys(("In", "s", "million"), "eng_Latn"),
        **dict.fromkeys(("芬兰", "共和国"), "cmn_Hans"),
        **dict.fromkeys(("2020", ",", "'", "5.5", "😀", "."), "other"),
    }
    assert result.spans == [Span(13, 18, "LOC", "Q33", 2)]


def test_rate_is_a_share_and_each_span_is_drawn_by_itself():
    spans = [Span(2 * i, 2 * i + 1) for i in range(1000)]
    text, forms = "a " * 1000, ["b"] * 1000
    drawn = {rate: {s.start for s in mixed(text, spans, forms, rate=rate, markers=False).switches} for rate in (0.0, 0.3, 0.5, 1.0)}
    assert drawn[0.0] < drawn[0.3] < drawn[0.5] < drawn[1.0]  # a higher rate only adds
    assert {rate: round(len(each) / 1000, 1) for rate, each in drawn.items()} == {rate: rate for rate in drawn}
    pairs = sum(i in drawn[0.5] and i + 2 in drawn[0.5] for i in range(0, 1998, 2))
    assert 0.2 < pairs / 999 < 0.3  # neighbours are drawn apart: a quarter of the pairs, not a half


def test_the_draw_is_the_same_on_every_machine():
    spans, forms = [Span(2 * i, 2 * i + 1) for i in range(8)], ["b"] * 8
    drawn = [mixed("a a a a a a a a", spans, forms, rate=0.5, seed=f"13\0{row}", markers=False).text for row in (1, 2)]
    assert drawn == ["a b a a b a a a", "a a b b b b b a"]


PLACES = st.tuples(st.integers(0, 40), st.integers(1, 40), st.one_of(st.none(), st.text(max_size=6)))


@given(st.text(alphabet="ab <>/fíü😀中.", min_size=1, max_size=40), st.lists(PLACES, max_size=8), st.floats(0, 1), st.booleans())
def test_nothing_is_lost_whatever_is_switched(text, places, rate, markers):
    given = [(Span(a % len(text), min(len(text), a % len(text) + width)), form) for a, width, form in places]
    result = mixed(text, [span for span, _ in given], [form for _, form in given], rate=rate, markers=markers)
    opening, closing = (len("<fi>"), len("</fi>")) if markers else (0, 0)

    def restored(start: int, end: int) -> str:
        """A stretch of the result with markers gone and sources put back."""
        pieces, done = [], start
        for change in result.switches:
            if start <= change.start - opening and change.end + closing <= end:
                pieces += [result.text[done : change.start - opening], change.source]
                done = change.end + closing
        return "".join([*pieces, result.text[done:end]])

    assert restored(0, len(result.text)) == text
    taken = {}  # what was switched, by its place in the source
    for change in result.switches:
        assert result.text[change.start - opening : change.end + closing] == (
            f"<fi>{result.text[change.start : change.end]}</fi>" if markers else result.text[change.start : change.end]
        )
        start = len(restored(0, change.start - opening))
        taken[start, start + len(change.source)] = change
    forms = {}
    for span, form in given:
        forms.setdefault((span.start, span.end), set()).add(form)
    assert all(result.text[change.start : change.end] in forms[at] for at, change in taken.items())
    for (span, _), moved in zip(given, result.spans, strict=True):
        if (span.start, span.end) in taken:
            assert (moved.start, moved.end) == taken[span.start, span.end][:2]
        elif moved is None:
            assert any(span.start < end and start < span.end and not (span.start <= start and end <= span.end) for start, end in taken)
        else:
            assert restored(moved.start, moved.end) == span.of(text)
    assert len(result.tokens) == len(result.tags)
    if rate == 1:  # of every span that has a form, it or one that it meets is switched
        assert all(any(span.start < end and start < span.end for start, end in taken) for span, form in given if form)


@given(
    st.dictionaries(st.tuples(st.integers(0, 40), st.integers(1, 9)), st.text(min_size=1, max_size=4), max_size=8),
    st.randoms(use_true_random=False),
)
def test_at_full_rate_the_order_of_spans_changes_nothing(forms, random):
    items = [(Span(start, start + width), form) for (start, width), form in forms.items()]
    before = mixed("abcdefghij" * 5, [span for span, _ in items], [form for _, form in items])
    random.shuffle(items)
    after = mixed("abcdefghij" * 5, [span for span, _ in items], [form for _, form in items])
    assert (before.text, before.switches, before.tags) == (after.text, after.switches, after.tags)
