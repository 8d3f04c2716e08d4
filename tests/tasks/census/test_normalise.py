from collections import Counter

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.census import CENSUS
from tasks.census.journal import listed
from tasks.census.normalise import GRAVE, gravest, group, language_of, normalise, organisation
from tests.tasks.census.records import korean, state


def one(*tags, **row):
    return normalise(state({"id": "a/b", "tags": list(tags), **row})).row(0, named=True)


@pytest.mark.parametrize(
    ("tags", "languages", "others", "kind"),
    [
        (["language:ko"], ["kor_Hang"], [], "mono"),
        (["language:ko", "language:kor", "language:Korean"], ["kor_Hang"], [], "mono"),  # one language under three names
        (["language:zh", "language:zh-TW"], ["cmn_Hans", "cmn_Hant"], [], "mono"),  # two scripts
        (["language:ko", "language:en"], ["eng_Latn", "kor_Hang"], [], "bi"),
        (["language:ko", "language:la"], ["kor_Hang"], ["la"], "bi"),  # Latin: not in the registry, but a language
        (["language:ko", "language:code"], ["kor_Hang"], ["code"], "mono"),
        (["language:ko", "language:xx"], ["kor_Hang"], ["xx"], "mono"),
        (["language:multilingual"], [], ["multilingual"], "multi"),
        (["language:iw", "language:in", "language:ko"], ["heb_Hebr", "ind_Latn", "kor_Hang"], [], "multi"),
        (["korean"], [], [], "none"),
        ([], [], [], "none"),
    ],
)
def test_languages(tags, languages, others, kind):
    row = one(*tags)
    assert (row["languages"], row["other_languages"], row["language_kind"]) == (languages, others, kind)


@pytest.mark.parametrize(
    ("licences", "kind"),
    [
        (["mit"], "permissive"),
        (["agpl-3.0", "odbl"], "share-alike"),
        (["cc-by-sa-4.0", "cc-by-nc-nd-4.0", "mit"], "no-derivatives"),
        (["apache-2.0", "other"], "unknown"),  # what nobody can read may forbid anything
        (["cc0-1.0"], "public-domain"),
        ([], "unknown"),
    ],
)
def test_several_licences_are_kept_and_the_gravest_counts(licences, kind):
    row = one(*(f"license:{each}" for each in licences))
    assert (row["licences"], row["licence_class"]) == (sorted(licences), kind)


def test_the_classes_are_those_of_the_table():
    from schemas.licences import licences

    assert {each.kind for each in licences().values()} <= set(GRAVE)
    assert gravest([]) == "unknown"


@pytest.mark.parametrize(
    ("tags", "column", "value"),
    [
        (["size_categories:n<1K", "size_categories:1M<n<10M"], "size", "1M<n<10M"),
        (["size_categories:many"], "size", None),
        (["arxiv:2304.07327", "arxiv:1911.00359"], "arxiv", ["1911.00359", "2304.07327"]),
        (["task_categories:translation", "task_categories:text-to-speech"], "task_groups", ["speech", "translation"]),
        (["modality:text", "modality:audio"], "modalities", ["audio", "text"]),
        (["region:us", "free: form", "language:ko"], "tags", ["free: form", "region:us"]),
        (["licence:mit", "source_datasets:license:x"], "licences", []),  # no tag of the Hub's
    ],
)
def test_other_columns(tags, column, value):
    assert one(*tags)[column] == value


def test_coverage_is_null_where_no_card_was_read():
    assert one()["card_coverage"] is None
    assert one(card_sections=[])["card_coverage"] == 0
    assert one(card_sections=["uses", "citation", "contact"])["card_coverage"] == 0.33


@pytest.mark.parametrize(
    ("author", "kind"),
    [
        ("AmazonScience", "company"),
        ("google-research-datasets", "company"),  # a known name comes first
        ("Helsinki-NLP", "research"),
        ("nlp-waseda", "research"),
        ("MichiganNLP", "research"),
        ("mlx-community", "community"),
        ("jaeyong2", "unknown"),
        ("labrador", "unknown"),  # no word of its own
        ("Egor-AI", "unknown"),  # AI says nothing
        ("", "unknown"),
    ],
)
def test_organisation_by_the_name(author, kind):
    assert organisation(author) == kind


@pytest.mark.parametrize(
    ("task", "name"),
    [
        ("text-generation", "generation"),
        ("visual-question-answering", "vision"),
        ("table-question-answering", "question answering"),
        ("automatic-speech-recognition", "speech"),
        ("text-to-audio", "speech"),
        ("reinforcement-learning", "other"),
    ],
)
def test_groups_of_tasks(task, name):
    assert group(task) == name


@given(st.lists(st.lists(st.text(max_size=12) | st.sampled_from(["language:ko", "license:mit", "arxiv:", ":", "language:"]), max_size=5)))
def test_no_tag_and_no_dataset_is_lost(tags):
    made = normalise(state(*({"id": f"a/{i:03}", "tags": sorted(set(each))} for i, each in enumerate(tags))))
    assert made.schema == pl.Schema(CENSUS)
    assert made["id"].to_list() == [f"a/{i:03}" for i in range(len(tags))]
    for row, each in zip(made.rows(named=True), tags, strict=True):
        plain = {tag for tag in each if not tag.startswith(("language:", "license:", "arxiv:"))}
        assert plain <= set(row["tags"])


def test_the_real_records(shared):
    """Counted by other means than the code's: from the tags as they stand."""
    records = korean(shared)
    frame = listed([{"id": name, **fields} for name, fields in records.items()], "language:ko")
    known = state(*({"id": row["id"], "author": row["author"], "tags": row["tags"]} for row in frame.rows(named=True)))
    made = normalise(known)
    assert made.height == 1354
    by_tag = {name: [tag.partition(":")[2] for tag in fields["tags"] if tag.startswith("license:")] for name, fields in records.items()}
    several = {name: sorted(found) for name, found in by_tag.items() if len(found) > 1}
    assert len(several) == 4
    assert dict(made.filter(pl.col("licences").list.len() > 1).select("id", "licences").rows()) == several
    mono = [name for name, fields in records.items() if {t for t in fields["tags"] if t.startswith("language:")} == {"language:ko"}]
    assert set(mono) <= set(made.filter(pl.col("language_kind") == "mono")["id"])
    kinds = Counter(made["language_kind"].to_list())
    assert kinds == {"mono": 760, "bi": 142, "multi": 452}
    assert made["languages"].list.contains("kor_Hang").all()
    assert Counter(made["size"].to_list())["10K<n<100K"] == 325
    assert language_of("jp") is None, "two real datasets say so; the code is jpn"
    assert made["other_languages"].list.contains("jp").sum() == 2
