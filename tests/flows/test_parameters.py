"""From the words of a shell to the values that a form would send."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.parameters import members, values_of, wrong
from schemas.errors import RecipeError

FORM = {
    "properties": {
        "recipe": {"type": "string", "enum": ["xmind-sample", "news"]},
        "languages": {"type": "array", "items": {"type": "string", "enum": ["fin_Latn", "swh_Latn", "cmn_Hant"]}, "default": []},
        "limit": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}], "default": None},
        "share": {"anyOf": [{"type": "number", "maximum": 1}, {"type": "null"}]},
        "strict": {"type": "boolean", "default": False},
        "engine": {"anyOf": [{"enum": ["ctranslate2", "echo"], "type": "string"}, {"type": "null"}]},
        "changes": {"type": "array", "items": {"type": "string"}},
        "repo": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "kind": {"allOf": [{"$ref": "#/definitions/Kind"}]},
    },
    "definitions": {"Kind": {"enum": ["a", "b"], "type": "string"}},
}


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("recipe=news", "news"),
        ("languages=fin_Latn,swh_Latn", ["fin_Latn", "swh_Latn"]),
        ("languages=fin, Swahili,zho_Hant", ["fin_Latn", "swh_Latn", "cmn_Hant"]),
        ("languages=", []),
        ("limit=20", 20),
        ("limit=null", None),
        ("share=0.5", 0.5),
        ("share=1", 1.0),
        ("strict=yes", True),
        ("strict=false", False),
        ("engine=echo", "echo"),
        ("engine=", None),
        ("changes=translate.beam_size=1", ["translate.beam_size=1"]),
        ("repo=owner/name", "owner/name"),
        ("repo=20", "20"),  # a text that looks like a number stays one
        ("kind=b", "b"),
    ],
)
def test_a_word_becomes_the_value_that_the_form_would_send(word: str, value: Any) -> None:
    assert values_of([word], FORM) == {word.partition("=")[0]: value}


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("limt=20", "no parameter 'limt'; there are recipe, languages"),
        ("limt=20", "Did you mean limit?"),
        ("limit", "limit: expected NAME=VALUE"),
        ("limit=many", "limit=many: expected a whole number from 1 or null."),
        ("limit=0", "limit=0: expected a whole number from 1 or null."),
        ("limit=2.5", "expected a whole number"),
        ("share=2", "expected a number to 1 or null."),
        ("strict=maybe", "strict=maybe: expected true or false."),
        ("recipe=nws", "recipe=nws: not a choice; there are xmind-sample, news. Did you mean news?"),
        ("recipe=", "not a choice"),
        ("engine=eco", "not a choice; there are ctranslate2, echo. Did you mean echo?"),
        ("languages=fin,xx", "languages=xx: not a choice"),
        ("languages=ron", "languages=ron: not a choice"),  # a language, but none that is offered
        ("kind=c", "not a choice; there are a, b."),
    ],
)
def test_a_word_that_means_nothing_is_refused_with_what_is_near(word: str, message: str) -> None:
    with pytest.raises(RecipeError) as refused:
        values_of([word], FORM)
    assert message in str(refused.value)


def test_a_parameter_twice_or_lacking_is_refused() -> None:
    with pytest.raises(RecipeError, match="limit is given twice; a list is one word"):
        values_of(["limit=1", "limit=2"], FORM)
    with pytest.raises(RecipeError, match="recipe: needed, as in recipe=VALUE"):
        values_of([], {**FORM, "required": ["recipe"]})


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8), st.lists(st.text(max_size=3))))
def test_what_is_called_right_is_what_a_validator_of_json_schema_takes(value: Any) -> None:
    from jsonschema import Draft202012Validator

    for name, schema in FORM["properties"].items():
        right = wrong(value, members(schema, FORM)) is None
        if not (isinstance(value, float) and value.is_integer()):  # 1.0 is an integer there
            assert right == Draft202012Validator({**schema, "definitions": FORM["definitions"]}).is_valid(value), (name, value)
