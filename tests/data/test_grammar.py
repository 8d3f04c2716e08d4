import json
import random
import re
import unicodedata
from collections import Counter

import pytest

from data.demo import corpus
from data.demo.grammar import LANGUAGES, SOURCE, TARGETS, build, choose, held_out, number_row, patterns, sample_sentence
from data.demo.score import DemoModel, held_out_productions, score

SCRIPTS = {"ron_Latn": "LATIN", "hin_Deva": "DEVANAGARI", "cmn_Hans": "CJK"}
KEYS = ["Label", "Type", "WikidataId", "Confidence", "OccurrenceOffsets", "SurfaceForms"]


@pytest.fixture(scope="module")
def sampled():
    rng = random.Random(1)
    return [build(pattern, choose(pattern, rng)) for pattern in patterns() for _ in range(12)]


@pytest.fixture(scope="module")
def model():
    return DemoModel()


@pytest.fixture(scope="module")
def news_rows():
    return [line.split("\t") for line in (corpus.FOLDER / "news.tsv").read_text(encoding="utf-8").splitlines()]


def by_pattern(name, **wanted):
    """A production of pattern `name` whose slots have these English words."""
    pattern = next(p for p in patterns() if p.id == name)
    rng = random.Random(0)
    while True:
        chosen = choose(pattern, rng)
        if all(chosen[slot][SOURCE] == word for slot, word in wanted.items()):
            return build(pattern, chosen)


@pytest.mark.parametrize(
    ("pattern", "wanted", "language", "expected"),
    [
        ("goals", {"n": "19"}, "ron_Latn", " 19 goluri "),
        ("goals", {"n": "20"}, "ron_Latn", " 20 de goluri "),
        ("mayor", {"person": "Zoë Lefèvre", "city": "Paris"}, "ron_Latn", "Zoë Lefèvre, aleasă primar al orașului Paris"),
        ("mayor", {"person": "Zoë Lefèvre", "city": "Paris"}, "hin_Deva", "ज़ोई लेफ़ेव्र पेरिस की मेयर चुनी गईं"),
        ("mayor", {"person": "David Okafor", "city": "Paris"}, "hin_Deva", "डेविड ओकाफ़ोर पेरिस के मेयर चुने गए"),
        ("price", {"food": "olive oil"}, "ron_Latn", "Prețul uleiului de măsline "),
        ("price", {"food": "olive oil"}, "hin_Deva", " जैतून के तेल की कीमत "),
        ("good_for", {"food": "olive oil"}, "hin_Deva", " जैतून का तेल "),
        ("unveils", {"product": "camera", "quality": "new"}, "ron_Latn", " o cameră foto nouă"),
        ("unveils", {"product": "camera", "quality": "new"}, "hin_Deva", " एक नया कैमरा पेश किया"),
        ("unveils", {"product": "battery", "quality": "new"}, "hin_Deva", " एक नई बैटरी पेश की"),
        ("building", {"building": "hospital", "size": "new"}, "cmn_Hans", "一家新医院将于"),
    ],
)
def test_words_agree(pattern, wanted, language, expected):
    assert expected in by_pattern(pattern, **wanted).text[language]


@pytest.mark.parametrize(("value", "takes_de"), [(2, False), (19, False), (20, True), (100, True), (101, False), (1219, False)])
def test_romanian_numbers_take_de_from_twenty(value, takes_de):
    assert (number_row(f"{value}..{value}", random.Random(0))["ron_Latn@"] == "f") == takes_de


def test_every_character_belongs_to_one_slot(sampled):
    for production in sampled:
        for language in LANGUAGES:
            text = production.text[language]
            covered = Counter(i for slot in production.slots for a, b in slot.spans.get(language, ()) for i in range(a, b))
            assert all(covered[i] <= 1 for i in range(len(text)))
            assert all(covered[i] == 1 or text[i] == " " for i in range(len(text))), (production.pattern, language)


def test_whatever_is_translated_has_an_english_source(sampled):
    for production in sampled:
        for slot in production.slots:
            assert slot.spans.get(SOURCE), (production.pattern, slot.name)
            if slot.kind != "fixed":
                assert set(slot.spans) == set(LANGUAGES), (production.pattern, slot.name)


def test_spans_of_names_are_their_surfaces(sampled):
    entities = [(production, slot) for production in sampled for slot in production.slots if slot.entity]
    forms: dict[str, set[tuple[str, ...]]] = {}
    for production, slot in entities:
        assert all(len(slot.spans[language]) == 1 for language in LANGUAGES)
        forms.setdefault(slot.entity.label, set()).add(tuple(production.surface(slot, x)[0] for x in (SOURCE, "hin_Deva", "cmn_Hans")))
    assert all(len(found) == 1 for found in forms.values())  # a name is written one way, wherever it stands
    assert {slot.entity.type for _, slot in entities} == {"P", "O", "G"}


