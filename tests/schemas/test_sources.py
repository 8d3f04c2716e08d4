from pathlib import Path

import pytest

from schemas.errors import RecipeError
from schemas.recipe_file import parse


def source(**values):
    rest = {"name": "trial", "title": "A trial", "language": "eng_Latn", "fields": ["text"]}
    return parse(rest | {"translate": {"engine": "echo", "into": ["fin_Latn"]}, "source": values}).source


@pytest.mark.parametrize(
    ("values", "name", "where"),
    [
        ({"format": "jsonl", "path": "/data/rows.jsonl"}, "rows.jsonl", "/data/rows.jsonl"),  # a release does not tell folders
        ({"format": "hub", "repo": "owner/name"}, "owner/name", "owner/name"),
        ({"format": "hub", "repo": "squad"}, "squad", "squad"),  # old datasets have no owner
        ({"format": "hub", "repo": "owner/name", "revision": "0" * 40}, f"owner/name@{'0' * 40}", f"owner/name@{'0' * 40}"),
    ],
)
def test_a_source_has_a_name_and_a_place(values, name, where):
    assert (source(**values).name, source(**values).where) == (name, where)


@pytest.mark.parametrize(
    ("values", "columns"),
    [
        ({"format": "conll", "path": "f"}, {"tokens", "tags", "spans"}),
        ({"format": "squad", "path": "f"}, {"answers", "plausible_answers"}),
        ({"format": "mind", "path": "f"}, {"title_entities", "abstract_entities"}),
        ({"format": "csv", "path": "f"}, set()),
    ],
)
def test_columns_bound_to_the_text_of_the_source(values, columns):
    assert set(source(**values).bound) == columns


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"repo": "a b"}, "source.repo: String should match pattern"),
        ({"repo": "../name"}, "source.repo: String should match pattern"),
        ({"repo": "a/b/c"}, "source.repo: String should match pattern"),
        ({"path": str(Path("x"))}, "source.repo: missing"),
        ({"repo": "a/b", "files": {"../x": "a.csv"}}, "source.files.../x: String should match pattern"),
        ({"repo": "a/b", "files": {"all": "a.csv"}}, "source.files.all: 'all' stands for every split"),
        ({"repo": "a/b", "split": "all"}, "source.split: 'all' stands for every split"),
        ({"repo": "a/b", "revison": "x"}, r"source.revison: unknown key\. Did you mean revision\?"),
    ],
)
def test_a_hub_source_that_is_none_names_its_path(values, message):
    with pytest.raises(RecipeError, match=message):
        source(format="hub", **values)
