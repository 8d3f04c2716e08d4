"""Sentences are where a reader would see them, and joined they are the field again."""

import time

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.frames import SEGMENTS
from schemas.languages import language
from tasks.segment import LONGEST, join, segment, sentences, starts

CODES = st.sampled_from(["eng_Latn", "deu_Latn", "fin_Latn", "cmn_Hans", "jpn_Jpan", "tha_Thai", "hin_Deva", "arb_Arab"])
BITS = [
    "Dr. ",
    "z. B. ",
    "3. ",
    "J. ",
    ". ",
    "?",
    "! ",
    "...",
    "。",
    "」",
    "（",
    "“",
    "(",
    "«",
    "\n",
    "\r\n",
    "\t",
    "\xa0",
    "\u3000",
    " " * 1500,
]
BITS += [
    "\u2028",
    "\x85",
    "\x1c",
    "😀",
    "👩‍👩‍👧",
    "e\u0301",
    "\u0301",
    "你好",
    "नमस्ते।",
    "كيف؟",
    "word",
    "A",
    "x" * 5000,
    "字" * 1200,
    "a, " * 400,
]
TEXT = st.one_of(st.text(st.characters(exclude_categories=["Cs"])), st.lists(st.sampled_from(BITS), max_size=12).map("".join))


@given(TEXT, CODES)
def test_joined_they_are_the_text_and_none_is_odd(text, code):
    found = sentences(text, language(code))
    assert "".join(sentence + space for sentence, space in found) == text
    assert all(sentence for sentence, _ in found[1:])  # only the first may be empty: white space at the start
    assert all(sentence == sentence.strip() and len(sentence) <= LONGEST for sentence, _ in found)
    assert all(not space.strip() for _, space in found)


@given(st.lists(st.tuples(st.none() | TEXT, st.none() | TEXT), max_size=6))
def test_segments_join_to_their_fields(rows):
    records = pl.DataFrame(rows, schema={"title": pl.String, "body": pl.String}, orient="row")
    segments = segment(records, ["title", "body"], language("eng_Latn"))
    expected = {(i, name): row[j] for i, row in enumerate(rows) for j, name in enumerate(["title", "body"]) if row[j]}
    assert {(row, field): text for row, field, text in join(segments).iter_rows()} == expected
    assert segments.columns == SEGMENTS.names


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("eng_Latn", ["Dr. Smith met Mr. Jones.", "They left."]),
        ("eng_Latn", ["J. K. Rowling wrote it.", "It sold."]),
        ("eng_Latn", ["It rose 3.5 percent.", "Wow."]),
        ("eng_Latn", ["Wait...", "Then he left."]),
        ("eng_Latn", ["Wait... what?", "Yes!", "No."]),
        ("eng_Latn", ['He said: "I will go."', "Then he left."]),
        ("eng_Latn", ["One.", "(Two is here.)", "Three."]),
        ("eng_Latn", ["See example.com now.", "Then go."]),
        ("eng_Latn", ["no full stop"]),
        ("deu_Latn", ["Am 3. Oktober war es.", "Dann kam Herr Dr. Meier.", "Gut."]),
        ("deu_Latn", ["Das ist z. B. Gras.", "Gut."]),
        ("deu_Latn", ["Sie springt ins Wasser.", "Er kam.", "Gut."]),
        ("fra_Latn", ["M. Dupont est là.", "Il va bien."]),
        ("fin_Latn", ["Se on 3. luokka.", "Hyvä on."]),
        ("spa_Latn", ["¿Qué tal?", "¡Bien!", "Sí."]),
        ("hin_Deva", ["यह अच्छा है।", "वह गया।", "क्या?"]),
        ("arb_Arab", ["كيف حالك؟", "أنا بخير.", "شكرا"]),
        ("amh_Ethi", ["ሰላም።", "እንዴት ነህ።"]),
        ("kor_Hang", ["안녕하세요.", "잘 지내요?"]),
        ("ell_Grek", ["Τι κάνεις;", "Καλά."]),
    ],
)
def test_cuts_where_sentences_end(code, expected):
    assert [sentence for sentence, _ in sentences(" ".join(expected), language(code))] == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("cmn_Hans", ["你好。", "你好吗？", "我很好！", "他说：“走吧。”", "然后走了。"]),
        ("jpn_Jpan", ["猫です。", "犬です！", "「行く。」"]),
    ],
)
def test_cuts_without_spaces(code, expected):
    assert sentences("".join(expected), language(code)) == [(sentence, "") for sentence in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\t", [("", " \n\t")]),
        ("  Hi.", [("", "  "), ("Hi.", "")]),
        ("Hi. \r\n\r\n There.\n", [("Hi.", " \r\n\r\n "), ("There.", "\n")]),
        ("One\n\n\nTwo", [("One", "\n\n\n"), ("Two", "")]),
        ("Hi.\u3000There.\xa0X", [("Hi.", "\u3000"), ("There.", "\xa0"), ("X", "")]),
        ("He left. (She stayed.)", [("He left.", " "), ("(She stayed.)", "")]),  # the bracket goes with what it opens
    ],
)
def test_white_space_is_separator(text, expected):
    assert sentences(text, language("eng_Latn")) == expected


