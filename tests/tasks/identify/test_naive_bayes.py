"""The same answers as py3langid's own, text by text."""

import numpy as np
import pytest

from schemas.languages import language, languages
from tasks.identify.naive_bayes import Automaton, log_posteriors
from tasks.identify.py3langid_backend import Py3langid

# Two n-grams over bytes: "a" (number 0) and "ab" (number 1). States: 0 start, 1 after an a, 2 after ab.
MOVES = np.zeros((2, 256), np.uint32)
MOVES[:, ord("a")] = 1
MOVES[1, ord("b")] = 2
TINY = Automaton(MOVES.ravel(), np.array([0, 1, 0]), np.array([-1, 0, 1]))
WEIGHTS = np.array([[1.0, 2.0], [10.0, 20.0]], np.float16)
PRIOR = np.array([0.5, 0.0], np.float32)


@pytest.mark.parametrize(
    ("text", "counts"),
    [(b"a", (1, 0)), (b"ab", (1, 1)), (b"aaxab", (3, 1)), (b"abab", (2, 2)), (b"ba", (1, 0)), (b"xyz", None), (b"", None)],
)
def test_sums_over_ngrams(text, counts):
    [found] = log_posteriors([text], TINY, WEIGHTS, PRIOR)
    if counts is None:
        assert np.isnan(found).all()
    else:
        assert found == pytest.approx(PRIOR + np.log1p(counts) @ WEIGHTS)


def test_a_text_has_the_same_sums_among_others():
    texts = [b"ab" * (i % 37) + b"a" * (i % 5) for i in range(600)]
    together = log_posteriors(texts, TINY, WEIGHTS, PRIOR)
    alone = np.concatenate([log_posteriors([text], TINY, WEIGHTS, PRIOR) for text in texts])
    np.testing.assert_array_equal(together, alone)


def test_no_texts():
    assert log_posteriors([], TINY, WEIGHTS, PRIOR).shape == (0, 2)


TEXTS = [
    "The prime minister said on Monday that the plan was good.",
    "ROYAL FAMILY SHOPS FOR SLIPPERS",
    "Pääministeri sanoi maanantaina, että suunnitelma oli hyvä.",
    "Premijer je rekao da je plan dobar.",
    "Премьер-министр заявил в понедельник, что план хороший.",
    "总理星期一说这个计划很好。",
    "Koira " * 200,
]


@pytest.fixture(scope="module")
def ours():
    return Py3langid()


@pytest.fixture(scope="module")
def theirs():
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@pytest.mark.parametrize("codes", [None, ("fin_Latn", "eng_Latn"), ("srp_Latn", "hrv_Latn", "eng_Latn", "rus_Cyrl")])
def test_it_says_what_the_library_says(ours, theirs, codes):
    candidates = [entry for entry in languages() if ours.supports(entry)] if codes is None else [language(code) for code in codes]
    labels = {ours._label(entry): entry.code for entry in candidates}
    theirs.set_languages(labels)
    for (code, score), (label, probability) in zip(ours.classify(TEXTS, candidates), map(theirs.classify, TEXTS), strict=True):
        assert code == labels[label]
        assert score == pytest.approx(probability, abs=2e-4)


def test_digits_are_no_language(ours):
    everywhere = [entry for entry in languages() if ours.supports(entry)]
    assert ours.classify(["12", ""], everywhere) == [(None, None)] * 2
