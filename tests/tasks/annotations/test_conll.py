import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import SourceError
from schemas.languages import language
from schemas.spans import Span
from tasks.annotations.conll import (
    Scheme,
    decode,
    dumps,
    encode,
    joined,
    recoded,
    repaired,
    retagged,
    scheme_of,
    sentences,
    tagged,
)
from tasks.tokens import tokens

SCHEMES = get_args(Scheme)


def parsed(content):
    return list(sentences((i, line, None) for i, line in enumerate(content.split("\n"), 1)))


def spans_of(tags):
    spans = decode(tags, [(i, i + 1) for i in range(len(tags))])
    return [(span.start, span.end, span.label) for span in spans]


# expected as conlleval.pl (CoNLL-2003) counts chunks
@pytest.mark.parametrize(
    ("tags", "spans", "repairs"),
    [
        ("O O", [], {"BIO": 0, "BIOES": 0, "IOB1": 0}),
        ("B-PER I-PER O B-LOC", [(0, 2, "PER"), (3, 4, "LOC")], {"BIO": 0, "BIOES": 2, "IOB1": 2}),
        ("B-PER E-PER O S-LOC", [(0, 2, "PER"), (3, 4, "LOC")], {"BIO": 2, "BIOES": 0, "BILOU": 2}),
        ("B-PER L-PER O U-LOC", [(0, 2, "PER"), (3, 4, "LOC")], {"BILOU": 0}),
        ("I-PER I-PER B-PER O", [(0, 2, "PER"), (2, 3, "PER")], {"BIO": 1, "IOB1": 0}),
        ("B-PER B-PER", [(0, 1, "PER"), (1, 2, "PER")], {"BIO": 0}),
        # invalid sequences
        ("O I-PER I-PER", [(1, 3, "PER")], {"BIO": 1}),
        ("B-PER I-LOC", [(0, 1, "PER"), (1, 2, "LOC")], {"BIO": 1}),
        ("E-PER E-PER", [(0, 1, "PER"), (1, 2, "PER")], {"BIOES": 2}),
        ("S-PER I-PER", [(0, 1, "PER"), (1, 2, "PER")], {"BIOES": 1}),
        ("B-PER I-PER", [(0, 2, "PER")], {"BIOES": 1}),  # never ended
        ("B I O", [(0, 2, "")], {"BIO": 0}),  # no label
        ("B-a-b I-a-b", [(0, 2, "a-b")], {"BIO": 0}),
    ],
)
def test_tags_say_spans_and_what_cannot_go_on_begins(tags, spans, repairs):
    assert spans_of(tags.split()) == spans
    assert {scheme: repaired(tags.split(), scheme) for scheme in repairs} == repairs


@pytest.mark.parametrize(
    ("files", "scheme"),
    [
        (["O O"], "BIO"),  # none can be told
        (["B-A I-A O", "O B-A"], "BIO"),
        (["B-A I-A O", "O I-A"], "BIO"),  # one repair
        (["I-A I-A O", "O I-A B-A"], "IOB1"),
        (["B-A E-A", "S-A"], "BIOES"),
        (["B-A I-A L-A", "U-A"], "BILOU"),
    ],
)
def test_the_scheme_of_a_file_is_the_one_with_the_fewest_repairs(files, scheme):
    assert scheme_of([tags.split() for tags in files]) == scheme


FIVE = [(0, 2), (3, 5), (6, 8), (8, 9), (10, 12)]  # "We saw": the fourth token stands right after the third


@pytest.mark.parametrize(
    ("spans", "tags", "left_out"),
    [
        ([(0, 5, "A")], "B-A I-A O O O", []),
        ([(0, 1, "A")], "B-A O O O O", []),  # half a token is the token
        ([(4, 7, "A")], "O B-A I-A O O", []),
        ([(6, 8, "A"), (8, 9, "A")], "O O B-A B-A O", []),
        ([(3, 5, "A"), (0, 8, "B")], "B-B I-B I-B O O", [0]),  # nested: the longer stays
        ([(0, 5, "A"), (3, 8, "B")], "B-A I-A O O O", [1]),  # of the same length the first
        ([(5, 6, "A")], "O O O O O", [0]),  # the space between two tokens
        ([(20, 30, "A")], "O O O O O", [0]),
        ([], "O O O O O", []),
    ],
)
def test_spans_become_tags_and_what_tags_cannot_say_is_named(spans, tags, left_out):
    spans = [Span(*span) for span in spans]
    encoded = encode(spans, FIVE)
    assert (" ".join(encoded.tags), encoded.left_out) == (tags, [spans[i] for i in left_out])


