"""The demo model was trained to show its alignment: the grammar tells whether it does, whatever the batch and the tokens."""

import random
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.demo.grammar import SOURCE, TARGETS
from data.demo.score import DemoModel, held_out_productions
from schemas.errors import EngineError, RecipeError
from schemas.languages import language
from schemas.recipe import CTranslate2, Echo
from tasks.align import Alignment
from tasks.align.attention import AttentionAligner, words
from tasks.translate import Machine, translator

ENGLISH, ROMANIAN, CHINESE, FINNISH = (language(code) for code in ("eng_Latn", "ron_Latn", "cmn_Hans", "fin_Latn"))


@pytest.fixture(scope="module")
def engine():
    return translator(CTranslate2(into=TARGETS), Machine("cpu"))


@pytest.fixture(scope="module")
def productions():
    return held_out_productions(60)


def pairs_of(productions, code):
    return [(production.text[SOURCE], production.text[code]) for production in productions]


def linked(alignment, pair):
    """Each target token, and the source token that it is linked to most."""
    best = alignment.weights.argmax(axis=0)
    return {pair[1][slice(*place)]: pair[0][slice(*alignment.source[i])] for i, place in zip(best, alignment.target, strict=True)}


def overlap(one, other):
    return one[0] < other[1] and other[0] < one[1]


@pytest.mark.parametrize("code", TARGETS)
def test_words_link_within_their_slot(engine, productions, code):
    alignments = AttentionAligner(engine, ENGLISH, language(code)).align(pairs_of(productions, code))
    right = [
        any(overlap(place, theirs) and overlap(alignment.source[best], ours) for ours, theirs in links)
        for production, alignment in zip(productions, alignments, strict=True)
        for links in [[(x, y) for slot in production.slots for x in slot.spans[SOURCE] for y in slot.spans.get(code, ())]]
        for place, best in zip(alignment.target, alignment.weights.argmax(axis=0), strict=True)
    ]
    assert len(right) > 500
    assert sum(right) / len(right) >= 0.98  # 100 % of 10,413 tokens of 300 productions


def test_weights_are_shares_over_the_tokens_of_the_source(engine, productions):
    for alignment in AttentionAligner(engine, ENGLISH, ROMANIAN).align(pairs_of(productions, "ron_Latn")):
        assert alignment.weights.dtype == np.float32
        assert alignment.weights.shape == (len(alignment.source), len(alignment.target))
        assert (alignment.weights >= 0).all()
        assert alignment.weights.sum(axis=0) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(
    ("pair", "language", "expected"),
    [
        # spaces that sentencepiece takes away
        (
            ("  Adele will sing  in Malmö on Friday. ", "Adele va cânta \u3000 vineri la  Malmö."),
            ROMANIAN,
            {"Adele": "Adele", "Malmö": "Malmö"},
        ),
        # every digit is a piece, a number one token
        (("Berlin hospital to hire 1,615 nurses", "Un spital din Berlin va angaja 1.615 asistenți medicali"), ROMANIAN, {"1.615": "1,615"}),
        # pieces of Chinese are cut otherwise than its tokens
        (
            ("Real Madrid beat Arsenal 3-2 in Istanbul on Friday.", "皇家马德里周五在伊斯坦布尔以3比2击败阿森纳。"),
            CHINESE,
            {"3": "3", "2": "2", "伊": "Istanbul", "尔": "Istanbul", "森": "Arsenal"},
        ),
        # characters that the model has never seen are bytes to it
        (("Adele ☃ will sing in Malmö on Friday.", "Adele 😀 va cânta vineri la Malmö."), ROMANIAN, {"Adele": "Adele", "Malmö": "Malmö"}),
    ],
)
def test_places_are_those_of_the_text_as_it_stands(engine, pair, language, expected):
    [alignment] = AttentionAligner(engine, ENGLISH, language).align([pair])
    found = linked(alignment, pair)
    assert {word: found.get(word) for word in expected} == expected


@pytest.mark.parametrize(
    "pair",
    [
        ("", "Paris."),
        ("Paris.", ""),
        ("", ""),
        (" \n", "Paris."),
        ("Paris. " * 200, "Paris."),
        ("Paris.", "Paris. " * 200),
    ],
)
def test_without_text_or_beyond_the_limit_nothing_links_and_the_others_do(engine, pair):
    plain = ("Adele will sing in Malmö on Friday.", "Adele va cânta vineri la Malmö.")
    before, found, after = AttentionAligner(engine, ENGLISH, ROMANIAN).align([plain, pair, plain])
    assert found.weights.shape == (len(found.source), len(found.target))
    assert not found.weights.any()
    assert linked(before, plain)["vineri"] == linked(after, plain)["vineri"] == "Friday"


