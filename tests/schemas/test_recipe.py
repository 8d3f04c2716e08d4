"""A recipe is read as it was meant, or the error says which key is wrong and what was expected."""

from pathlib import Path
from typing import get_args

import pytest
import yaml
from pydantic import BaseModel

from schemas.errors import RecipeError
from schemas.recipe import HUB_NAME, CTranslate2, Echo, Recipe
from schemas.recipe_file import load, named, parse, shipped
from schemas.sources import DelimitedSource

GOOD = {
    "name": "trial",
    "title": "A trial",
    "source": {"format": "jsonl", "path": "rows.jsonl"},
    "language": "eng_Latn",
    "fields": ["title", "body"],
    "annotations": [{"field": "title", "column": "spans", "format": "mind"}],
    "translate": {"into": ["fin_Latn", "ron_Latn"]},
}


def changed(path, value):
    """GOOD with one key set, or taken away by None; numbers in the path are places in lists."""
    recipe = yaml.safe_load(yaml.safe_dump(GOOD))
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    here = recipe
    for part in parents:
        here = here[part] if isinstance(here, list) else here.setdefault(part, {})
    if value is None:
        del here[last]
    else:
        here[last] = value
    return recipe


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        # unknown keys, at three depths
        ("titel", "x", "titel: unknown key. Did you mean title?"),
        ("sources", {}, "sources: unknown key. Did you mean source?"),
        ("checks.rejct", [], "checks.rejct: unknown key. Did you mean reject, on_reject?"),
        ("translate.beam", 4, "translate.beam: unknown key. Did you mean beam_size?"),
        ("source.pth", "x", "source.pth: unknown key. Did you mean path?"),
        ("source.csv", "x", "source.csv: unknown key."),  # also the name of a format
        ("annotations.0.colum", "x", "annotations[0].colum: unknown key. Did you mean column?"),
        ("zebra", 1, "zebra: unknown key."),
        # missing keys
        ("title", None, "title: missing; the recipe needs it."),
        ("source.path", None, "source.path: missing; the recipe needs it."),
        ("annotations.0.field", None, "annotations[0].field: missing; the recipe needs it."),
        # wrong values
        ("source.format", None, "source: format is missing; one of mind, jsonl, csv, tsv, parquet, conll, squad, hub."),
        (
            "source.format",
            "cvs",
            "source: unknown format 'cvs'; there are mind, jsonl, csv, tsv, parquet, conll, squad, hub. Did you mean csv?",
        ),
        (
            "translate.engine",
            "ctranslate",
            "translate: unknown engine 'ctranslate'; there are ctranslate2, echo. Did you mean ctranslate2?",
        ),
        ("release", {"store": "hbu"}, "release: unknown store 'hbu'; there are local, hub. Did you mean hub?"),
        ("release", {"store": "hub"}, "release.repo: missing; the recipe needs it."),
        ("release", {"store": "hub", "repo": "name"}, f"release.repo: String should match pattern '^{HUB_NAME}$'"),
        ("release", {"store": "hub", "repo": "o/n", "public": True}, "release.public: unknown key."),
        ("release", {"repo": "o/n"}, "release.repo: unknown key."),  # of a local one, which is what a release is unless it says so
        ("source", "rows.jsonl", "source: expected a mapping (key: value), not str."),
        ("checks", ["loop"], "checks: expected a mapping (key: value), not list."),
        ("fields", "title", "fields: expected a list, as in [title]."),
        ("translate.into", "de", "translate.into: expected a list, as in [de]."),
        ("annotations", {"field": "title"}, "annotations: expected a list, not a mapping."),
        ("fields", [], "fields: Tuple should have at least 1 item after validation, not 0"),
        ("fields.1", 5, "fields[1]: Input should be a valid string"),
        ("translate.beam_size", 0, "translate.beam_size: Input should be greater than or equal to 1"),
        ("translate.beam_size", "four", "translate.beam_size: Input should be a valid integer, unable to parse string as an integer"),
        ("chunk_rows", 0, "chunk_rows: Input should be greater than or equal to 1"),
        ("name", "Über/../x", "name: String should match pattern '^[a-z0-9][a-z0-9._-]{0,63}$'"),
        ("source.split", "../x", "source.split: String should match pattern '^[A-Za-z0-9_]{1,40}$'"),
        ("source.split", "all", "source.split: 'all' stands for every split together in the library datasets; name another, such as train"),
        (
            "release.version",
            "1.0",
            "release.version: String should match pattern '^(auto|(0|[1-9][0-9]*)(\\.(0|[1-9][0-9]*)){2})$'",
        ),
        (
            "checks.reject",
            ["lop"],
            "checks.reject[0]: Input should be 'empty', 'loop', 'truncated', 'script', 'copied', 'length-ratio' or 'language'",
        ),
        # languages
        ("language", "swahilli", "language: unknown language 'swahilli'. Did you mean swh_Latn (Swahili), swc_Latn (Congo Swahili)?"),
        (
            "translate.into.1",
            "swahilli",
            "translate.into[1]: unknown language 'swahilli'. Did you mean swh_Latn (Swahili), swc_Latn (Congo Swahili)?",
        ),
        ("translate.into.0", False, "translate.into[0]: YAML reads this word as true or false; put it in quotes."),  # no: Norwegian
        ("translate.into.1", "Finnish", "translate.into: fin_Latn named twice"),
        ("translate.into", [], "translate.into: Tuple should have at least 1 item after validation, not 0"),
        ("translate.into.0", "en", "translate.into names eng_Latn, the language of the source"),
        # what must fit together
        ("annotations.0.field", "abstract", "annotations point at 'abstract', which is not among fields"),
        ("fields", ["title", "body", "title"], "fields: title named twice"),
        (
            "annotations",
            [{"field": field, "column": "spans", "format": "mind"} for field in ("title", "body")],
            "annotations name the column 'spans' twice; its offsets count in one field",
        ),
    ],
)
def test_an_error_names_the_path_and_the_way_out(path, value, message):
    with pytest.raises(RecipeError) as error:
        parse(changed(path, value), where="trial.yaml")
    assert str(error.value) == f"trial.yaml: {message}"