TAGS = st.lists(st.sampled_from(["O", *(f"{letter}-{label}" for letter in "BIESLU" for label in "AB")]), min_size=1, max_size=9)


@given(TAGS, st.sampled_from(SCHEMES))
def test_any_tags_to_spans_to_tags_to_the_same_spans(tags, scheme):
    again = recoded(tags, scheme)
    assert spans_of(again) == spans_of(tags)
    assert repaired(again, scheme) == 0
    assert scheme_of([again]) in SCHEMES[: SCHEMES.index(scheme) + 1]  # itself, or one that says the same in the same letters


WORD = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=4) | st.sampled_from(["#", "-", "="])
CORPUS = st.lists(st.lists(st.tuples(WORD, st.sampled_from(["O", "B-A", "I-A", "I-B", "E-A"])), min_size=1, max_size=6), max_size=5)


@given(CORPUS, st.sampled_from(SCHEMES), st.sampled_from(["\t", " "]))
def test_conll_to_spans_to_conll(corpus, scheme, separator):
    content = dumps([([word for word, _ in each], recoded([tag for _, tag in each], scheme)) for each in corpus], separator)
    again = []
    for sentence in parsed(content):
        assert sentence.fault is None
        text, bounds = joined(sentence.tokens)
        encoded = encode(decode(sentence.tags, bounds), bounds, scheme)
        again.append(([text[start:end] for start, end in bounds], encoded.tags))
    assert dumps(again, separator) == content


FILE = """-DOCSTART- -X- O O

# id = 7
EU NNP B-ORG
rejects  VBZ O
German JJ B-MISC\r
call NN E

U.N. NNP I-ORG
# NN O
"""


def test_only_the_tags_of_a_file_change():
    changed = retagged(FILE, lambda sentence: recoded(sentence.tags, "BIOES"))
    assert changed == FILE.replace("B-ORG", "S-ORG").replace("B-MISC", "S-MISC").replace(" E\n", " S\n").replace("I-ORG", "S-ORG")
    assert retagged(FILE, lambda sentence: sentence.tags) == FILE
    tabs = "a\t\tx y\tB-A\nb\t\t\tO\n"
    assert retagged(tabs, lambda sentence: recoded(sentence.tags, "BIOES")) == tabs.replace("B-A", "S-A")


@pytest.mark.parametrize("word", ["a\tb", "a\nb", ""])
def test_what_would_add_a_column_is_refused(word):
    with pytest.raises(SourceError, match="cannot stand in a column"):
        dumps([([word], ["O"])])
    with pytest.raises(SourceError, match="cannot stand in a column"):
        dumps([(["a"], ["B-" + word if word else ""])])


@pytest.mark.parametrize("target", ["cmn_Hans", "tha_Thai", "arb_Arab", "hin_Deva"])
def test_spans_of_real_text_to_conll_and_back(shared, target):
    """Answers of XQuAD in four scripts, without those that share a token with another."""
    lines = (shared / f"data/projection/xquad_eng_{target[:3]}.jsonl").read_text("utf-8").splitlines()
    corpus = []
    for row in map(json.loads, lines):
        text, spans = row["target"], [Span(g["start"], g["end"], g["label"]) for g in row["gold"] if g["end"] > g["start"]]
        words, encoded = tagged(text, spans, lambda text: tokens(text, language(target)), "BIOES")
        assert len(encoded.left_out) < len(spans) or not spans
        corpus.append((words, encoded.tags))
    content = dumps(corpus)
    assert len(content) > 100_000
    again = []
    for sentence in parsed(content):
        text, bounds = joined(sentence.tokens)
        again.append((sentence.tokens, encode(decode(sentence.tags, bounds), bounds, "BIOES").tags))
    assert dumps(again) == content
    assert scheme_of(tags for _, tags in again) == "BIOES"
