"""Fitting and aligning on small corpora whose words are known to go together."""

import random
from pathlib import Path

import numpy as np
import pytest

from schemas.errors import IntegrityError
from schemas.languages import language
from tasks.align import fit as fitting
from tasks.align.statistical import Priors, StatisticalAligner, fit

ENGLISH, FRENCH = language("eng"), language("fra")
NOUNS = {"house": "maison", "book": "livre", "river": "fleuve", "garden": "jardin", "window": "fenêtre", "cheese": "fromage"}
ADJECTIVES = {"old": "vieux", "green": "vert", "small": "petit", "heavy": "lourd", "strange": "étrange"}
VERBS = {"sees": "voit", "buys": "achète", "paints": "peint", "forgets": "oublie"}
NAMES = ["Anna", "Boris", "Chloe", "Dmitri"]


def corpus(rows: int = 150) -> list[tuple[str, str]]:
    """`Anna sees the old house.` and `Anna voit le maison vieux.`: adjectives change sides."""
    rng = random.Random(7)
    pairs = []
    for _ in range(rows):
        name, verb, adjective, noun = (rng.choice(sorted(words)) for words in (NAMES, VERBS, ADJECTIVES, NOUNS))
        pairs.append((f"{name} {verb} the {adjective} {noun}.", f"{name} {VERBS[verb]} le {NOUNS[noun]} {ADJECTIVES[adjective]}."))
    return pairs


@pytest.fixture(scope="module")
def priors() -> Priors:
    return fit(corpus(), ENGLISH, FRENCH)


def best(priors: Priors, source: str, target: str) -> dict[str, str]:
    """For each source word the target word with the heaviest link, if it has one."""
    [found] = StatisticalAligner(priors, ENGLISH, FRENCH).align([(source, target)])
    assert found.weights.shape == (len(found.source), len(found.target))
    assert 0 <= found.weights.min() <= found.weights.max() <= 1
    at = found.weights.argmax(axis=1)
    return {
        source[a:b]: target[slice(*found.target[j])] for (a, b), j, row in zip(found.source, at, found.weights, strict=True) if row[j] > 0.3
    }


def test_words_are_learnt_across_changed_order(priors: Priors) -> None:
    links = best(priors, "Boris paints the green window.", "Boris peint le fenêtre vert.")
    assert links == {"Boris": "Boris", "paints": "peint", "the": "le", "green": "vert", "window": "fenêtre", ".": "."}


@pytest.mark.parametrize(
    ("source", "target", "word", "expected"),
    [
        ("Anna sees the purple house.", "Anna voit le maison violet.", "purple", "violet"),  # what is left over
        ("Zebulon sees the old house.", "Zebulon voit le maison vieux.", "Zebulon", "Zebulon"),  # the same form
        ("Anna buys 1,200 old house.", "Anna achète le maison vieux 1.200.", "1,200", "1.200"),  # the same number
        ("Anna sees.", "Anna voit.", "sees", "voit"),
        ("ANNA SEES THE HOUSES.", "ANNA VOIT LE MAISONS.", "HOUSES", "MAISONS"),  # case and inflection
    ],
)
def test_words_never_seen(priors: Priors, source: str, target: str, word: str, expected: str) -> None:
    assert best(priors, source, target)[word] == expected


def test_without_priors_order_and_form_are_left() -> None:
    links = best(Priors.empty(), "Green tea by Mori costs 12", "Mori hat 12 Tee")
    assert links["Mori"] == "Mori"
    assert links["12"] == "12"


def test_what_has_no_translation_takes_nothing_away(priors: Priors) -> None:
    [found] = StatisticalAligner(priors, ENGLISH, FRENCH).align([("Anna surely sees the old house.", "Anna voit le maison vieux.")])
    assert found.weights[1].max() < 0.1  # surely
    assert [int(row.argmax()) for row in found.weights] == [0, int(found.weights[1].argmax()), 1, 2, 4, 3, 5]


def test_empty_texts_have_no_tokens(priors: Priors) -> None:
    found = StatisticalAligner(priors, ENGLISH, FRENCH).align([("", "Anna"), ("Anna", " "), ("", "")])
    assert [(len(one.source), len(one.target), one.weights.shape) for one in found] == [(0, 1, (0, 1)), (1, 0, (1, 0)), (0, 0, (0, 0))]
    assert StatisticalAligner(priors, ENGLISH, FRENCH).align([]) == []


def test_priors_do_not_depend_on_the_order_of_the_pairs(priors: Priors) -> None:
    shuffled = corpus() + corpus()[:40]  # what comes twice counts once
    random.Random(3).shuffle(shuffled)
    assert fit(shuffled, ENGLISH, FRENCH).digest == priors.digest


def test_at_most_so_many_pairs_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "PAIRS", 20)
    some = fit(corpus(), ENGLISH, FRENCH)
    assert some.digest == fit(reversed(corpus()), ENGLISH, FRENCH).digest
    names = [
        links
        for source, target, links in zip(some.source, some.target, some.links, strict=True)
        if source in {"anna", "bori", "chlo", "dmit"}
    ]
    assert sum(names) <= 20


def test_an_alignment_does_not_depend_on_its_company(priors: Priors) -> None:
    pairs = [*corpus(60), ("Anna " * 30, "Anna " * 25), ("a", "b c d")]
    aligner = StatisticalAligner(priors, ENGLISH, FRENCH)
    together = aligner.align(pairs)
    for pair, one in zip(pairs, together, strict=True):
        [alone] = aligner.align([pair])
        assert alone.weights.tobytes() == one.weights.tobytes()


def test_texts_without_end(priors: Priors) -> None:
    [found] = StatisticalAligner(priors, ENGLISH, FRENCH).align([("Anna sees " * 700, "Anna voit")])
    assert found.weights.shape == (1400, 2)
    assert not found.weights[1000:].any()


@pytest.mark.parametrize("pairs", [[], [("", "")], [("word", "")], [("word " * 1000, "mot " * 1000)]])
def test_nothing_to_learn_from(pairs: list[tuple[str, str]]) -> None:
    assert fit(pairs, ENGLISH, FRENCH).digest == Priors.empty().digest


def test_priors_come_back_as_they_were(priors: Priors, tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "priors.parquet", tmp_path / "b.parquet"
    priors.save(first)
    again = Priors.load(first)
    assert again.digest == priors.digest
    again.save(second)
    assert first.read_bytes() == second.read_bytes()
    np.testing.assert_array_equal(again.links, priors.links)
    Priors.empty().save(second)
    assert Priors.load(second).digest == Priors.empty().digest != priors.digest


def test_what_is_no_priors_is_refused(priors: Priors, tmp_path: Path) -> None:
    path = tmp_path / "priors.parquet"
    path.write_bytes(b"PAR1 but not really")
    with pytest.raises(IntegrityError, match=r"holds no priors.*refit: true"):
        Priors.load(path)
    with pytest.raises(IntegrityError, match="holds no priors"):
        Priors.load(tmp_path / "absent.parquet")
    import pyarrow.parquet as pq

    priors.save(path)
    table = pq.read_table(path)
    pq.write_table(table.slice(1), path)
    with pytest.raises(IntegrityError, match="is not as it was written"):
        Priors.load(path)