def test_a_release_adds_columns_only_for_what_its_recipe_asks():
    qualities = {"title_quality", "body_quality"}
    assert parse(GOOD).added() == qualities
    projected = {**GOOD, "project": {}}
    assert parse(projected).added() == {*qualities, "spans_projection"}
    mixed = {"title_switches", "title_tokens", "title_language_tags"}  # no annotation points into the body
    assert parse({**projected, "variants": [{"kind": "code-switch"}]}).added() == {*qualities, *mixed, "spans_projection"}


def test_all_faults_are_told_at_once():
    with pytest.raises(RecipeError) as error:
        parse({**GOOD, "titel": 1, "language": "xx-nowhere", "chunk_rows": -1})
    assert [line.split(":")[1].strip() for line in str(error.value).splitlines()] == ["language", "chunk_rows", "titel"]


def test_keys_that_are_no_text_are_faults_and_no_crash():
    with pytest.raises(RecipeError, match="Keys should be strings"):
        parse({**GOOD, 1: 2})


@pytest.mark.parametrize(
    ("into", "codes"),
    [(["fi", "Romanian"], ("fin_Latn", "ron_Latn")), (["zho_Hant"], ("cmn_Hant",)), (["zh-TW", "sw"], ("cmn_Hant", "swh_Latn"))],
)
def test_languages_go_by_any_alias(into, codes):
    assert parse(changed("translate.into", into)).translate.into == codes


@pytest.mark.parametrize(("engine", "kind"), [(None, CTranslate2), ("ctranslate2", CTranslate2), ("echo", Echo)])
def test_the_engine_is_ctranslate2_unless_named(engine, kind):
    assert type(parse({**GOOD, "translate": {"into": ["fi"], **({"engine": engine} if engine else {})}}).translate) is kind


def test_options_of_the_model_are_no_options_of_echo():
    with pytest.raises(RecipeError, match=r"translate\.beam_size: unknown key"):
        parse({**GOOD, "translate": {"engine": "echo", "into": ["fi"], "beam_size": 4}})


