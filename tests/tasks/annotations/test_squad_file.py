import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.annotations.squad import read
from tasks.annotations.squad_file import document_of, dumps, questions, rewritten

OLDER = {
    "data": [
        {
            "title": "Nauru",
            "paragraphs": [
                {
                    "context": "Nauru is an island. It has no capital.",
                    "qas": [
                        {"answers": [{"answer_start": 12, "text": "island"}], "question": "What is Nauru?", "id": "a"},
                        {"answers": [], "question": "Its capital?", "id": "b"},
                    ],
                },
                {"context": "É", "qas": [{"answers": [{"answer_start": 0, "text": "É"}], "question": "?", "id": "c"}]},
            ],
        }
    ],
    "version": "1.1",
}
NEWER = {
    "version": "v2.0",
    "data": [
        {
            "title": "Nauru",
            "paragraphs": [
                {
                    "qas": [
                        {"question": "?", "id": "a", "answers": [{"text": "Nauru", "answer_start": 0}], "is_impossible": False},
                        {
                            "plausible_answers": [{"text": "island", "answer_start": 12}],
                            "question": "??",
                            "id": "b",
                            "answers": [],
                            "is_impossible": True,
                        },
                    ],
                    "context": "Nauru is an island.",
                }
            ],
        }
    ],
}


@pytest.mark.parametrize("document", [OLDER, NEWER])
@pytest.mark.parametrize("escaped", [True, False])
@pytest.mark.parametrize("end", ["", "\n"])
def test_a_file_to_rows_to_the_same_file(document, escaped, end):
    content = json.dumps(document, ensure_ascii=escaped) + end
    rows = [question.row for question in questions(json.loads(content))]
    assert dumps(document_of(rows), like=content) == content
    assert dumps(rewritten(json.loads(content), lambda row: row), like=content) == content


def test_a_row_has_its_context_and_answers_in_columns():
    first, _, third = (question.row for question in questions(OLDER))
    assert first == {
        "id": "a",
        "title": "Nauru",
        "context": "Nauru is an island. It has no capital.",
        "question": "What is Nauru?",
        "answers": {"text": ["island"], "answer_start": [12]},
        "is_impossible": None,
        "plausible_answers": None,
    }
    assert third["context"] == "É"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None}, "id is NoneType, expected text"),
        ({"question": 5}, "question is int, expected text"),
        ({"is_impossible": "no"}, "is_impossible is str, expected true or false"),
        ({"answers": {"text": ["a"]}}, "answers are not a list of {text, answer_start}"),
        ({"answers": [{"text": "a", "answer_start": "0"}]}, "answers are not a list of {text, answer_start}"),
        ({"answers": [{"text": "a", "answer_start": 2**31}]}, "answers are not a list of {text, answer_start}"),
        ({"plausible_answers": [{"text": "a"}]}, "plausible_answers are not a list of {text, answer_start}"),
        ({"answers": [{"text": "nowhere", "answer_start": 900}]}, None),  # the annotation's fault, not the row's
        ({"answers": None}, None),
        ({"more": 1}, None),
    ],
)
def test_a_question_is_a_row_or_says_why_not(change, reason):
    document = {"data": [{"paragraphs": [{"context": "A text.", "qas": [{"id": "a", "question": "?", "answers": []} | change]}]}]}
    ((_, fault),) = questions(document)
    assert (fault is None) if reason is None else fault.startswith(reason)
    assert rewritten(document, lambda row: row) == document


@pytest.mark.parametrize("data", [None, 5, [None], [{"paragraphs": 3}], [{"paragraphs": [{"qas": None}]}]])
def test_what_holds_no_question_has_none(data):
    assert list(questions({"data": data})) == []


def test_a_question_that_is_no_object_is_seen():
    ((_, fault),) = questions({"data": [{"title": "t", "paragraphs": [{"context": "c", "qas": ["?"]}]}]})
    assert fault == "id is NoneType, expected text"


def test_a_rewritten_file_keeps_its_keys_and_their_order():
    document = {
        "data": [{"paragraphs": [{"qas": [{"id": "a", "x": 1, "answers": [{"text": "text", "answer_start": 2}]}], "context": "A text"}]}]
    }
    document["data"][0]["paragraphs"][0]["qas"][0]["question"] = "?"
    new = {"context": "Teksti", "question": "??", "answers": {"text": ["Teksti"], "answer_start": [0]}}
    out = rewritten(document, lambda row: row | new)
    (paragraph,) = out["data"][0]["paragraphs"]
    assert json.dumps(paragraph) == json.dumps(
        {"qas": [{"id": "a", "x": 1, "answers": [{"text": "Teksti", "answer_start": 0}], "question": "??"}], "context": "Teksti"}
    )


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)


@st.composite
def rows(draw):
    contexts = draw(st.lists(st.tuples(TEXT, TEXT), max_size=5))
    found = []
    for i, (title, context) in enumerate(contexts):
        starts = draw(st.lists(st.integers(0, len(context)), max_size=3))
        answers = {"text": [context[start:] for start in starts], "answer_start": starts}
        found.append({"id": str(i), "title": title, "context": context, "question": draw(TEXT), "answers": answers})
    newer = draw(st.booleans())
    return [row | {"is_impossible": draw(st.booleans()) if newer else None, "plausible_answers": None} for row in found]


@given(rows(), st.booleans())
def test_rows_to_a_file_to_the_same_rows(rows, escaped):
    content = json.dumps(document_of(rows), ensure_ascii=escaped)
    assert [question.row for question in questions(json.loads(content))] == rows
    assert dumps(rewritten(json.loads(content), lambda row: row), like=content) == content


@pytest.mark.parametrize("target", ["cmn", "tha", "arb", "hin"])
def test_xquad_to_rows_to_xquad(shared, target):
    """Keys in XQuAD's order: answers, id, question; answer_start before text."""
    paragraphs = []
    for line in (shared / f"data/projection/xquad_eng_{target}.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        text = row["target"]
        answers = {g["label"]: [{"answer_start": g["start"], "text": text[g["start"] : g["end"]]}] for g in row["gold"]}
        paragraphs.append({"context": text, "qas": [{"answers": a, "id": id, "question": f"{id}?"} for id, a in answers.items()]})
    content = json.dumps({"data": [{"paragraphs": paragraphs, "title": "XQuAD"}], "version": "1.1"})
    document = json.loads(content)
    found = list(questions(document))
    assert len(found) > 500
    assert all(f.fault is None for row, _ in found for f in read(row["answers"], row["context"]))
    assert dumps(rewritten(document, lambda row: row), like=content) == content
    assert list(questions(document_of(row for row, _ in found))) == found
