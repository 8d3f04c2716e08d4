"""The command `babelmill census`."""

import json

import pytest
import yaml

from schemas.recipe_file import parse
from tests.tasks.census.records import fill, record


def test_the_command_line(hub, babelmill):
    fill(hub, {f"o/d{i}": record(i) for i in range(9)})
    here = ("census", "--languages", "Korean", "--endpoint", hub.url, "--cards", "0")
    assert "9 datasets (mono 9)" in babelmill(*here).out
    hub.records["o/d3"]["tags"] = ["language:ko", "language:en"]
    hub.records["o/d4"]["downloads"] = 41
    second = babelmill(*here).out
    assert "changed: 1\n  o/d3 (languages: kor_Hang -> eng_Latn, kor_Hang, licences: mit -> none)" in second
    told = json.loads(babelmill(*here, "--changes", "1..2", "--json").out)
    assert told["changed"]["o/d3"]["licences"] == ["mit", ""]
    assert told["downloads"] == {"differ": 1, "top": [{"id": "o/d4", "old": 40, "new": 41}]}


def test_suggest_ends_in_a_recipe(hub, home, babelmill):
    tags = ["language:en", "license:cc-by-4.0", "modality:text", "size_categories:1K<n<10K", "format:json"]
    features = "dataset_info: {features: [{name: question, dtype: string}, {name: answer, dtype: string}]}"
    for name, extra in (("o/good", []), ("o/forbidden", ["license:cc-by-nd-4.0"]), ("o/there", ["language:fi"])):
        hub.commit(name, {"README.md": f"---\n{features}\n---\n"})
        hub.records[name] = {"tags": [*tags, *extra], "downloads": 3}
    done = json.loads(babelmill("census", "--suggest", "--languages", "fi,sw", "--endpoint", hub.url, "--json").out)
    assert [row["id"] for row in done["sources"]] == ["o/good"]
    assert done["excluded"] == {"in Finnish already": 1, "licence allows no derivatives, or no passing on": 1}
    recipe = parse(yaml.safe_load(done["recipe"]))
    assert (recipe.source.repo, recipe.fields, recipe.translate.into) == ("o/good", ("question", "answer"), ("fin_Latn", "swh_Latn"))
    assert babelmill("census", "--suggest", "--source", "o/there", "--languages", "fi", "--endpoint", hub.url).code == 2
    assert not (home / "releases").exists()


def test_suggest_needs_no_language(hub, babelmill):
    fill(hub, {"o/d": record(tags=["language:en"])})
    said = babelmill("census", "--suggest", "--endpoint", hub.url)
    assert said.code == 0, said.err
    assert "0 of 0 looked at" in said.out, "it has no modality"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "what should be counted?"),
        (("--languages", "korrean"), "unknown language 'korrean'. Did you mean kor_Hang"),
        (("--languages", "ko", "--tasks", "a b"), "--tasks: no task category"),
        (("--languages", "ko", "--author", "../x"), "--author: "),
        (("--languages", "ko", "--limit", "0"), "--limit: "),
        (("--languages", "ko", "--calls", "0"), "--calls is a number from 1"),
        (("--languages", "ko", "--changes", "now"), "expected two snapshots, as in 3..5"),
        (("--languages", "ko", "--changes", ".."), "there are none yet"),
        (("--languages", "ko", "--endpoint", "http://user:secret@hub"), "without user and password"),
    ],
)
def test_mistakes_are_told(babelmill, arguments, words):
    said = babelmill("census", *arguments)
    assert (said.code, words in said.err) == (2, True), said.err
    assert "secret" not in said.err


def test_no_token_is_kept(hub, home, babelmill, monkeypatch):
    hub.commit("o/private", {"README.md": "---\nlanguage: [ko]\n---\n"}, private=True)
    hub.tokens["canary-5f3a"] = {"o/private"}
    monkeypatch.setenv("HF_TOKEN", "canary-5f3a")
    said = babelmill("census", "--languages", "ko", "--endpoint", hub.url)
    assert "1 datasets" in said.out, said.err
    files = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    assert not any(b"canary-5f3a" in each for each in (*files, said.out.encode(), said.err.encode()))
