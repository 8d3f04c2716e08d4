import inspect
import re

import pytest

from schemas import errors
from schemas.errors import BabelmillError, did_you_mean

CLASSES = [value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, Exception)]


def test_the_tree_in_the_docstring_is_the_tree():
    drawn = re.findall(r"^ ?(?:\|- )?(\w+Error)\b", errors.__doc__, re.MULTILINE)
    assert drawn == [kind.__name__ for kind in CLASSES]
    assert all(issubclass(kind, BabelmillError) for kind in CLASSES)
    assert all(kind.__doc__ for kind in CLASSES)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_only_a_wrong_recipe_or_command_exits_with_2(kind):
    assert kind.exit_code == (2 if kind is errors.RecipeError else 1)


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("titel", " Did you mean title, titles?"),
        ("feilds", " Did you mean fields?"),
        ("zebra", ""),
        ("", ""),
    ],
)
def test_hints_name_what_is_near_and_nothing_else(word, hint):
    assert did_you_mean(word, ["name", "title", "titles", "fields"]) == hint
    assert did_you_mean(word, []) == ""
