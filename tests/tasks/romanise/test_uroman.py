"""uroman as a romaniser: its own results, with the place of every code point, whatever came before."""

import builtins
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import regex
import uroman.uroman as library
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import EngineError
from schemas.languages import language, languages
from tasks.romanise import romaniser
from tasks.romanise.uroman import LONGEST, UromanRomaniser


@pytest.fixture(scope="module")
def ours() -> UromanRomaniser:
    return romaniser("uroman")


@pytest.fixture(scope="module")
def plain() -> library.Uroman:
    """The library as it comes, its cache off."""
    return library.Uroman()


@pytest.mark.parametrize(
    ("code", "text", "expected", "forms"),
    [
        ("kat", "საქართველო, 2020", "sakhartvelo, 2020", None),
        ("tam", "தமிழ் நாடு", "tamil naadu", {(0, 5): "tamil", (6, 10): "naadu"}),
        ("tha", "เมืองไทย", "mueangthai", {(5, 8): "thai", (0, 5): "mueang"}),
        ("khm", "កម្ពុជា", None, None),
        ("arb", "مُحَمَّد", None, None),  # vowel marks
        ("cmn_Hans", "三千二百万人，北京。", "32000000ren, beijing. ", {(0, 1): "32000000", (2, 5): "32000000", (7, 9): "beijing"}),
        ("kor", "서울 😀 한국", "seoul 😀 hangug", {(3, 4): "😀", (5, 7): "hangug"}),
        ("kor", "\u1112\u1161\u11ab", None, None),  # Hangul as jamo
        ("hin", "१२३.५ करोड़", None, None),
        ("pes", "سلام", "slam", None),
        ("eng", "", "", {}),
        ("eng", "plain 1.50\n", "plain 1.50\n", {(6, 7): "1"}),
        ("rus", "\u200bЁлка\t–\u00a0Ёж", "Yolka\t– Yozh", None),
    ],
)
def test_text_is_the_librarys_and_every_code_point_has_its_place(ours, plain, code, text, expected, forms):
    found = ours.romanise(text, language(code))
    assert found.text == plain.romanize_string(text, language(code).iso639_3)
    assert expected is None or found.text == expected
    assert whole(text, found)
    assert {at: found.text[found.places[at[0]][0] : found.places[at[1] - 1][1]] for at in forms or {}} == (forms or {})


def whole(text, found) -> bool:
    """A place for each code point; they neither fall nor leave out a letter."""
    places = found.places
    runs = sorted(set(places))
    return len(places) == len(text) and places == sorted(places) and "".join(found.text[a:b] for a, b in runs) == found.text


SCRIPTS = (
    *("Latin", "Cyrillic", "Greek", "Arabic", "Hebrew", "Armenian", "Georgian", "Devanagari", "Bengali", "Gurmukhi", "Gujarati", "Oriya"),
    *("Tamil", "Telugu", "Kannada", "Malayalam", "Sinhala", "Ethiopic", "Hangul", "Thai", "Lao", "Khmer", "Myanmar", "Tibetan", "Han"),
    *("Hiragana", "Katakana", "Braille"),
)
SAMPLE = "".join(map(chr, [*range(0x250, 0x3400), *range(0x4E00, 0x4F00), *range(0xAC00, 0xAD00)]))
LETTERS = [regex.findall(rf"[\p{{{script}}}&&[\p{{L}}\p{{M}}\p{{N}}\p{{So}}]]", SAMPLE, regex.V1) for script in SCRIPTS]
WORDS = st.one_of(*(st.text(alphabet=letters, min_size=1, max_size=5) for letters in LETTERS))
GAPS = st.sampled_from([" ", " ", " ", "  ", ", ", ". ", " (", "", " 3 ", "፡ ", "、", " 万 ", "\n", "\u00a0", "\u0301 "])
CODES = st.sampled_from(["rus", "hin", "tha", "eng", "pes", "ben", "bod", "amh", "ell"])


@given(st.lists(st.tuples(WORDS, GAPS), max_size=6), CODES)
def test_words_remembered_change_nothing(ours, plain, pieces, code):
    text = "".join(map("".join, pieces))
    found = ours.romanise(text, language(code))
    known = {"pes": "fas"}.get(code, code)  # the rules for Persian name the macrolanguage
    assert found.text == plain.romanize_string(text, known)
    assert whole(text, found)
    assert ours.romanise(text, language(code)) == found


def test_rules_for_a_macrolanguage_are_found(ours, plain):
    text = "ایران و ژاپن"
    assert ours.romanise(text, language("pes")).text == plain.romanize_string(text, "fas") != plain.romanize_string(text, "pes")


def test_reference_of_the_library(ours, shared):
    folder = shared / "data" / "transliteration"
    given, expected = ((folder / name).read_text("utf-8").splitlines() for name in ("multi-script.txt", "multi-script.uroman.txt"))
    known = {entry.iso639_3: entry for entry in languages()} | {entry.macrolanguage: entry for entry in languages() if entry.macrolanguage}
    wrong = []
    for line, reference in zip(given, expected, strict=True):
        prefix, code, text = line.split(" ", 2) if line.startswith("::lcode ") else ("", "eng", line)
        found = ours.romanise(text, known.get(code, language("eng"))).text
        wrong += [(found, reference)] if (f"{prefix} {code} {found}" if prefix else found) != reference else []
    assert len(given) == 32
    assert wrong == []


def test_order_and_threads_change_nothing(ours, shared):
    rows = [json.loads(line) for line in (shared / "data/news/ntrex_13_languages.jsonl").read_text("utf-8").splitlines()[:12]]
    texts = [
        (row[name], language(code)) for row in rows for name, code in (("tam", "tam"), ("tha", "tha"), ("zho", "cmn_Hans"), ("kat", "kat"))
    ]
    forwards = [ours.romanise(*text) for text in texts]
    fresh = UromanRomaniser()
    assert [fresh.romanise(*text) for text in reversed(texts)][::-1] == forwards
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda text: fresh.romanise(*text), texts * 2)) == forwards * 2


def test_endless_numbers_and_words_come_through(ours):
    digits = "१२३४५६७८९०" * 500  # Python reads no number as long
    found = ours.romanise(digits + " ч" + "а" * LONGEST, language("hin"))
    assert found.text == "1234567890" * 500 + " ch" + "a" * LONGEST


def test_the_library_keeps_nothing_of_the_texts(ours):
    tables = [ours._uroman.rom_rules, ours._uroman.dict_bool, ours._uroman.dict_str, ours._uroman.num_props]
    before = [len(table) for table in tables]
    for i in range(200):
        ours.romanise("".join(chr(0x4E00 + (37 * i + j * j) % 20000) for j in range(30)), language("cmn_Hans"))
    assert [len(table) for table in tables] == before


def test_one_is_made_a_process():
    with ThreadPoolExecutor(4) as pool:
        assert len({id(each) for each in pool.map(lambda _: romaniser("uroman"), range(8))}) == 1


def test_name_says_what_decides_the_bytes(ours):
    assert regex.fullmatch(r"uroman \d+\.\d+[.\d]*, Unicode \d+\.\d+\.\d+", ours.name)


def test_a_missing_library_is_said_when_the_romaniser_is_made(monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.startswith("uroman"):
            raise ModuleNotFoundError(f"No module named {name!r}", name="uroman")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(EngineError, match=r"pip install 'uroman>=1\.3\.1'"):
        UromanRomaniser()
