import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.census import Query
from schemas.languages import language, languages
from tasks.census.aliases import aliases, listings, tags

HUB = "https://huggingface.co"


@pytest.mark.parametrize(
    ("asked", "among", "not_among"),
    [
        ("ko", {"ko", "kor", "Korean", "korean", "ko-KR", "kor_Hang"}, {"ja"}),
        ("Swahili", {"sw", "swa", "swh", "Kiswahili"}, {"swc"}),  # Congo Swahili is a language of its own
        ("zh-TW", {"zh", "zho", "cmn", "chi", "zh-CN", "zh-Hans", "zh-Hant", "zho_Hans", "cmn_Hant"}, {"yue"}),  # all scripts
        ("heb", {"he", "iw"}, set()),  # the code before 1989
        ("deu", {"de", "ger"}, set()),  # ISO 639-2/B
        ("ary", {"ary", "Darija"}, {"ar", "ara"}),
    ],
)
def test_every_name_the_hub_may_hold(asked, among, not_among):
    found = aliases(language(asked))
    assert among <= set(found)
    assert not not_among & set(found)


@given(st.sampled_from(languages()))
def test_an_alias_means_its_language_and_comes_once(entry):
    found = aliases(entry)
    assert len(found) == len(set(found))
    assert {language(alias).iso639_3 for alias in found} == {entry.iso639_3}


def test_the_bare_tag_is_asked_for_too():
    assert [tag for tag in tags(language("kor")) if ":" not in tag] == ["korean"]
    assert [tag for tag in tags(language("arb")) if ":" not in tag] == ["arabic"]


def test_alternatives_are_listings_of_their_own():
    query = Query(languages=["sw"], tasks=["translation", "text-classification"], modality="text", endpoint=HUB)
    found = listings(query)
    assert len(found) == 2 * len(tags(language("sw")))
    assert ("language:sw", "task_categories:translation", "modality:text") in found
    assert listings(Query(author="klue", endpoint=HUB)) == [()]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"languages": ["ko", "Japanese", "kor"]}, "census-jpn-kor"),
        (
            {"languages": ["ko"], "tasks": ["translation"], "modality": "text", "author": "KETI-AIR"},
            "census-kor-translation-text-by-keti-air",
        ),
        ({"languages": ["ko"], "endpoint": "http://127.0.0.1:8080"}, "census-kor-at-127-0-0-1-8080"),
    ],
)
def test_equal_queries_have_one_name(query, name):
    assert Query.model_validate({"endpoint": HUB, **query}).name == name


def test_a_long_name_is_cut_and_stays_one_of_its_own():
    many = [entry.code for entry in languages()[::3]]
    one, other = (Query(languages=codes, endpoint=HUB).name for codes in (many, many[:-1]))
    assert len(one) <= 60
    assert one != other
