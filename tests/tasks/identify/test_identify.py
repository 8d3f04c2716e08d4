import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

from schemas.errors import RecipeError
from schemas.languages import language, languages
from tasks.identify import IDENTIFIERS, identifier, identify

NTREX = Path(__file__).resolve().parents[3] / "../shared/data/news/ntrex_13_languages.jsonl"
NAMES = list(IDENTIFIERS)
TEXTS = {
    "eng_Latn": "The prime minister said on Monday that the plan was good.",
    "fin_Latn": "Pääministeri sanoi maanantaina, että suunnitelma oli hyvä.",
    "swh_Latn": "Waziri mkuu alisema Jumatatu kwamba mpango huo ulikuwa mzuri.",
    "cmn_Hans": "总理星期一说这个计划很好。",
    "cmn_Hant": "總理星期一說這個計畫很好。",
    "jpn_Jpan": "首相は月曜日にその計画は良いと述べた。",
    "kor_Hang": "총리는 월요일에 그 계획이 좋다고 말했다.",
    "tha_Thai": "นายกรัฐมนตรีกล่าวเมื่อวันจันทร์ว่าแผนดังกล่าวดี",
    "rus_Cyrl": "Премьер-министр заявил в понедельник, что план хороший.",
    "kat_Geor": "პრემიერ-მინისტრმა ორშაბათს თქვა, რომ გეგმა კარგია.",
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("code", TEXTS)
def test_finds_the_language_among_those_expected(name, code):
    found = identify(pl.Series([TEXTS[code]]), expected=[language(c) for c in TEXTS], identifier=name)
    assert found["language"].to_list() == [code]
    assert 0.5 < found["language_score"].item() <= 1


@pytest.mark.parametrize("name", NAMES)
def test_a_serbian_text_is_told_by_its_script(name):
    text = pl.Series(["Премијер је у понедељак рекао да је план добар.", "Premijer je rekao da je plan dobar."])
    expected = [language("srp_Cyrl"), language("srp_Latn"), language("eng"), language("rus")]
    found = identify(text, expected=expected, identifier=name)["language"].to_list()
    assert found == (["srp_Cyrl", "srp_Latn"] if name == "py3langid" else [None, None])  # langdetect has no Serbian


@pytest.mark.parametrize(
    ("name", "code", "supported"),
    [
        ("py3langid", "grn_Latn", True),  # there it is called gug
        ("py3langid", "nob_Latn", True),  # there it is called no
        ("py3langid", "cmn_Hant", True),
        ("py3langid", "hat_Latn", True),
        ("py3langid", "ace_Arab", False),  # it knows Acehnese in Latin letters
        ("py3langid", "acm_Arab", False),  # Mesopotamian is not "ar", which is Standard Arabic
        ("langdetect", "nob_Latn", True),
        ("langdetect", "cmn_Hant", True),
        ("langdetect", "yue_Hant", False),
        ("langdetect", "kat_Geor", False),
        ("langdetect", "grn_Latn", False),
        ("langdetect", "hat_Latn", False),
    ],
)
def test_supports(name, code, supported):
    assert identifier(name).supports(language(code)) is supported


@pytest.mark.parametrize(("name", "known"), [("py3langid", 123), ("langdetect", 55)])
def test_how_many_languages_of_the_registry_are_known(name, known):
    assert sum(identifier(name).supports(entry) for entry in languages()) == known


def test_langdetect_does_not_call_guarani_english():
    text = pl.Series(["Che róga tuicha ha iporã, oĩ heta yvoty ijerére."])
    expected = [language("grn"), language("eng"), language("fin")]
    assert identify(text, expected=expected, identifier="langdetect")["language"].to_list() == [None]
    assert identify(text, expected=[language("grn")], identifier="langdetect")["language"].to_list() == [None]
    assert identify(text, expected=expected)["language"].to_list() == ["grn_Latn"]


@pytest.mark.parametrize("name", NAMES)
def test_threads_and_order_change_nothing(name):
    """Each call gets its own set of expected languages, and sees no other call's."""
    sets = [[language("eng"), language(code)] for code in ("fin", "swh", "vie", "deu")]
    text = pl.Series([TEXTS["eng_Latn"], TEXTS["fin_Latn"], TEXTS["swh_Latn"]] * 20)
    alone = [identify(text, expected=expected, identifier=name) for expected in sets]
    with ThreadPoolExecutor(4) as pool:
        for round_ in range(3):
            turn = sets[round_:] + sets[:round_]
            found = list(pool.map(lambda expected: identify(text, expected=expected, identifier=name), turn))
            assert all(a.equals(b) for a, b in zip(found, alone[round_:] + alone[:round_], strict=True))
    backwards = identify(text.reverse(), expected=sets[0], identifier=name)
    assert backwards.reverse().equals(alone[0])


def test_an_unknown_identifier_is_named():
    with pytest.raises(RecipeError, match=r"'langid'.*py3langid"):
        identifier("langid")


def test_the_module_loads_no_model():
    code = "import sys, tasks.identify, tasks.check; print({'py3langid', 'langdetect', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.skipif(not NTREX.exists(), reason="needs shared/data/news (real translations, not part of the project)")
@pytest.mark.parametrize(("name", "lines", "least"), [("py3langid", 1007, 0.99), ("langdetect", 200, 0.97)])
def test_real_news_in_13_languages(name, lines, least):
    rows = [json.loads(line) for line in NTREX.read_text(encoding="utf-8").splitlines()[:lines]]
    expected = [language(key) for key in rows[0] if key not in ("doc", "i")]
    for key in rows[0].keys() - {"doc", "i"}:
        found = identify(pl.Series([row[key] for row in rows]), expected=expected, identifier=name)["language"]
        assert (found == language(key).code).mean() >= least, key