def test_what_is_too_long_is_cut_at_the_last_space_else_mark_else_anywhere():
    for text, first in [("a" * 600 + " " + "b" * 600, 600), ("字" * 700 + "，" + "字" * 700, 701), ("x" * 1500, LONGEST)]:
        assert len(sentences(text, language("cmn_Hans"))[0][0]) == first


@pytest.mark.parametrize(
    "text", ["x" * 200_000, "a" + " " * 200_000 + "b", "A. " * 20_000, "(" * 50_000], ids=["word", "spaces", "initials", "brackets"]
)
def test_long_input_takes_no_quadratic_time(text):
    start = time.perf_counter()
    assert "".join(a + b for a, b in sentences(text, language("eng_Latn"))) == text
    assert time.perf_counter() - start < 3  # 0.1 s here; minutes before the search looked at the tail alone


@pytest.mark.parametrize(
    ("text", "target", "expected"),
    [
        ("One.  Two.", "fin_Latn", "<One.> <Two.>"),
        ("One. Two.", "cmn_Hans", "<One.><Two.>"),
        ("One. Two.", "jpn_Jpan", "<One.><Two.>"),
        ("One. Two.", "tha_Thai", "<One.> <Two.>"),  # Thai puts its spaces between sentences
        ("One. Two.", "kor_Hang", "<One.> <Two.>"),
        ("One.\u3000Two.", "fin_Latn", "<One.> <Two.>"),
        ("One.\n\nTwo. Three.", "cmn_Hans", "<One.>\n\n<Two.><Three.>"),  # line breaks are kept
        ("One.\x85Two.\u2028Three.", "cmn_Hans", "<One.>\x85<Two.>\u2028<Three.>"),
        ("  One. Two. \n", "cmn_Hans", "  <One.><Two.> \n"),  # so are both ends
        (" One.", "cmn_Hans", " <One.>"),
    ],
)
def test_translations_are_joined_in_the_way_of_the_target(text, target, expected):
    segments = segment(pl.DataFrame({"text": [text]}), ["text"], language("eng_Latn"))
    marked = segments.with_columns(pl.when(pl.col("text") != "").then("<" + pl.col("text") + ">").otherwise(pl.lit("")).alias("text"))
    assert join(marked, target=language(target))["text"].to_list() == [expected]


def test_chinese_gets_spaces_in_a_language_that_has_them():
    segments = segment(pl.DataFrame({"text": ["你好。走吧。"]}), ["text"], language("cmn_Hans"))
    assert join(segments, target=language("eng_Latn"))["text"].to_list() == ["你好。 走吧。"]


@given(st.lists(st.tuples(st.none() | TEXT, st.none() | TEXT), max_size=6), st.sampled_from([None, "cmn_Hans", "fin_Latn"]))
def test_segments_begin_where_starts_says(rows, target):
    records = pl.DataFrame({"a": [a for a, _ in rows], "b": [b for _, b in rows]}, schema={"a": pl.String, "b": pl.String})
    target = target and language(target)
    segments = segment(records, ["a", "b"], language("eng_Latn")).with_columns(said=pl.col("text").str.to_uppercase() + "ä𝒳")
    fields = {(row, field): text for row, field, text in join(segments, "said", target).iter_rows()}
    for (row, field, said), start in zip(
        segments.select("row", "field", "said").iter_rows(), starts(segments, "said", target), strict=True
    ):
        assert fields[row, field][start : start + len(said)] == said
