"""The rows of a sample are chosen by a rule that a reader can check."""

import pytest

from tasks.sample import LONGEST, MOST, sample
from tests.tasks.releases import entity, release

ACCEPT, FLAG, REJECT = ({"verdict": v, "reasons": [] if v == "accept" else ["loop"], "tried": []} for v in ("accept", "flag", "reject"))
ENTITIES = [{"field": "text", "column": "entities", "format": "mind"}]


def rows(count, **changes):
    return [{"id": f"r{i}", "text": f"Row {i}", **changes} for i in range(count)]


def translated(source, **verdicts):
    """Translations of rows; verdicts by id."""
    given = [verdicts.get(row["id"], ACCEPT) for row in source]
    return [{**row, "text": None if q is REJECT else "x", "text_quality": q} for row, q in zip(source, given, strict=True)]


def test_rows_are_spread_over_the_shard(manifest, tmp_path):
    source = rows(80)
    made = release(tmp_path, manifest(), {"eng_Latn": source, "fin_Latn": translated(source)})
    taken = sample(made, tmp_path)
    assert taken.ids == [f"r{i}" for i in range(0, 80, 80 // MOST)]
    assert taken.rows["fin_Latn"]["r10"] == {"id": "r10", "text": "x", "text_quality": ACCEPT}


def test_rows_with_all_fields_none_too_long_and_more_spans_come_first(manifest, tmp_path):
    source = [{**row, "entities": []} for row in rows(MOST * 4)]
    source[0]["text"] = None
    source[1]["text"] = "x" * (LONGEST + 1)
    source[5]["entities"] = [entity("Row 5", (0, 3))]
    source[6]["entities"] = [entity("Row 6", (0, 3), (4, 5))]
    made = release(tmp_path, manifest(), {"eng_Latn": source}, annotations=ENTITIES)
    assert sample(made, tmp_path).ids[:3] == ["r2", "r6", "r8"]


@pytest.mark.parametrize(
    ("verdicts", "gone", "doubted"),
    [
        ({"r77": REJECT}, (), {"r77"}),
        ({"r3": FLAG, "r5": FLAG, "r78": REJECT}, (), {"r3", "r78"}),  # what was rejected comes before what was flagged
        ({"r5": FLAG}, ("r71", "r73"), {"r71", "r73"}),  # rows that were rejected as a whole
        ({"r1": REJECT, "r2": REJECT, "r4": REJECT}, (), {"r1", "r2"}),
    ],
)
def test_rows_in_which_a_check_fired_are_among_them(manifest, tmp_path, verdicts, gone, doubted):
    source = rows(80)
    finnish = [row for row in translated(source, **verdicts) if row["id"] not in gone]
    made = release(tmp_path, manifest(), {"eng_Latn": source, "ron_Latn": translated(source), "fin_Latn": finnish})
    ids = sample(made, tmp_path).ids
    assert len(ids) == MOST
    assert {i for i in ids if i in {*verdicts, *gone}} == doubted


def test_a_row_doubted_twice_is_one_row(manifest, tmp_path):
    source = rows(80)
    tables = {"eng_Latn": source, "ron_Latn": translated(source, r77=FLAG), "fin_Latn": translated(source, r77=REJECT)}
    ids = sample(release(tmp_path, manifest(), tables), tmp_path).ids
    assert "r77" in ids
    assert len(ids) == MOST


def test_ids_may_be_numbers_and_shards_without_rows_are_passed_over(manifest, tmp_path):
    source = [{"id": i, "text": "x"} for i in range(3)]
    made = release(tmp_path, manifest(), {"eng_Latn": [[], source], "fin_Latn": [[], translated(source)]})
    assert list(sample(made, tmp_path).rows["fin_Latn"]) == [0, 1, 2]


@pytest.mark.parametrize("tables", [{"eng_Latn": [], "fin_Latn": []}, {"eng_Latn": [[], []], "fin_Latn": [[], []]}])
def test_no_rows_no_sample(manifest, tmp_path, tables):
    assert sample(release(tmp_path, manifest(), tables), tmp_path) is None


def test_behaviors_have_no_texts(manifest, tmp_path):
    made = release(tmp_path, manifest(), {"eng_Latn": rows(3)})
    behaviors = made.configs["eng_Latn"].model_copy(update={"kind": "behaviors", "splits": {}})
    made = made.model_copy(update={"configs": {**made.configs, "behaviors": behaviors}})
    assert list(sample(made, tmp_path).rows) == ["eng_Latn"]
