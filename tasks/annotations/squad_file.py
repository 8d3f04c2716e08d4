"""SQuAD's JSON files (versions 1.1 and 2.0): from articles to one row a question, and back."""

import json
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from itertools import groupby
from typing import Any, NamedTuple

Json = dict[str, Any]


class Question(NamedTuple):
    """A question of a file, as schemas.frames.SQUAD has it."""

    row: Json
    fault: str | None = None  # why it cannot be a row


def questions(document: Json) -> Iterator[Question]:
    """Every question in order: a row for each, since answers count in a context per question, and ids are questions'.

    A context comes again with each of its questions; the translation memory translates it once.
    """
    for article, paragraph, qa in _walk(document):
        row = {
            "id": qa.get("id"),
            "title": article.get("title"),
            "context": paragraph.get("context"),
            "question": qa.get("question"),
            "answers": qa.get("answers"),
            "is_impossible": qa.get("is_impossible"),
            "plausible_answers": qa.get("plausible_answers"),
        }
        fault = _fault(row)
        yield Question(row if fault else {**row, **{key: _columns(row[key]) for key in ("answers", "plausible_answers")}}, fault)


def _walk(document: Json) -> Iterator[tuple[Json, Json, Json]]:
    """(article, paragraph, question); what is none of these counts as an empty one, so that no question goes unseen."""
    for article in _objects(document.get("data")):
        for paragraph in _objects(article.get("paragraphs")):
            for qa in _objects(paragraph.get("qas")):
                yield article, paragraph, qa


def _objects(value: object) -> list[Json]:
    return [each if isinstance(each, dict) else {} for each in value] if isinstance(value, list) else []


def _fault(row: Json) -> str | None:
    for key in ("id", "title", "context", "question"):
        if not isinstance(row[key], str) and not (key == "title" and row[key] is None):
            return f"{key} is {type(row[key]).__name__}, expected text"
    if not isinstance(row["is_impossible"], bool | None):
        return f"is_impossible is {type(row['is_impossible']).__name__}, expected true or false"
    for key in ("answers", "plausible_answers"):
        answers = row[key]
        if answers is not None and not (isinstance(answers, list) and all(_sound(answer) for answer in answers)):
            return f"{key} are not a list of {{text, answer_start}} with text and a whole number"
    return None


def _sound(answer: object) -> bool:
    return (
        isinstance(answer, dict)
        and isinstance(answer.get("text"), str)
        and type(answer.get("answer_start")) is int
        and abs(answer["answer_start"]) < 2**31
    )


def _columns(answers: list[Json] | None) -> dict[str, list[Any]] | None:
    return None if answers is None else {key: [answer[key] for answer in answers] for key in ("text", "answer_start")}


def _list(answers: dict[str, list[Any]] | None) -> list[Json]:
    answers = answers or {"text": [], "answer_start": []}
    return [{"text": text, "answer_start": start} for text, start in zip(answers["text"], answers["answer_start"], strict=True)]


def document_of(rows: Iterable[Json]) -> Json:
    """A file of rows, keys in the order of SQuAD 2.0, or of 1.1 where no row says is_impossible.

    Consecutive rows of one title are an article, those of one context in it a paragraph.
    """
    rows = list(rows)
    newer = any(row.get("is_impossible") is not None for row in rows)
    data = []
    for title, article in groupby(rows, key=lambda row: row.get("title")):
        paragraphs = []
        for context, paragraph in groupby(article, key=lambda row: row["context"]):
            qas = [_newer(row) if newer else _older(row) for row in paragraph]
            paragraphs.append({"qas": qas, "context": context} if newer else {"context": context, "qas": qas})
        data.append({"title": title, "paragraphs": paragraphs})
    return {"version": "v2.0", "data": data} if newer else {"data": data, "version": "1.1"}


def _newer(row: Json) -> Json:
    plausible = {"plausible_answers": _list(row["plausible_answers"])} if row.get("plausible_answers") is not None else {}
    impossible = bool(row.get("is_impossible"))
    return {**plausible, "question": row["question"], "id": row["id"], "answers": _list(row.get("answers")), "is_impossible": impossible}


def _older(row: Json) -> Json:
    answers = [{"answer_start": a["answer_start"], "text": a["text"]} for a in _list(row.get("answers"))]
    return {"answers": answers, "question": row["question"], "id": row["id"]}


def rewritten(document: Json, change: Callable[[Json], Json]) -> Json:
    """A file in which every question is what `change` makes of its row; its own order of keys and all other keys stay.

    Questions of a paragraph must get the same context. Faulty ones stay as they are.
    """
    document = deepcopy(document)
    before = list(questions(document))
    for (article, paragraph, qa), (row, fault) in zip(_walk(document), before, strict=True):
        if fault is None:
            new = change(row)
            for place, key in ((article, "title"), (paragraph, "context"), (qa, "question")):
                if key in place:
                    place[key] = new[key]
            for key in ("answers", "plausible_answers"):
                if key in qa and new[key] is not None:
                    order = list(qa[key][0]) if qa[key] else ["text", "answer_start"]
                    qa[key] = [{name: answer[name] for name in order if name in answer} for answer in _list(new[key])]
    return document


def dumps(document: Json, like: str = "") -> str:
    """A file's text. like: the text it was read from, whose way with letters beyond ASCII and last line end is kept."""
    return json.dumps(document, ensure_ascii=like.isascii()) + ("\n" if like.endswith("\n") else "")
