"""Spans along alignments written by hand: which target tokens a source token is linked to, and how surely."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.languages import language
from schemas.spans import Span
from tasks.align import Alignment
from tasks.project import Piece, project
from tasks.tokens import tokens

ENGLISH = language("eng")
Links = dict[tuple[int, int], float]


def aligned(source: str, target: str, links: Links) -> Alignment:
    ours, theirs = tokens(source, ENGLISH), tokens(target, ENGLISH)
    weights = np.zeros((len(ours), len(theirs)), np.float32)
    for at, weight in links.items():
        weights[at] = weight
    return Alignment(ours, theirs, weights)


def placed(source: str, target: str, links: Links, *surfaces: str) -> list[tuple[str | None, str | None]]:
    """For each surface form, looked for from left to right in the source, its place in the target and why it has none."""
    spans, at = [], 0
    for group, surface in enumerate(surfaces):
        start = source.find(surface, at)
        start = source.find(surface) if start < 0 else start
        spans.append(Span(start, start + len(surface), "X", group=group))
        at = start
    found = project(spans, [Piece(0, source, 0, target)], [aligned(source, target, links)], "statistical")
    return [(one.span and one.span.of(target), one.reason) for one in found]


@pytest.mark.parametrize(
    ("source", "target", "links", "expected"),
    [
        ("the old house", "das alte haus", {(0, 0): 1, (1, 1): 1, (2, 2): 1}, "alte haus"),
        ("the old house", "la casa de antes", {(0, 0): 1, (1, 3): 0.9, (2, 1): 0.9}, "casa de antes"),  # a gap is bridged
        ("the old house", "casa la antes ya", {(0, 1): 1, (1, 3): 0.1, (2, 0): 0.9}, "casa"),  # not over another word, for a weak link
        ("the old house", "(haus), alte.", {(1, 4): 1, (2, 1): 1, (1, 5): 0.3, (2, 0): 0.2}, "haus), alte"),  # no punctuation at the edges
        ("the old house", "das alte haus", {(0, 0): 1}, None),
        ("the old house", "das alte haus", {(1, 1): 0.01}, None),  # next to nothing
        ("the old house", "...", {(1, 1): 1, (2, 1): 1}, None),  # only punctuation
    ],
)
def test_the_run_that_holds_the_links(source: str, target: str, links: Links, expected: str | None) -> None:
    assert placed(source, target, links, "old house") == [(expected, None if expected else "no link")]


def test_punctuation_of_the_span_goes_along() -> None:
    links = {(0, 0): 1.0, (1, 1): 1.0, (2, 2): 1.0}
    assert placed("Ho ho !", "Hi hi !", links, "ho !", "ho") == [("hi !", None), ("hi", None)]


@pytest.mark.parametrize(
    ("source", "target", "links", "surface", "expected", "method"),
    [
        ("from Nokia today", "heute von Nokia", {(1, 1): 0.4}, "Nokia", "Nokia", "copy"),
        ("the pie", "el pie", {(0, 0): 1, (1, 1): 1}, "pie", "pie", "statistical"),  # linked there anyway, and surer
        ("Nokia and Nokia", "Nokia ja se", {(0, 0): 0.5}, "Nokia", "Nokia", "statistical"),  # not as often
        ("a Norwegian", "a Norwegiano", {(1, 1): 0.5}, "Norwegian", "Norwegiano", "statistical"),  # no whole word
        ("no way", "ei no", {(0, 0): 0.95}, "no", "ei", "statistical"),  # less sure than the link
    ],
)
def test_what_stands_unchanged_is_a_copy(source: str, target: str, links: Links, surface: str, expected: str, method: str) -> None:
    start = source.find(surface)
    span = Span(start, start + len(surface), "X", "Q1", 5)
    [found] = project([span], [Piece(0, source, 0, target)], [aligned(source, target, links)], "statistical")
    assert found.span is not None
    assert (found.span.of(target), found.method) == (expected, method)
    assert (found.span.label, found.span.reference, found.span.group, found.status) == ("X", "Q1", 5, "projected")
    assert found.score is not None
    assert 0 < found.score <= 1


def test_two_spans_do_not_land_on_one_place() -> None:
    links = {(0, 0): 1.0, (2, 0): 0.6}
    assert placed("Meg or Jo", "Margaret oder", links, "Meg", "Jo") == [("Margaret", None), (None, "taken")]
    links[2, 1] = 0.3  # the next best
    assert placed("Meg or Jo", "Margaret Josephine", links, "Meg", "Jo") == [("Margaret", None), ("Josephine", None)]


def test_nested_and_overlapping_spans_share_words() -> None:
    links = {(i, i): 1.0 for i in range(4)}
    source, target = "University of New York", "Universitas von Neu Jork"
    assert placed(source, target, links, "University of New York", "New York", "York", "University of New") == [
        ("Universitas von Neu Jork", None),
        ("Neu Jork", None),
        ("Jork", None),
        ("Universitas von Neu", None),
    ]
    assert placed(source, target, links, "New York", "New York") == [("Neu Jork", None)] * 2  # one place, two labels


def test_sentences_of_a_field() -> None:
    texts = [("One two.", "Yks kaks."), ("Three four.", ""), ("Five.", "Viis.")]
    pieces = [Piece(1, *_both(texts[0], 4)), Piece(11, *_both(texts[1], 14)), Piece(23, *_both(texts[2], 15))]
    source = " One two.  Three four. Five."
    target = "    Yks kaks.  Viis."
    alignments = [aligned(a, b, {(i, i): 1.0 for i in range(min(len(a.split()), len(b.split())))}) for a, b in texts]
    wanted = ["two", "two.  Three", "Three", "Five", "  ", ".  "]
    spans = [Span(source.find(surface), source.find(surface) + len(surface)) for surface in wanted]
    found = project(spans, pieces, alignments, "statistical")
    assert [(one.span and one.span.of(target), one.reason) for one in found] == [
        ("kaks", None),
        (None, "crosses sentences"),
        (None, "empty translation"),
        ("Viis", None),
        (None, "no text"),
        (".", None),  # what is asked for
    ]


def _both(pair: tuple[str, str], at: int) -> tuple[str, int, str]:
    return pair[0], at, pair[1]


WORDS = st.lists(st.sampled_from(["a", "bb", "Ccc", ",", "1.5"]), max_size=8).map(" ".join)


@given(st.data(), st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=3))
def test_every_span_is_answered_within_its_sentence(data: st.DataObject, texts: list[tuple[str, str]]) -> None:
    pieces, alignments, at, begin = [], [], 0, 0
    for source, target in texts:
        shape = len(tokens(source, ENGLISH)), len(tokens(target, ENGLISH))
        weights = np.array(
            data.draw(st.lists(st.sampled_from([0, 0.04, 0.5, 1]), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]))
        )
        alignments.append(Alignment(tokens(source, ENGLISH), tokens(target, ENGLISH), weights.reshape(shape).astype(np.float32)))
        pieces.append(Piece(at, source, begin, target))
        at, begin = at + len(source) + 1, begin + len(target) + 2
    bounds = st.tuples(st.integers(0, at), st.integers(0, at)).filter(lambda two: two[0] < two[1])
    spans = [Span(a, b, group=i) for i, (a, b) in enumerate(data.draw(st.lists(bounds, max_size=6)))]
    found = project(spans, pieces, alignments, "m")
    assert len(found) == len(spans)
    for span, one in zip(spans, found, strict=True):
        if one.span is None:
            assert one.reason
            assert (one.score, one.method, one.status) == (None, None, "dropped")
            continue
        assert (one.span.group, one.reason) == (span.group, None)
        assert one.score is not None
        assert 0 < one.score <= 1
        assert one.span.start < one.span.end
        [home] = [p for p in pieces if p.source_start < span.end and span.start < p.source_start + len(p.source)]
        assert home.target_start <= one.span.start < one.span.end <= home.target_start + len(home.target)
    apart = [(a, b) for i, a in enumerate(spans) for b in spans[i + 1 :] if a.end <= b.start or b.end <= a.start]
    places = {span.group: one.span for span, one in zip(spans, found, strict=True)}
    for a, b in apart:
        x, y = places[a.group], places[b.group]
        assert x is None or y is None or x.end <= y.start or y.end <= x.start


def test_thousands_of_spans_in_one_row() -> None:
    text = " ".join(f"w{i}" for i in range(1000))
    alignment = aligned(text, text.upper(), {(i, i): 0.9 for i in range(1000)} | {(i, (i * 7) % 1000): 0.3 for i in range(1000)})
    spans = [Span(*bounds, group=k) for k, bounds in enumerate(tokens(text, ENGLISH) * 5)]
    since = time.monotonic()
    found = project(spans, [Piece(0, text, 0, text.upper())], [alignment], "m")
    assert [one.span and one.span.of(text.upper()) for one in found] == [span.of(text).upper() for span in spans]
    assert time.monotonic() - since < 20  # 1 s on a quiet machine
