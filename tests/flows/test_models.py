"""Models of the Hub as a user meets them: in a recipe, and by `babelmill models`."""

import json

import pytest

from schemas.resources import data_root
from tests.flows.building import digests, run

FILES = {
    file.name: file.read_bytes() for file in (data_root() / "demo" / "model").iterdir() if file.name not in ("README.md", "babelmill.json")
}
ROWS = [{"id": "a", "text": "The minister visited Berlin on Monday."}, {"id": "b", "text": "Germany won the match."}]


@pytest.fixture
def commit(hub):
    return hub.commit("owner/name", FILES | {"README.md": "---\nlicense: cc-by-nc-4.0\n---\n"}, model=True)


def test_a_build_with_a_model_of_the_hub_and_the_next_without_network(hub, commit, write_recipe):
    recipe = write_recipe(ROWS, license="cc-by-4.0", translate={"model": "owner/name", "into": ["ron"]})
    built = run(recipe)
    manifest = built.release.manifest
    assert (manifest.engine.model, manifest.engine.revision, manifest.engine.license) == ("owner/name", commit, "cc-by-nc-4.0")
    assert manifest.recipe["translate"]["model"] == "owner/name"
    assert manifest.recipe["translate"]["revision"] == commit
    assert built.run["warnings"] == [
        "the weights of owner/name are cc-by-nc-4.0, which bars commercial use; the result says cc-by-4.0, which allows it; ask its makers"
    ]
    card = (built.release.path / "README.md").read_text("utf-8")
    assert f"`owner/name` at commit `{commit}`, weights under cc-by-nc-4.0, sha256" in card
    assert "| the weights of owner/name | cc-by-nc-4.0 |" in card
    before = digests(built.release.path)
    hub.__exit__()
    again = run(recipe)
    assert (again.release.change, again.run["translated"]) == ("unchanged", 0)
    assert digests(again.release.path) == before


def test_the_same_model_by_folder_needs_no_second_translation(hub, commit, write_recipe):
    """The memory knows weights, not where they lie."""
    run(write_recipe(ROWS, translate={"model": "demo", "into": ["ron"]}))
    digest = run(write_recipe(ROWS, name="other", translate={"model": "owner/name", "into": ["ron"]})).release.manifest.engine.digest
    assert digest == run(write_recipe(ROWS, translate={"model": "demo", "into": ["ron"]})).release.manifest.engine.digest


def test_the_commands(hub, commit, babelmill, home):
    assert babelmill("models").err.startswith("no models yet")
    said = babelmill("models", "fetch", "owner/name")
    assert said.code == 0
    assert f"owner--name@{commit[:12]}-as-is" in said.out
    assert "cc-by-nc-4.0" in said.out
    (row,) = json.loads(babelmill("models", "--json").out)
    assert row["target"] == row["source"] == ["cmn_Hans", "eng_Latn", "hin_Deva", "ron_Latn"]
    assert (row["repo"], row["revision"], row["convention"]) == ("owner/name", commit, "nllb")
    (home / "models" / row["name"] / "babelmill.json").write_text('{"no": 1}')
    listed = babelmill("models")
    assert (listed.code, "babelmill.json: no: Extra inputs" in listed.out + listed.err) == (0, True)
    assert babelmill("models", "remove", row["name"]).code == 0
    assert json.loads(babelmill("models", "--json").out) == []
    wrong = babelmill("models", "remove", row["name"])
    assert (wrong.code, wrong.err.startswith("RecipeError: no model ")) == (2, True)


@pytest.mark.parametrize(
    ("translate", "code", "message"),
    [
        ({"model": "owner/nobody", "into": ["ron"]}, 1, "EngineError: owner/nobody: no such model at http://127"),
        ({"model": "owner/name", "revision": "v9", "into": ["ron"]}, 1, "EngineError: owner/name@v9: no revision 'v9'"),
        ({"model": "demo", "revision": "v9", "into": ["ron"]}, 2, "translate.revision: for models of the Hub alone; demo is none"),
        (
            {"model": "owner/name", "into": ["fin"]},
            1,
            "EngineError: model 'owner/name' has no fin_Latn (Finnish); it has cmn_Hans, eng_Latn",
        ),
    ],
)
def test_what_cannot_be(hub, commit, babelmill, write_recipe, translate, code, message):
    said = babelmill("build", write_recipe(ROWS, translate=translate))
    assert said.code == code
    assert message in said.err
    assert "Traceback" not in said.err


def test_a_file_is_translated_with_a_model_of_the_hub(hub, commit, babelmill, tmp_path):
    (tmp_path / "in.jsonl").write_text(json.dumps(ROWS[0]) + "\n")
    languages = ("--source-language", "en", "--target-language", "ro")
    said = babelmill("translate", tmp_path / "in.jsonl", tmp_path / "out.jsonl", *languages, "--model", "owner/name")
    assert said.code == 0, said.err
    assert json.loads((tmp_path / "out.jsonl").read_text("utf-8"))["translation"]