@pytest.mark.parametrize(
    ("source", "target", "links"),
    [(254, 1, True), (255, 1, False), (1, 255, True), (1, 256, False)],  # 256 positions, less the language tokens and </s>
)
def test_the_limit_is_that_of_the_model(engine, source, target, links):
    [found] = AttentionAligner(engine, ENGLISH, ROMANIAN).align([("Paris " * source, "Paris " * target)])
    assert found.weights.any() == links


@pytest.mark.parametrize("code", TARGETS)
def test_a_translation_that_is_given_shows_what_the_search_saw(engine, productions, code):
    """The attention of forced decoding is that of the beam search, but for what padding does to an int8 model."""
    texts, model = [production.text[SOURCE] for production in productions], DemoModel()
    searched = model.results(texts, code)
    pairs = list(zip(texts, [model.processor.decode(result.hypotheses[0][1:]) for result in searched], strict=True))
    compared = 0
    for (_, target), result, forced in zip(pairs, searched, engine.attention(pairs, ENGLISH, language(code)), strict=True):
        if result.hypotheses[0][1:] == model.processor.encode(target, out_type=str):  # else the same text, cut otherwise
            seen = np.array(result.attention[0])[1:, 1:-1].T  # without the language tokens and </s>
            assert forced.weights == pytest.approx(seen / seen.sum(axis=0), abs=0.01)
            compared += 1
    assert compared > len(pairs) / 2


def test_no_pairs_no_alignments(engine):
    assert AttentionAligner(engine, ENGLISH, ROMANIAN).align([]) == []


def test_attention_depends_on_neither_batch_nor_order_nor_threads(engine, productions):
    """Not a bit of it: before rounding."""
    pairs = pairs_of(productions, "cmn_Hans")

    def attention(some):
        return [alignment.weights.tobytes() for alignment in engine.attention(some, ENGLISH, CHINESE)]

    together = attention(pairs)
    order = random.Random(1).sample(range(len(pairs)), len(pairs))
    assert attention([pairs[i] for i in order]) == [together[i] for i in order]
    with ThreadPoolExecutor(3) as pool:
        assert [found for [found] in pool.map(lambda pair: attention([pair]), pairs)] == together


def test_a_language_the_model_lacks_is_told_at_once(engine):
    with pytest.raises(EngineError, match=r"model 'demo' has no fin_Latn \(Finnish\); it has cmn_Hans, "):
        AttentionAligner(engine, ENGLISH, FINNISH)


def test_an_engine_without_attention_names_the_aligner_to_use():
    with pytest.raises(RecipeError, match=r"^project\.aligner: attention .* echo .*aligner: statistical"):
        AttentionAligner(translator(Echo(engine="echo", into=("ron_Latn",))), ENGLISH, ROMANIAN)


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ([(0, 4)], [(0, 4)], [[0.65]]),  # sum over source pieces, mean over target pieces
        ([(0, 2), (2, 4)], [(0, 4)], [[0.4], [0.25]]),
        ([(0, 4)], [(0, 2), (2, 4)], [[0.9, 0.4]]),
        ([(0, 1), (1, 2), (2, 4)], [(0, 4)], [[0.4], [0.4], [0.25]]),  # a piece of two tokens belongs to both
        ([(0, 4), (5, 6)], [(0, 4)], [[0.65], [0.0]]),  # a token that no piece covers
        ([], [(0, 4)], np.zeros((0, 1))),
    ],
)
def test_pieces_become_tokens(source, target, expected):
    pieces = Alignment([(0, 2), (2, 4)], [(0, 2), (2, 4)], np.array([[0.6, 0.2], [0.3, 0.2]], np.float32))
    assert words(pieces, source, target).weights == pytest.approx(np.array(expected, np.float32))


cuts = st.lists(st.integers(0, 30), min_size=2, max_size=12, unique=True).map(sorted)
bounds = cuts.map(lambda cut: list(pairwise(cut)))


@given(bounds, bounds, bounds, bounds, st.integers(0, 99))
def test_a_token_gets_what_its_pieces_get(ours, theirs, source, target, seed):
    """The searches and running sums give what one would sum by hand."""
    weights = np.random.default_rng(seed).random((len(ours), len(theirs))).astype(np.float32)
    weights /= weights.sum(axis=0)
    found = words(Alignment(ours, theirs, weights), source, target).weights
    for i, place in enumerate(source):
        rows = [k for k, piece in enumerate(ours) if overlap(piece, place)]
        for j, other in enumerate(target):
            columns = [k for k, piece in enumerate(theirs) if overlap(piece, other)]
            by_hand = np.mean([weights[rows, k].sum() for k in columns]) if columns else 0
            assert found[i, j] == pytest.approx(by_hand, abs=6e-4)
