"""Packages and recipes: each finding good and broken."""

import pytest
from packaging.requirements import Requirement

from flows.doctor.installation import known_to_work, packages, python, recipes
from schemas.recipe_file import shipped


def test_python_and_packages_of_this_installation_are_in_order():
    assert [each.state for look in (python, packages) for each in look()] == ["ok", "ok", "ok"]


@pytest.mark.parametrize(
    ("there", "state", "says"),
    [
        ({"fastapi": "0.150.0", "polars": "2.1"}, "ok", "2, all in versions"),
        ({"fastapi": "0.165.0", "polars": "2.1"}, "BAD", "fastapi is 0.165.0, known to work is <0.151. pip install 'fastapi<0.151'"),
        ({"fastapi": "0.150.0"}, "BAD", "polars is missing, known to work is >=2.1. pip install 'polars>=2.1'"),
        ({"fastapi": "0.150.0", "polars": "2.2.0rc1"}, "ok", "2, all"),
    ],
)
def test_a_version_that_is_known_to_break_is_named_with_one_that_works(there, state, says):
    found = known_to_work([Requirement("fastapi<0.151"), Requirement("polars>=2.1")], there)
    assert found.state == state
    assert says in found.found


def test_of_recipes_that_people_add_the_wrong_key_is_named(home):
    [before] = recipes()
    assert (before.state, f"{len(shipped())} can be built; put your own into {home / 'recipes'}" == before.found) == ("ok", True)
    (home / "recipes").mkdir(parents=True)
    (home / "recipes" / "good.yaml").write_text(next(iter(shipped().values())).read_text())
    (home / "recipes" / "wrong.yaml").write_text("name: wrong\ntitel: T\n")
    (home / "recipes" / "short.yml").write_text("")
    (home / "recipes" / "notes.txt").write_text("")
    found = {each.what: each for each in recipes()}
    assert {what: each.state for what, each in found.items()} == {"recipe wrong": "BAD", "recipes": "ok", "recipe short": "BAD"}
    assert "titel: unknown key. Did you mean title?" in found["recipe wrong"].found
    assert f"{len(shipped()) + 1} can be built; 1 of them in" in found["recipes"].found
