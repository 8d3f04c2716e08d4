"""A sample shows every text in its language and direction, spans marked alike, and says why a text is missing."""

import pytest

from tasks.present import NAMED
from tasks.report import report
from tests.tasks.page import line, parse, said
from tests.tasks.releases import ENGLISH, MIND, entity, full, projected, release


@pytest.fixture
def page(manifest, tmp_path):
    return parse(report(full(tmp_path, manifest()), tmp_path))


def marks(element):
    return [(mark.text, mark.attributes["class"], mark.attributes.get("data-n")) for mark in said(element).all("mark")]


def test_spans_are_marked_alike_in_every_language(page):
    assert marks(line(page, "eng_Latn")) == [("Rome", "c1", "1"), ("Paris", "c2", "2"), ("Rome", "c1", "1")]
    assert marks(line(page, "fin_Latn")) == [("Pariisi", "c2", "2"), ("Rooma", "c1", "1")]
    assert marks(line(page, "arb_Arab")) == [("روما", "c1", "1"), ("باريس", "c2", "2")]
    assert marks(line(page, "arb_Arab.transliterate-Latn")) == [("rwma", "c1", "1")]
    assert said(line(page, "eng_Latn")).text == ENGLISH
    legend = page.all("article")[0].all("ul", class_="legend")[0].all("li")
    assert [each.text for each in legend] == ["Rome G Q1", "Paris G Q90"]
    assert [each.text for each in line(page, "fin_Latn").all("li")] == ["flagged: language", "not placed: Rome (no link)"]


@pytest.mark.parametrize(
    ("config", "lang", "direction", "name"),
    [
        ("eng_Latn", "en", "ltr", "English"),
        ("arb_Arab", "ar", "rtl", "Modern Standard Arabic"),
        ("arb_Arab.code-switch-entity", "en", "ltr", "English with Modern Standard Arabic"),
        ("arb_Arab.transliterate-Latn", "ar-Latn", "ltr", "Modern Standard Arabic in Latn"),
    ],
)
def test_each_text_tells_its_language_and_direction(page, config, lang, direction, name):
    shown = line(page, config)
    assert (said(shown).attributes["lang"], said(shown).attributes["dir"]) == (lang, direction)
    assert shown.all("div", class_="who")[0].parts[0].strip() == name


def test_groups_stay_where_a_span_before_was_dropped(manifest, tmp_path):
    """A list of {start, end} has no groups of its own but its places, and the translation's list is shorter."""
    listed = [{"id": "a", "text": "one two", "spans": [{"start": 0, "end": 3}, {"start": 4, "end": 7}, {"start": 4, "end": 7}]}]
    accounts = [projected((0, 3), None, 0), projected((4, 7), (0, 3), 1), projected((4, 7), (0, 3), 2)]
    placed = [{"start": 0, "end": 3}, {"start": 0, "end": 3}]
    tables = {
        "eng_Latn": listed,
        "rus_Cyrl": [{"id": "a", "text": "два", "spans": placed, "spans_projection": accounts}],
        "rus_Cyrl.transliterate-Latn": [{"id": "a", "text": "dva", "spans": placed}],
    }
    annotations = [{"field": "text", "column": "spans", "format": "spans"}]
    page = parse(report(release(tmp_path, manifest(), tables, annotations=annotations), tmp_path))
    assert marks(line(page, "eng_Latn")) == [("one", "c1", "1"), ("two", "c2 u3", "2,3")]
    assert marks(line(page, "rus_Cyrl")) == [("два", "c2 u3", "2,3")]
    assert marks(line(page, "rus_Cyrl.transliterate-Latn")) == [("dva", "c2 u3", "2,3")]


def test_a_span_that_does_not_fit_its_text_is_not_marked(manifest, tmp_path):
    rows = [{"id": "a", "text": "one two", "entities": [entity("xx one", (3, 6)), entity("one two", (4, 7))]}]
    page = parse(report(release(tmp_path, manifest(), {"eng_Latn": rows}, annotations=MIND), tmp_path))
    assert [text for text, *_ in marks(line(page, "eng_Latn"))] == ["two"]


@pytest.mark.parametrize(("dropped", "said_last"), [(NAMED, "not placed: Rome (no link)"), (NAMED + 1001, "1,001 more not placed")])
def test_of_many_dropped_spans_the_first_are_named(manifest, tmp_path, dropped, said_last):
    accounts = [projected((2, 6), None, 0) for _ in range(dropped)]
    english = [{"id": "a", "text": ENGLISH, "entities": [entity(ENGLISH, (2, 6))]}]
    finnish = [{"id": "a", "text": "x", "entities": [], "entities_projection": accounts}]
    page = parse(report(release(tmp_path, manifest(), {"eng_Latn": english, "fin_Latn": finnish}, annotations=MIND), tmp_path))
    assert [each.text for each in line(page, "fin_Latn").all("li")][NAMED - 1 :][-1] == said_last


def test_what_was_switched_is_framed(page):
    (stretch,) = line(page, "arb_Arab.code-switch-entity").all("span", class_="switch")
    assert stretch.text == "روما"
    assert (stretch.attributes["lang"], stretch.attributes["dir"]) == ("ar", "rtl")
    assert [mark.text for mark in stretch.all("mark")] == ["روما"]


def test_a_rejected_translation_says_why(page):
    shown = line(page, "arb_Arab", row=2)
    assert [each.text for each in shown.all("li", class_="reject")] == ["rejected: loop, script"]
    assert said(shown).text == "<i>لا لا لا"
    assert "kept" in said(shown).attributes["class"].split()


def test_a_rejected_row_says_why(manifest, tmp_path):
    rows = [{"id": "a", "text": "one"}]
    kept = {"split": "train", "id": "a", "field": "text", "source": "one", "translation": "yksi", "verdict": "reject", "reasons": ["loop"]}
    made = release(tmp_path, manifest(), {"eng_Latn": rows, "fin_Latn": []}, rejected={"fin_Latn": [kept]})
    shown = line(parse(report(made, tmp_path)), "fin_Latn")
    assert [each.text for each in shown.all("li")] == ["row rejected: loop"]