def text(recipe):
    return yaml.safe_dump(recipe, allow_unicode=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: [1", r"trial\.yaml line \d: not YAML: .*A recipe looks like data/recipes/"),
        ("a: b: c", r"trial\.yaml line 1: not YAML: mapping values are not allowed here"),
        (b"name: \xff", "not YAML: 'utf-8' codec can't decode"),
        ("name: 2024-13-45", "not YAML: month must be in 1..12"),
        ("[" * 2000, "not YAML"),
        ("!!python/object/apply:os.system ['false']", "not YAML: could not determine a constructor"),
        ("- a\n- b", r"a recipe is a mapping \(name: \.\.\., source: \.\.\.\), not list"),
        ("", "not NoneType"),
        ("hello", "not str"),
    ],
)
def test_a_file_that_is_no_recipe(write, content, message):
    with pytest.raises(RecipeError, match=message):
        load(write("trial.yaml", content))


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"chunk_rows": 5}, lambda r: r.chunk_rows == 5),
        ({"translate.engine": "echo"}, lambda r: isinstance(r.translate, Echo)),
        ({"checks.on_reject": "row"}, lambda r: r.checks.on_reject == "row"),  # a part that the file leaves out
        ({"translate.into": ["sw"]}, lambda r: r.translate.into == ("swh_Latn",)),
        ({"source.format": "csv", "source.quoted": False}, lambda r: isinstance(r.source, DelimitedSource) and not r.source.quoted),
    ],
)
def test_set_changes_what_the_file_says(write, changes, found):
    assert found(load(write("trial.yaml", text(GOOD)), changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"translate.beam": 5}, r"translate\.beam: unknown key\. Did you mean beam_size\?"),
        ({"title.x": 1}, r"--set title\.x: title is not a mapping in this recipe"),
        ({"fields.0": "x"}, r"--set fields\.0: fields is not a mapping in this recipe"),
        ({"a.b.c": 1}, r"a: unknown key"),
    ],
)
def test_set_is_checked_like_the_file(write, changes, message):
    with pytest.raises(RecipeError, match=message):
        load(write("trial.yaml", text(GOOD)), changes)


def test_the_source_is_looked_for_beside_the_recipe_first(write, tmp_path, monkeypatch):
    recipe = write("recipes/trial.yaml", text(GOOD))
    here = write("here/rows.jsonl", "")
    monkeypatch.chdir(here.parent)
    assert load(recipe).source.path == here
    beside = write("recipes/rows.jsonl", "")
    assert load(recipe).source.path == beside
    elsewhere = write("elsewhere/rows.jsonl", "")
    assert load(recipe, {"source.path": str(elsewhere)}).source.path == elsewhere


def test_a_recipe_that_is_not_there_lists_those_shipped():
    with pytest.raises(RecipeError, match=r"no recipe 'xmind': neither a file nor one of .*xmind-sample"):
        load("xmind")


def test_recipes_that_people_add_have_names_too(write, tmp_path):
    for name in ("mine.yaml", "xmind-sample.yaml", ".hidden.yaml", "a b.yaml", "notes.txt", "mine.yaml~"):
        write(f"recipes/{name}", yaml.safe_dump(GOOD))
    found = named(tmp_path / "recipes")
    assert list(found) == sorted({*shipped(), "mine"})
    assert found["xmind-sample"] == tmp_path / "recipes" / "xmind-sample.yaml", "one's own stands before the shipped one"
    assert load("mine", added=tmp_path / "recipes").name == GOOD["name"]
    assert named(tmp_path / "nowhere") == named() == shipped()
    with pytest.raises(RecipeError, match=r"no recipe 'mime': neither a file nor one of mine, .*Did you mean mine\?"):
        load("mime", added=tmp_path / "recipes")


@pytest.mark.parametrize("name", shipped())
def test_shipped_recipes_load_by_name(name):
    recipe = load(name)
    assert recipe.name == name
    assert load(shipped()[name]) == recipe


def models(annotation):
    own = [annotation] if isinstance(annotation, type) and issubclass(annotation, BaseModel) else []
    inner = [field.annotation for model in own for field in model.model_fields.values()] + list(get_args(annotation))
    return own + [model for each in inner for model in models(each)]


@pytest.mark.parametrize("model", dict.fromkeys(models(Recipe)), ids=lambda model: model.__name__)
def test_every_key_is_described_and_unknown_ones_are_refused(model):
    silent = [name for name, field in model.model_fields.items() if not field.description]
    assert silent == []
    assert model.model_config["extra"] == "forbid"


@pytest.mark.parametrize("version", ["1.0", "v1.0.0", "1.0.0-rc1", "1.0.0\n", "", "01.0.0", "1.00.0", "1.0.01", "1.0.٣"])
def test_what_is_no_version(version):
    with pytest.raises(RecipeError, match="version"):
        parse(changed("release", {"version": version}))


@pytest.mark.parametrize("version", ["auto", "0.0.0", "1.0.0", "10.20.30"])
def test_what_is_a_version(version):
    assert parse(changed("release", {"version": version})).release.version == version


def test_a_key_given_twice_is_an_error(write):
    recipe = write("twice.yaml", text(GOOD) + "title: Another\n")
    with pytest.raises(RecipeError, match=r"line .*key 'title' given twice"):
        load(recipe)


def test_the_model_folder_is_looked_for_like_the_source(write, tmp_path):
    write("recipes/model/model.bin", "")
    recipe = write("recipes/trial.yaml", text(changed("translate.model", "model")))
    assert Path(load(recipe).translate.model) == tmp_path / "recipes" / "model"
    assert parse(GOOD).translate.model == "demo"
