"""What a version changed decides its number and is kept as history."""

import pytest

from tasks.store import LocalStore
from tests.tasks.stores import commit

ROWS = {"eng_Latn": 8, "fin_Latn": 8}


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path / "releases")


@pytest.mark.parametrize(
    ("rows", "changes", "version", "change"),
    [
        (ROWS, {}, "1.2.3", "unchanged"),
        (ROWS, {"title": "Another title"}, "1.2.4", "corrections of title"),
        (ROWS, {"learnt": {"length-ratio": {"fin_Latn": 1.1}}}, "1.2.4", "corrections of learnt"),
        ({**ROWS, "ron_Latn": 8}, {}, "1.3.0", "added ron_Latn"),
        ({**ROWS, "fin_Latn": 9}, {}, "1.3.0", "rows added to fin_Latn (1)"),
        ({"eng_Latn": 8}, {}, "2.0.0", "removed fin_Latn"),
        ({**ROWS, "fin_Latn": 7}, {}, "2.0.0", "rows removed from fin_Latn (1)"),
        ({"eng_Latn": 9, "fin_Latn": 7}, {}, "2.0.0", "rows removed from fin_Latn (1)"),  # the graver change decides
        (ROWS, {"columns": {"id": "int64", "text": "string"}}, "2.0.0", "other columns in eng_Latn, fin_Latn"),
        (ROWS, {"signature": "src:elsewhere"}, "1.2.3", "unchanged"),  # how it was made is no content
    ],
)
def test_the_version_says_what_changed(store, manifest, rows, changes, version, change):
    commit(store, manifest(ROWS, version="1.2.3"))
    release = commit(store, manifest(rows, **changes))
    assert (release.manifest.version, release.change) == (version, change)
    assert len(store.versions("trial")) == (1 if change == "unchanged" else 2)


def test_rows_are_told_by_their_ids_and_not_counted(store, manifest):
    commit(store, manifest())
    assert commit(store, manifest(), first=1).change == "rows removed from eng_Latn (1), fin_Latn (1)"  # and as many added
    assert commit(store, manifest(), first=1, text="mended").change == "corrections in eng_Latn (8), fin_Latn (8)"
    assert [version.manifest.version for version in store.versions("trial")] == ["1.0.0", "2.0.0", "2.0.1"]


def test_a_version_keeps_the_history_before_it(store, manifest):
    commit(store, manifest())
    commit(store, manifest({**ROWS, "ron_Latn": 4}))
    last = commit(store, manifest({**ROWS, "ron_Latn": 4}), first=1)
    same = {"added": 1, "removed": 1}
    assert [each.model_dump(exclude_defaults=True) for each in last.manifest.changes] == [
        {"version": "1.0.0", "reason": "first version"},
        {"version": "1.1.0", "reason": "added ron_Latn", "rows": {"ron_Latn": {"added": 4}}},
        {
            "version": "2.0.0",
            "reason": "rows removed from eng_Latn (1), fin_Latn (1), ron_Latn (1)",
            "rows": {"eng_Latn": same, "fin_Latn": same, "ron_Latn": same},
        },
    ]
    assert store.latest("trial").manifest == last.manifest


def test_a_version_that_the_recipe_names_follows_the_one_below(store, manifest):
    commit(store, manifest(version="1.0.0"))
    commit(store, manifest(version="3.0.0"), first=1)
    between = commit(store, manifest(version="2.0.0", title="Other"))
    assert [(each.version, each.reason) for each in between.manifest.changes] == [
        ("1.0.0", "as the recipe says"),
        ("2.0.0", "as the recipe says"),
    ]
    assert between.manifest.changes[-1].rows == {}


def test_a_damaged_version_does_not_keep_the_next_from_being_made(store, manifest):
    first = commit(store, manifest())
    (first.path / "fin_Latn/train.parquet").write_bytes(b"spoilt")
    second = commit(store, manifest(), first=1)
    assert (second.manifest.version, second.change) == ("2.0.0", "the files of 1.0.0 are damaged and cannot be compared")
    assert second.manifest.changes[-1].rows == {}
