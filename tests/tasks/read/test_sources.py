"""A recipe may name any source; what its annotations say wrong is set aside by name, the rows stay."""

import json

import pytest

from schemas.recipe_file import parse
from tasks.read import pinned
from tasks.stage import stage

CONLL = "EU B-ORG\nrejects O\nHa\u0300 B-LOC\nNội I-LOC\n\nbroken\n"
SQUAD = {
    "data": [
        {
            "title": "t",
            "paragraphs": [
                {
                    "context": "Ha\u0300 Nội is a city.",
                    "qas": [
                        {
                            "id": "a",
                            "question": "What?",
                            "answers": [{"text": "city", "answer_start": 13}, {"text": "town", "answer_start": 99}],
                        },
                        {"id": "b", "question": "Which?", "answers": []},
                    ],
                }
            ],
        }
    ]
}


def recipe(source, field, annotation=None):
    values = {"name": "trial", "title": "A trial", "language": "eng_Latn", "fields": [field], "source": source}
    values |= {"annotations": [{"field": field, **annotation}] if annotation else []}
    return parse(values | {"translate": {"engine": "echo", "into": ["fin_Latn"]}})


def staged(recipe, folder):
    plan, stage_ = stage(recipe, folder / "stage")
    chunks = plan.chunks("eng_Latn")
    return [row for chunk in chunks for row in stage_.records(chunk, plan.schema).to_pylist()], stage_


def test_conll(tmp_path, write):
    path = write("f.conll", CONLL)
    rows, stage_ = staged(recipe({"format": "conll", "path": str(path)}, "text", {"column": "spans", "format": "spans"}), tmp_path)
    (row,) = rows
    assert (row["id"], row["text"]) == ("0", "EU rejects Hà Nội")
    assert [row["text"][s["start"] : s["end"]] for s in row["spans"]] == ["EU", "Hà Nội"]
    assert [bad["line"] for bad in stage_.set_aside().to_pylist()] == [6]


def test_squad(tmp_path, write):
    path = write("f.json", json.dumps(SQUAD))
    rows, stage_ = staged(recipe({"format": "squad", "path": str(path)}, "context", {"column": "answers", "format": "squad"}), tmp_path)
    assert [row["id"] for row in rows] == ["a", "b"]
    assert rows[0]["answers"] == {"text": ["city"], "answer_start": [12]}
    (bad,) = stage_.bad_spans().to_pylist()
    assert (bad["id"], bad["reason"]) == ("a", "99..103 is outside the text of 18 code points")


@pytest.mark.parametrize("revision", [None, "main"])
def test_hub(tmp_path, hub, revision):
    line = json.dumps({"id": "x", "text": "Hi.", "spans": [{"start": 0, "end": 2, "label": "G"}]})
    sha = hub.commit("owner/name", {"data/train-00000-of-00001.jsonl": line, "data/dev-00000-of-00001.jsonl": line})
    source = {"format": "hub", "repo": "owner/name", "split": "dev", "revision": revision}
    trial = recipe(source, "text", {"column": "spans", "format": "spans"})
    trial = trial.model_copy(update={"source": pinned(trial.source)})
    rows, _ = staged(trial, tmp_path)
    assert [row["id"] for row in rows] == ["x"]
    assert trial.source.name == f"owner/name@{sha}"