def test_one_name_twice_is_two_slots():
    production = by_pattern("fans", club="Arsenal")
    for language, name in zip(LANGUAGES, ("Arsenal", "Arsenal", "आर्सेनल", "阿森纳"), strict=True):
        spans = [slot.spans[language][0] for slot in production.slots if slot.name in ("club", "club#2")]
        assert [production.text[language][a:b] for a, b in spans] == [name, name]
        assert len(set(spans)) == 2


def test_texts_are_in_their_script_and_normal_form(sampled):
    latin_names = {"IBM"}
    for production in sampled:
        for language, text in production.text.items():
            assert unicodedata.normalize("NFC", text) == text
            assert "  " not in text
            script = SCRIPTS.get(language, "LATIN")
            letters = re.sub("|".join(latin_names), "", text) if language == "cmn_Hans" else text
            assert all(unicodedata.name(c).startswith(script) for c in letters if c.isalpha()), text
        assert not set("ţşŢŞ") & set(production.text["ron_Latn"])  # cedillas are not Romanian
        assert " " not in re.sub("|".join(latin_names), "", production.text["cmn_Hans"])


def test_numbers_keep_their_digits(sampled):
    def numbers(text):
        return Counter(re.sub(r"[.,]", "", found) for found in re.findall(r"\d[\d.,]*", text))

    for production in sampled:
        for language in TARGETS:
            assert numbers(production.text[language]) == numbers(production.text[SOURCE])


def test_about_one_in_twenty_is_held_out():
    rng = random.Random(2)
    share = sum(held_out(sample_sentence(rng)) for _ in range(4000)) / 4000
    assert 0.04 < share < 0.06


def test_news_has_the_layout_of_mind(news_rows):
    assert all(len(row) == 8 for row in news_rows)
    assert len({row[0] for row in news_rows}) == len(news_rows) >= 260
    assert min(Counter(row[1] for row in news_rows).values()) >= 20
    assert len({row[1] for row in news_rows}) == 8
    assert 0.05 < sum(not row[4] for row in news_rows) / len(news_rows) < 0.1
    assert len({row[3] for row in news_rows}) < len(news_rows)  # some titles are repeated


def test_entities_stand_where_they_say(news_rows):
    mentions = 0
    for row in news_rows:
        for text, column in ((row[3], row[6]), (row[4], row[7])):
            for entity in json.loads(column):
                assert list(entity) == KEYS
                assert re.fullmatch(r"(Q\d+)?", entity["WikidataId"])
                for offset, surface in zip(entity["OccurrenceOffsets"], entity["SurfaceForms"], strict=True):
                    assert text[offset : offset + len(surface)] == surface
                    mentions += 1
    assert mentions > 900
    assert any(row[6] == row[7] == "[]" for row in news_rows)


def test_behaviors_refer_to_news(news_rows):
    ids = {row[0] for row in news_rows}
    rows = [line.split("\t") for line in (corpus.FOLDER / "behaviors.tsv").read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= 400
    for number, user, time, history, shown in rows:
        assert number.isdigit()
        assert re.fullmatch(r"U\d{4}", user)
        assert re.fullmatch(r"\d\d/\d\d/2019 \d\d:\d\d:\d\d [AP]M", time)
        assert set(history.split()) <= ids
        assert {item[:-2] for item in shown.split()} <= ids
        assert {item[-2:] for item in shown.split()} == {"-0", "-1"}
    assert any(not row[3] for row in rows)  # some readers have no history


def test_corpus_comes_out_the_same_again(tmp_path):
    corpus.write(tmp_path)
    for name in ("news.tsv", "behaviors.tsv"):
        assert (tmp_path / name).read_bytes() == (corpus.FOLDER / name).read_bytes()


def test_mess_is_rare_and_what_its_list_says():
    rng = random.Random(corpus.SEED)
    news = corpus.build_news(rng)
    assert {n.id for n in news if n.messy} == set(corpus.MESS)
    productions = corpus.corpus_productions()
    assert any(held_out(production) for production in productions)


@pytest.mark.parametrize("language", TARGETS)
def test_model_knows_its_grammar(model, language):
    got = score(model, held_out_productions(60), language)
    assert got.exact >= 0.95, got.wrong
    assert got.aligned >= 0.95
