import json

import pytest

from schemas.errors import SourceError
from schemas.frames import SQUAD
from schemas.sources import SquadSource
from tasks.read.squad import SquadReader


def read(path, rows=1000):
    return list(SquadReader(SquadSource(path=path, format="squad")).parts("train", rows))


def squad(*qas, context="Nauru is an island."):
    return json.dumps({"version": "1.1", "data": [{"title": "Nauru", "paragraphs": [{"context": context, "qas": list(qas)}]}]})


GOOD = {"id": "a", "question": "What?", "answers": [{"text": "island", "answer_start": 12}]}


def test_a_question_is_a_row_whether_its_answers_fit_or_not(write):
    astray = GOOD | {"id": "b", "answers": [{"text": "capital", "answer_start": 99}]}
    (part,) = read(write("train.json", squad(GOOD, astray)))
    assert part.table.schema == SQUAD
    first, second = part.table.to_pylist()
    assert first["answers"] == {"text": ["island"], "answer_start": [12]}
    assert (second["context"], second["answers"]) == ("Nauru is an island.", {"text": ["capital"], "answer_start": [99]})
    assert part.where == [("train.json", 1), ("train.json", 2)]


def test_a_question_that_is_no_row_is_set_aside(write):
    parts = read(write("f.json", squad(GOOD, {"id": 5}, "?", GOOD | {"id": "\ud800"}, GOOD | {"id": "c"})), rows=2)
    assert [part.rows_in for part in parts] == [2, 2, 1]
    assert [row["id"] for part in parts for row in part.table.to_pylist()] == ["a", "c"]
    bad = [(b.line, b.reason[:25]) for part in parts for b in part.bad]
    assert bad == [(2, "id is int, expected text"), (3, "id is NoneType, expected t"[:25]), (4, "not usable: 'utf-8' codec")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"f\.json: not a JSON file"),
        ('{"data": [', "not a JSON file"),
        (b"\xff", "not a JSON file"),
        ("[" * 100_000, "not a JSON file"),
        ("[]", "no list `data` in it. For an object a line, take format: jsonl"),
        ('{"data": {}}', "no list `data` in it"),
    ],
)
def test_a_file_that_is_none_is_an_error(write, content, message):
    with pytest.raises(SourceError, match=message):
        read(write("f.json", content))


def test_a_file_without_questions_tells_its_columns(write):
    (part,) = read(write("f.json", '{"data": []}'))
    assert (part.rows_in, part.table.schema) == (0, SQUAD)


def test_a_byte_order_mark_is_no_fault(write):
    (part,) = read(write("f.json", "\ufeff" + squad(GOOD)))
    assert part.rows_in == 1
