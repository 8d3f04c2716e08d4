"""Texts of others stay text, as the Hub's dialect of Markdown reads them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tasks.markdown import bibtex, cell, code, plain, tidy

HUB = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
NASTY = st.text(st.sampled_from("ab `*_[]()!<>&|\\~#$-:/@\"'{}\n\t\r\u2028\u202e\x00é中") | st.characters(), max_size=40)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("two\n lines", "two lines"),
        ("a|b", "a\\|b"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("a\\|b", "a\\\\\\|b"),
        ("[x](y)", "\\[x\\](y)"),
        ("https://e.org www.e.org a@e.org", "https:\u2060//e.org www\u2060.e.org a@\u2060e.org"),  # else links by themselves
        ("\u202egnp.exe\u202c", "gnp.exe"),  # no other direction of writing
        ("नमस्\u200dते \u200c", "नमस्\u200dते \u200c"),  # but the joiners of Indic and Persian
        (5, "5"),
    ],
)
def test_plain(text, expected):
    assert plain(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "`plain`"),
        ("a`b", "``a`b``"),
        ("`a", "`` `a ``"),
        ("``", "``` `` ```"),
        ("two\nlines", "`two lines`"),
        ("<b>", "`<b>`"),
        ("a|b", "`a|b`"),
        ("", "`  `"),
    ],
)
def test_code(text, expected):
    assert code(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("a|b\\|c", "`a\\|b\\\\|c`"), ("", ""), (" \n", ""), ("x" * 201, f"`{'x' * 199}…`")])
def test_cell(text, expected):
    assert cell(text) == expected


@given(NASTY)
def test_what_is_shown_is_the_text_and_nothing_else(text):
    words = [token for token in HUB.parse(f"x {plain(text)} x")[1].children if token.type not in ("text", "text_special")]
    assert words == []
    shown = "".join(token.content for token in HUB.parse(f"x {plain(text)} x")[1].children)
    assert shown.replace("\u2060", "").split() == f"x {tidy(text)} x".split()
    spans = [token for token in HUB.parse(f"x {code(text)} x")[1].children if token.type != "text"]
    assert [(span.type, span.content) for span in spans] == [("code_inline", tidy(text) or "  ")]
    table = HUB.parse(f"| a | b |\n|---|---|\n| {plain(text)} | {cell(text)} |\n")
    assert [token.type for token in table].count("td_open") == 2
    found = [token for token in table if token.type == "inline"][-1].children
    assert [(token.type, token.content) for token in found] == ([("code_inline", tidy(text))] if tidy(text) else [])


@given(NASTY)
def test_one_line_without_what_is_not_seen(text):
    line = tidy(text)
    assert line == tidy(line)
    assert len(line.splitlines()) <= 1
    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co") or c in "\u200c\u200d" for c in line)


@pytest.mark.parametrize(
    ("text", "expected"), [("a & b {c} 5%", "a \\& b \\{c\\} 5\\%"), ("```\n}", "''' \\}"), ("\\input{x}", "/input\\{x\\}")]
)
def test_bibtex(text, expected):
    assert bibtex(text) == expected
