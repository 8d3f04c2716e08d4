"""Transliteration: spans stand on what their stretch became."""

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.languages import language
from schemas.spans import Span
from tasks.identify.script import letters
from tasks.romanise import romaniser
from tasks.transliterate import transliterate


@pytest.fixture(scope="module")
def uroman():
    return romaniser("uroman")


@pytest.mark.parametrize(
    ("code", "text", "span", "form"),
    [
        ("kat", "ქალაქი თბილისი.", (7, 14), "tbilisi"),
        ("kat", "ქალაქი თბილისი.", (0, 6), "khalakhi"),
        ("tha", "ไทย", (1, 2), "thai"),  # the vowel that is read last is written first
        ("jpn", "東京で", (0, 2), "dongjing"),
        ("cmn_Hans", "去「北京」了", (1, 5), '"beijing"'),  # without the spaces that uroman puts around
        ("cmn_Hans", "三千年", (0, 1), "3000"),
        ("hin", "दिल्ली में", (0, 6), "dillii"),
        ("hin", "दिल्ली", (0, 2), "di"),  # the mark is part of its syllable
        ("arb", "قال\u0640\u064b", (3, 4), None),  # a stretched line leaves nothing
        ("kor", "a\u200bb가", (1, 2), None),
    ],
)
def test_a_span_takes_what_its_stretch_became(uroman, code, text, span, form):
    result = transliterate(text, [Span(*span, "LOC", "Q1", 3)], language(code), uroman)
    [moved] = result.spans
    assert (moved and moved.of(result.text)) == form
    assert moved is None or (moved.label, moved.reference, moved.group) == ("LOC", "Q1", 3)


BOUNDS = st.tuples(st.integers(0, 29), st.integers(1, 30))


@given(st.text(alphabet="กเอไ่ทย 东京（三千 दिल्ली\u200bаЁ.a1१😀한", min_size=1, max_size=30), st.lists(BOUNDS, max_size=5))
def test_spans_are_valid_and_keep_their_order(uroman, text, bounds):
    bounds = sorted((start % len(text), min(len(text), start % len(text) + width)) for start, width in bounds)
    result = transliterate(text, [Span(*each) for each in bounds], language("tha"), uroman)
    assert len(result.spans) == len(bounds)
    starts = [span.start for span in result.spans if span]
    assert starts == sorted(starts)
    assert all(0 <= span.start < span.end <= len(result.text) for span in result.spans if span)
    forms = [span.of(result.text) for span in result.spans if span]
    assert forms == [form.strip() for form in forms]
    [everything] = transliterate(text, [Span(0, len(text))], language("tha"), uroman).spans
    assert (everything.of(result.text) if everything else "") == result.text.strip()


@pytest.mark.parametrize(("column", "code"), [("tam", "tam"), ("tha", "tha"), ("kat", "kat"), ("zho", "cmn_Hans"), ("jpn", "jpn")])
def test_news_has_no_letters_but_latin_ones(uroman, shared, column, code):
    lines = (shared / "data/news/ntrex_13_languages.jsonl").read_text("utf-8").splitlines()[:40]
    found = pl.Series([transliterate(json.loads(line)[column], [], language(code), uroman).text for line in lines])
    assert (letters(found) - letters(found, "Latn")).to_list() == [0] * 40
    assert letters(found).sum() > 1000
