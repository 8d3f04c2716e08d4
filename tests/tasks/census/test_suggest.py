import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from schemas.census import CENSUS
from schemas.errors import RecipeError, SourceError
from schemas.languages import language
from schemas.recipe_file import parse
from tasks.census.budget import Budget
from tasks.census.normalise import normalise
from tasks.census.suggest import columns_of, pick, skeleton, suggest
from tasks.patience import Patience
from tests.tasks.census.records import state

GOOD = ["language:en", "license:cc-by-4.0", "modality:text", "size_categories:1K<n<10K", "format:parquet", "task_categories:translation"]
ENGLISH, FINNISH, SWAHILI = language("en"), language("fi"), language("sw")


def without(*prefixes):
    return [tag for tag in GOOD if not tag.startswith(prefixes)]


def census(**rows):
    return normalise(state(*({"id": f"o/{name}", "downloads": 5, **row} for name, row in rows.items())))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"tags": GOOD}, None),
        ({"tags": [*without("license"), "license:cc-by-nc-sa-4.0"]}, None),  # non-commercial may be translated
        ({"tags": [*GOOD, "modality:tabular"]}, None),
        ({"tags": [*GOOD, "language:fr"]}, None),
        ({"tags": GOOD, "gated": "auto"}, "gated: access must be asked for"),
        ({"tags": GOOD, "private": True}, "disabled or private"),
        ({"tags": [*without("language"), "language:fr"]}, "not in English"),
        ({"tags": [*GOOD, "language:fr", "language:de"]}, "in more than two languages"),
        ({"tags": [*GOOD, "language:fin"]}, "in Finnish already"),
        ({"tags": without("modality")}, "no text, or not alone"),
        ({"tags": [*GOOD, "modality:audio"]}, "no text, or not alone"),
        ({"tags": without("task")}, "no such task"),
        ({"tags": without("license")}, "licence unknown"),
        ({"tags": [*GOOD, "license:other"]}, "licence unknown"),
        ({"tags": [*GOOD, "license:cc-by-nd-4.0"]}, "licence allows no derivatives, or no passing on"),
        ({"tags": without("size")}, "size unknown"),
        ({"tags": [*GOOD, "size_categories:10M<n<100M"]}, "more rows than 1M<n<10M"),
        ({"tags": [*without("format"), "format:webdataset"]}, "no Parquet, JSON lines or CSV"),
        ({"tags": GOOD, "id": "o/" + "x" * 95}, "a name that no recipe can have"),
        ({"tags": without("license", "size"), "gated": "manual"}, "gated: access must be asked for"),  # the first that fits
    ],
)
def test_each_exclusion_has_its_reason(row, reason):
    worth, excluded = suggest(census(a=row), ENGLISH, [FINNISH, SWAHILI], ["translation", "summarization"])
    assert excluded == ({reason: 1} if reason else {})
    assert worth.height == (reason is None)


def test_the_most_downloaded_first_and_all_are_accounted_for():
    table = census(a={"tags": GOOD, "downloads": 1}, b={"tags": GOOD, "downloads": None}, c={"tags": GOOD, "downloads": 9}, d={"tags": []})
    worth, excluded = suggest(table, ENGLISH, [])
    assert worth["id"].to_list() == ["o/c", "o/a", "o/b"]
    assert worth.schema == pl.Schema(CENSUS)
    assert worth.height + sum(excluded.values()) == table.height


def test_the_one_to_write_a_recipe_for():
    table = census(a={"tags": GOOD}, b={"tags": []})
    worth, _ = suggest(table, ENGLISH, [])
    assert pick(worth, table, None)["id"] == "o/a"
    assert pick(worth.clear(), table, None) is None
    with pytest.raises(RecipeError, match="is there, but excluded"):
        pick(worth, table, "o/b")
    with pytest.raises(RecipeError, match="is not among the datasets"):
        pick(worth, table, "o/z")


ROW = census(a={"tags": GOOD}).row(0, named=True)
COLUMNS = st.dictionaries(st.text(min_size=1, max_size=12), st.sampled_from(["string", "int64", None]), max_size=5)


@given(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,20}/[A-Za-z0-9][A-Za-z0-9_.-]{0,60}", fullmatch=True),
    COLUMNS,
    st.none() | st.text(min_size=1, max_size=9),
)
def test_the_skeleton_is_a_recipe(name, columns, config):
    row = ROW | {"id": name}
    text = skeleton(row, ENGLISH, [FINNISH, SWAHILI], columns, config)
    recipe = parse(yaml.safe_load(text))
    assert (recipe.source.repo, recipe.source.revision, recipe.source.config) == (name, "0", config)
    assert recipe.translate.into == ("fin_Latn", "swh_Latn")
    assert recipe.license == "cc-by-4.0"


def test_fields_are_the_text_that_the_card_names(hub):
    features = "{name: id, dtype: string}, {name: title, dtype: string}, {name: label, dtype: string}, {name: body, dtype: string}"
    hub.commit("o/a", {"README.md": f"---\ndataset_info:\n  features: [{features}, {{name: n, dtype: int64}}]\n---\n"})
    columns, config = columns_of(hub.url, "o/a", Budget(9), Patience())
    assert config is None
    row = census(a={"tags": GOOD}).row(0, named=True)
    assert parse(yaml.safe_load(skeleton(row, ENGLISH, [], columns, config))).fields == ("title", "body")
    hub.commit(
        "o/two", {"README.md": "---\ndataset_info:\n- config_name: x\n  features: [{name: q, dtype: string}]\n- config_name: y\n---\n"}
    )
    assert columns_of(hub.url, "o/two", Budget(9), Patience()) == ({"q": "string"}, "x")
    hub.commit("o/bare", {"README.md": "# Hi"})
    assert columns_of(hub.url, "o/bare", Budget(9), Patience()) == ({}, None)
    assert "its card names none" in skeleton(row, ENGLISH, [], {}, None)
    with pytest.raises(SourceError, match="no such dataset"):
        columns_of(hub.url, "o/gone", Budget(9), Patience())
