"""What differs between two releases, against what a reader of all their rows would say."""

import itertools
import math

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import IntegrityError
from schemas.manifest import Config, Rows, Split
from tasks.diff import Example, diff
from tasks.materialise import entry
from tasks.release import Release

NESTED = pa.list_(pa.struct([("label", pa.string()), ("places", pa.list_(pa.int32()))]))
SCHEMA = pa.schema([("id", pa.string()), ("text", pa.string()), ("spans", NESTED), ("score", pa.float64())])


@pytest.fixture(scope="session")
def make(scratch, manifest):
    """make(version, {config: rows or {split: [rows of each shard]}}, schema): a release on the disk."""
    count = itertools.count()

    def release(version, configs, schema=SCHEMA):
        folder = scratch / "diff" / str(next(count)) / version
        made = {}
        for name, splits in configs.items():
            splits = splits if isinstance(splits, dict) else {"train": [splits]}
            made[name] = Config(
                language=name.partition(".")[0],
                kind="translation",
                columns={each.name: str(each.type) for each in schema},
                splits={split: written(folder, f"{name}/{split}", shards, schema) for split, shards in splits.items()},
            )
        return Release(folder, manifest().model_copy(update={"version": version, "configs": made}), "")

    return release


def written(folder, stem, shards, schema):
    files = []
    for index, rows in enumerate(shards):
        path = folder / f"{stem}-{index:05d}-of-{len(shards):05d}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows, schema), path)
        files.append(entry(folder, str(path.relative_to(folder)), len(rows)))
    total = sum(map(len, shards))
    return Split(rows_in=total, rows_out=total, set_aside=0, rejected=0, fields=0, verdicts={}, reasons={}, files=tuple(files))


def row(id, text="same", spans=(), score=1.0):
    return {"id": id, "text": text, "spans": spans, "score": score}


A, B, C = row("a"), row("b"), row("c")


@pytest.mark.parametrize(
    ("old", "new", "rows", "values"),
    [
        ([A, B], [A, B], None, {}),
        ([A, B], [B, A], None, {}),  # order is no difference
        ([A, B], [A, B, C], Rows(added=1), {}),
        ([A, B], [B], Rows(removed=1), {}),
        ([A, B], [B, C], Rows(added=1, removed=1), {}),  # as many rows as before
        ([A], [row("a", "other")], Rows(changed=1), {"text": 1}),
        ([A, B], [row("a", "other", score=2.0), row("b", score=2.0)], Rows(changed=2), {"text": 1, "score": 2}),
        ([A], [row("a", None)], Rows(changed=1), {"text": 1}),
        ([row("a", "")], [row("a", None)], Rows(changed=1), {"text": 1}),
        ([row("a", spans=None)], [row("a", spans=[])], Rows(changed=1), {"spans": 1}),
        ([row("a", spans=[])], [row("a", spans=[None])], Rows(changed=1), {"spans": 1}),
        (
            [row("a", spans=[{"label": "x", "places": [1, 2]}])],
            [row("a", spans=[{"label": "x", "places": [1]}, {"label": None, "places": [2]}])],
            Rows(changed=1),
            {"spans": 1},
        ),
        ([row("a", score=0.0)], [row("a", score=-0.0)], None, {}),
        ([row("a", score=math.nan)], [row("a", score=math.nan)], None, {}),
        ([A, A], [A], Rows(removed=1), {}),  # an id that occurs twice
        ([A], [A, row("a", "second")], Rows(added=1), {}),
        ([A, row("a", "second")], [A, row("a", "mended")], Rows(changed=1), {"text": 1}),
        ([row(None)], [row(None, "other")], Rows(changed=1), {"text": 1}),
        ([], [A], Rows(added=1), {}),
        ([A], [], Rows(removed=1), {}),
        ([], [], None, {}),
    ],
)
def test_rows_are_found_again_by_their_ids(make, old, new, rows, values):
    configs = diff(make("1.0.0", {"fin_Latn": old}), make("1.0.1", {"fin_Latn": new})).configs
    assert (configs["fin_Latn"].rows if configs else None) == rows
    assert (dict(configs["fin_Latn"].values) if configs else {}) == values


CELL = st.sampled_from(["", "x", "y", None])
ROW = st.builds(
    row,
    st.sampled_from("abcdef"),
    CELL,
    st.none() | st.lists(st.fixed_dictionaries({"label": CELL, "places": st.lists(st.integers(0, 2), max_size=2)}), max_size=2),
    st.sampled_from([0.5, 1.0, None]),
)
SHARDS = st.lists(st.lists(ROW, max_size=4), min_size=1, max_size=3)


@given(SHARDS, SHARDS)
def test_it_says_what_a_reader_of_all_rows_says(make, old, new):
    found = diff(make("1.0.0", {"fin_Latn": {"train": old}}), make("1.0.1", {"fin_Latn": {"train": new}}))
    before, after = numbered(old), numbered(new)
    both = before.keys() & after.keys()
    shared = [shard for shard in old if shard and shard in new]
    if shared:  # the same file on both sides is not read, so that a second row of an id may be taken for the first
        unread = {each["id"] for shard in shared for each in shard}
        if any(key[0] in unread and key[1] for key in (*before, *after)):
            return
    changed = [key for key in both if before[key] != after[key]]
    told = found.configs["fin_Latn"] if found.configs else None
    expected = Rows(added=len(after.keys() - both), removed=len(before.keys() - both), changed=len(changed))
    assert (told.rows if told else Rows()) == expected
    for column in ("text", "spans", "score"):
        assert (told.values.get(column, 0) if told else 0) == sum(before[key][column] != after[key][column] for key in both)


