"""babelmill diff: two versions by name, for people and machines."""

import json

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.diff_cli import lines
from flows.diff_commands import compare
from schemas.errors import RecipeError
from tasks.materialise import entry, write
from tasks.store import LocalStore


@pytest.fixture
def place(tmp_path, manifest):
    """A store with three versions of `trial`, one row of 8 changed and one gone by the last, and one of `single`."""
    store = LocalStore(tmp_path / "releases")
    for name, texts in (("trial", ["a"] * 8), ("trial", ["a"] * 9), ("trial", ["\x1b[31mred\nline", *["a"] * 7]), ("single", ["a"] * 8)):
        with store.staging() as folder:
            write(pa.table({"id": [str(i) for i in range(len(texts))], "text": texts}), folder, "eng_Latn/train.parquet")
            base = manifest({"eng_Latn": len(texts)}, name=name)
            split = base.configs["eng_Latn"].splits["train"]
            split = split.model_copy(update={"files": (entry(folder, "eng_Latn/train.parquet", len(texts)),)})
            config = base.configs["eng_Latn"].model_copy(update={"splits": {"train": split}})
            store.commit(folder, base.model_copy(update={"configs": {"eng_Latn": config}}), lambda *_: None)
    return store.root


@pytest.mark.parametrize(
    ("old", "new", "pair", "level"),
    [
        ("trial", None, ("1.1.0", "2.0.0"), "major"),
        ("trial@1.0.0", None, ("1.0.0", "2.0.0"), "patch"),  # the newest has again the rows of the first
        ("trial@1.0.0", "trial@1.1.0", ("1.0.0", "1.1.0"), "minor"),
        ("trial@1.1.0", "trial@1.0.0", ("1.1.0", "1.0.0"), "major"),
        ("trial@1.0.0", "trial@1.0.0", ("1.0.0", "1.0.0"), "nothing"),
    ],
)
def test_versions_are_named(place, old, new, pair, level):
    found = compare(old, new, place, 3)
    assert (found["old"], found["new"]) == tuple(f"trial {version}" for version in pair)
    assert found["level"] == level


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("trail", None, r"no release 'trail' in .*; there are single, trial\. Did you mean trial\?"),
        ("single", None, r"single has one version, 1\.0\.0; there is nothing to compare it with yet"),
        ("trial@9.0.0", None, r"trial@9\.0\.0: no version '9\.0\.0'; there are 1\.0\.0, 1\.1\.0, 2\.0\.0"),
        ("trial", "trial@1.0.0", r"trial: which version is not said: write NAME@VERSION; there are 1\.0\.0"),
        ("../x", None, "no release '../x'"),
    ],
)
def test_a_name_that_is_none_says_what_there_is(place, old, new, message):
    with pytest.raises(RecipeError, match=message):
        compare(old, new, place, 3)


def test_a_person_reads_what_differs(place):
    told = lines(compare("trial@1.1.0", "trial@2.0.0", place, 1))
    assert told[0] == "trial 1.1.0 -> trial 2.0.0: major (rows removed from eng_Latn (1))"
    assert told[2].split() == ["eng_Latn", "0", "1", "1"]
    assert told[3:] == [
        "\neng_Latn",
        "  rows changed, by column: text 1",
        "  - train 8",
        "  ~ train 0 text\n      - a\n      + [31mred line",
    ]
    assert lines(compare("trial@2.0.0", "trial@2.0.0", place, 1))[1:] == ["no row differs"]


def test_a_machine_reads_all_of_it(place):
    result = CliRunner().invoke(app, ["diff", "trial@1.1.0", "trial@2.0.0", "--json", "--store", str(place), "--examples", "0"])
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["configs"]["eng_Latn"] == {
        "presence": "both",
        "columns": {},
        "added": 0,
        "removed": 1,
        "changed": 1,
        "values": {"text": 1},
        "examples": {"added": [], "removed": [], "changed": []},
    }
