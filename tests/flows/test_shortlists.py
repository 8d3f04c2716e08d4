"""A build with shortlists writes with a part of the vocabulary where that says the same, and says what it found."""

from pathlib import Path

import polars as pl
import pytest
import yaml

from flows.build import Built
from schemas.resources import data_root
from tests.flows.building import run

LANGUAGES = ["hin_Deva", "cmn_Hans"]


@pytest.fixture
def recipe(tmp_path):
    """recipe(**shortlist): the sample into two languages, without variants; no shortlists if nothing is given."""

    def write(**shortlist: object) -> Path:
        values = yaml.safe_load((data_root() / "recipes" / "xmind-sample.yaml").read_text("utf-8"))
        values["translate"] |= {"into": LANGUAGES} | ({"shortlist": shortlist} if shortlist else {})
        path = tmp_path / "recipe.yaml"
        path.write_text(yaml.safe_dump(values | {"variants": []}), "utf-8")
        return path

    return write


def titles(built: Built, code: str = "hin_Deva") -> list[str]:
    return pl.read_parquet(built.release.path / code / "*.parquet")["title"].to_list()


def test_the_whole_script_says_the_same_and_is_another_engine(recipe):
    whole = run(recipe())
    first = run(recipe(sample=60))
    learnt = first.release.manifest.learnt["shortlist"]
    assert [told["used"] for told in learnt.values()] == [True, True]
    assert all(told["chrf"] >= 98 and told["identical"] > 0.95 and told["sentences"] == 60 for told in learnt.values())
    tried = 2 * 60  # of each language the sample, which the memory has by then
    assert first.run["translated"] == whole.run["translated"] - tried  # nothing is taken from the other engine
    assert sum(a == b for a, b in zip(titles(first), titles(whole), strict=True)) > 0.97 * len(titles(whole))

    second = run(recipe(sample=60))
    assert second.run["translated"] == 0
    assert second.release.manifest.learnt["shortlist"] == learnt


def test_a_language_below_the_floor_is_written_with_the_whole_vocabulary(recipe, tmp_path):
    for code in LANGUAGES:
        (tmp_path / f"{code}.txt").write_text("12\n", "utf-8")
    whole = run(recipe())
    found = run(recipe(text=str(tmp_path / "{language}.txt"), floor=99.9, sample=60))
    told = found.release.manifest.learnt["shortlist"]["hin_Deva"]
    assert not told["used"]
    assert told["chrf"] < 99.9
    assert titles(found) == titles(whole)
    assert found.run["translated"] == 0  # the memory has what the whole vocabulary says


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"text": "nowhere/{language}.txt"}, "there is no file"),
        ({"floor": 101}, "translate.shortlist.floor"),
        ({"txt": "a"}, "Did you mean text?"),
    ],
)
def test_wrong_options_name_the_way_out(babelmill, recipe, changes, message):
    said = babelmill("build", recipe(**changes))
    assert said.code == 2
    assert message in said.err
    assert "Traceback" not in said.err