def numbered(shards):
    """Rows under their id and how often it came before."""
    seen, rows = {}, {}
    for each in (each for shard in shards for each in shard):
        seen[each["id"]] = seen.get(each["id"], -1) + 1
        rows[each["id"], seen[each["id"]]] = each
    return rows


def test_configs_and_splits_that_come_and_go(make):
    old = make("1.0.0", {"fin_Latn": {"train": [[A]], "dev": [[B]]}, "ron_Latn": [A, B]})
    new = make("2.0.0", {"fin_Latn": {"train": [[A, B]]}, "cmn_Hans": [A]})
    found = diff(old, new)
    assert (found.old, found.new) == ("trial 1.0.0", "trial 2.0.0")
    assert {name: (each.presence, each.rows) for name, each in found.configs.items()} == {
        "fin_Latn": ("both", Rows(added=1, removed=1)),  # b moved from dev to train
        "cmn_Hans": ("added", Rows(added=1)),
        "ron_Latn": ("removed", Rows(removed=2)),
    }
    assert found.configs["fin_Latn"].examples == {"removed": [Example("dev", "b")], "added": [Example("train", "b")], "changed": []}


def test_columns_that_come_go_and_change_their_type(make):
    other = pa.schema([("id", pa.string()), ("text", pa.large_string()), ("score", pa.float64()), ("more", pa.string())])
    found = diff(make("1.0.0", {"fin_Latn": [A]}), make("2.0.0", {"fin_Latn": [{"id": "a", "text": "same", "score": 2.0}]}, other))
    told = found.configs["fin_Latn"]
    assert told.columns == {"text": ("string", "large_string"), "spans": (str(NESTED), None), "more": (None, "string")}
    assert (told.rows, dict(told.values)) == (Rows(changed=1), {"score": 1})


def test_ids_may_be_numbers_and_may_become_words(make):
    schema = pa.schema([("id", pa.int64()), ("text", pa.string())])
    numbers = make("1.0.0", {"fin_Latn": [{"id": 1, "text": "x"}, {"id": 2, "text": "y"}]}, schema)
    words = make("2.0.0", {"fin_Latn": [{"id": "2", "text": "z"}]}, pa.schema([("id", pa.string()), ("text", pa.string())]))
    told = diff(numbers, words).configs["fin_Latn"]
    assert told.rows == Rows(removed=1, changed=1)
    assert told.examples["changed"] == [Example("train", "2", "text", "y", "z")]
    assert told.examples["removed"] == [Example("train", "1")]


def test_the_behaviours_have_another_id(make):
    schema = pa.schema([("impression_id", pa.string()), ("user_id", pa.string())])
    rows = [{"impression_id": "1", "user_id": "u"}, {"impression_id": "2", "user_id": "u"}]
    found = diff(make("1.0.0", {"behaviors": rows}, schema), make("1.0.1", {"behaviors": rows[1:]}, schema))
    assert found.configs["behaviors"].rows == Rows(removed=1)


def test_examples_are_the_first_of_the_files_cut_and_counted(make):
    old = [row(str(i), "x" * 500 if i == 3 else "x", [{"label": "é", "places": [i]}]) for i in range(10)]
    new = [{**each, "text": "y"} for each in old[3:]]
    told = diff(make("1.0.0", {"fin_Latn": old}), make("1.0.1", {"fin_Latn": new}), examples=2).configs["fin_Latn"]
    assert told.rows == Rows(removed=3, changed=7)
    assert told.examples["removed"] == [Example("train", "0"), Example("train", "1")]
    assert told.examples["changed"] == [Example("train", "3", "text", "x" * 199 + "…", "y"), Example("train", "4", "text", "x", "y")]
    nested = [{**each, "spans": None} for each in old[:1]]
    (example,) = diff(make("1.0.2", {"a": old[:1]}), make("1.0.3", {"a": nested})).configs["a"].examples["changed"]
    assert (example.old, example.new) == ('[{"label": "é", "places": [0]}]', None)
    none = diff(make("1.1.0", {"fin_Latn": old}), make("1.1.1", {"fin_Latn": new}), examples=0).configs["fin_Latn"]
    assert none.rows == told.rows
    assert none.examples == {"added": [], "removed": [], "changed": []}


def test_a_file_that_both_have_is_not_read(make):
    old = make("1.0.0", {"fin_Latn": {"train": [[A], [B]]}})
    new = make("1.1.0", {"fin_Latn": {"train": [[A], [B], [C]]}})
    (old.path / "fin_Latn/train-00000-of-00002.parquet").unlink()
    assert diff(old, new).configs["fin_Latn"].rows == Rows(added=1)


def test_a_damaged_file_is_no_difference_but_an_error(make):
    old, new = make("1.0.0", {"fin_Latn": [A]}), make("1.0.1", {"fin_Latn": [B]})
    file = old.path / "fin_Latn/train-00000-of-00001.parquet"
    file.write_bytes(file.read_bytes().replace(b"same", b"sane"))
    with pytest.raises(IntegrityError, match=r"1\.0\.0/fin_Latn/train-00000-of-00001\.parquet: not the file that was released"):
        diff(old, new)
