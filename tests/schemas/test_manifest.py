import json

import pytest
from pydantic import ValidationError

from schemas.manifest import File, Manifest

CARD = File(path="README.md", sha256="ab", bytes=1)
REJECTS = File(path="rejected/fin_Latn.parquet", sha256="cd", bytes=1, rows=1)


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"version": "2.0.0"}, True),
        ({"signature": "elsewhere"}, True),
        ({"files": (CARD,)}, True),  # the card holds the version
        ({"files": (CARD, REJECTS)}, False),
        ({"title": "Other"}, False),
        ({"license": "mit"}, False),
        ({"tools": {"polars": "2"}}, False),
        ({"learnt": {"length-ratio": {}}}, False),
        ({"rows": {"eng_Latn": 8, "fin_Latn": 7}}, False),
        ({"rows": {"eng_Latn": 8}}, False),
        ({"columns": {"id": "int64"}}, False),
    ],
)
def test_content_is_all_but_the_version(manifest, changes, same):
    assert (manifest(**changes).content() == manifest().content()) is same


def test_content_does_not_depend_on_the_order_of_keys(manifest):
    assert manifest(tools={"a": "1", "b": "2"}).content() == manifest(tools={"b": "2", "a": "1"}).content()


def test_what_is_written_is_read_back(manifest):
    whole = manifest(title="Überschrift 日本語 \u2028", files=(CARD, REJECTS))
    text = whole.text()
    assert Manifest.model_validate_json(text) == whole
    assert Manifest.model_validate_json(text).text() == text
    assert text.endswith("}\n")
    assert "日本語" in text


@pytest.mark.parametrize("changes", [{"format": 2}, {"surprise": 1}, {"name": None}])
def test_a_manifest_of_another_kind_is_refused(manifest, changes):
    values = {**json.loads(manifest().text()), **changes}
    with pytest.raises(ValidationError):
        Manifest.model_validate(values)
