"""project alone: one target span for each span, in every format."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data.demo.grammar import SOURCE, sample_sentence
from tests.flows.test_files import load, save

LANGUAGES = ["--source-language", "en", "--target-language", "ro"]
KEYS = ["start", "end", "label", "score", "method", "status", "reason"]


def span(text: str, surface: str, **more: Any) -> dict[str, Any]:
    start = text.find(surface)
    return {"start": start, "end": start + len(surface), "label": "NAME", **more}


def rows(count: int = 120, code: str = "ron_Latn") -> list[dict[str, Any]]:
    """Sentences of the demo grammar in two languages; the spans are names, the gold their places in the translation."""
    rng = random.Random(5)
    found = []
    for number in range(count):
        production = sample_sentence(rng)
        names = [
            slot.spans for slot in production.slots if slot.entity and len(slot.spans.get(SOURCE, ())) == len(slot.spans.get(code, ()))
        ]
        spans, gold = ([{"start": a, "end": b, "label": "NAME"} for name in names for a, b in name[key][:1]] for key in (SOURCE, code))
        texts = {"source": production.text[SOURCE], "target": production.text[code]}
        found.append({"id": number, **texts, "spans": spans, "gold": gold})
    return found


def spans_of(frame: pl.DataFrame, name: str) -> list[Any]:
    return [json.loads(value) if isinstance(value, str) else value for value in frame[name].to_list()]


@pytest.mark.parametrize("ending", [".parquet", ".jsonl", ".csv", ".tsv"])
def test_a_target_span_for_each(babelmill: Callable[..., Any], tmp_path: Path, ending: str) -> None:
    frame = pl.DataFrame(rows()).drop("gold")
    flat = frame.with_columns(pl.Series("spans", [json.dumps(value) for value in frame["spans"].to_list()]))
    source = save(flat if ending in (".csv", ".tsv") else frame, tmp_path / f"in{ending}")
    target = tmp_path / "sub" / f"out{ending}"
    said = babelmill("project", source, target, *LANGUAGES, "--json")
    assert said.code == 0, said.err
    found = load(target)
    assert found.columns == ["id", "source", "target", "spans", "target_spans"]
    assert found["id"].cast(pl.Int64).to_list() == list(range(120))
    given, placed = spans_of(found, "spans"), spans_of(found, "target_spans")
    assert [len(row) for row in placed] == [len(row) for row in given]
    flat_spans = [(text, one) for text, row in zip(found["target"].to_list(), placed, strict=True) for one in row]
    assert all(list(one) == KEYS for _, one in flat_spans)
    good = [one for _, one in flat_spans if one["status"] == "projected"]
    assert all(0 <= one["start"] < one["end"] <= len(text) for text, one in flat_spans if one["status"] == "projected")
    assert all(one["start"] is one["end"] is one["score"] is one["method"] is None for _, one in flat_spans if one["status"] == "dropped")
    summary = json.loads(said.out)
    assert (summary["rows"], summary["spans"], summary["projected"]) == (120, len(flat_spans), len(good))
    assert sum(summary["dropped"].values()) == len(flat_spans) - len(good)
    assert len(good) > 0.95 * len(flat_spans)
    again = tmp_path / f"again{ending}"
    assert babelmill("project", source, again, *LANGUAGES).code == 0
    assert again.read_bytes() == target.read_bytes()


@pytest.mark.parametrize(("code", "least"), [("ron_Latn", 0.94), ("hin_Deva", 0.97), ("cmn_Hans", 0.9)])
def test_names_land_where_the_demo_grammar_puts_them(babelmill: Callable[..., Any], tmp_path: Path, code: str, least: float) -> None:
    given = rows(400, code)
    source, target = save(pl.DataFrame(given), tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    assert babelmill("project", source, target, "--source-language", "en", "--target-language", code).code == 0
    places = [[(one["start"], one["end"]) for one in row] for row in load(target)["target_spans"].to_list()]
    gold = [[(one["start"], one["end"]) for one in row["gold"]] for row in given]
    right = sum(x == y for mine, theirs in zip(places, gold, strict=True) for x, y in zip(mine, theirs, strict=True))
    assert right > least * sum(map(len, gold))


def test_rows_that_give_nothing_to_do(babelmill: Callable[..., Any], tmp_path: Path) -> None:
    text = "Anna sees 12 ships."
    cases: list[tuple[str | None, str | None, list[Any] | None, list[Any] | None]] = [
        (text, "Anna vede 12 nave.", [span(text, "Anna"), span(text, "12")], [("Anna", None), ("12", None)]),
        (text, "Anna vede 12 nave.", [], []),
        (text, "Anna vede 12 nave.", None, None),
        (text, None, [span(text, "Anna")], [(None, "empty translation")]),
        (text, "", [span(text, "Anna")], [(None, "empty translation")]),
        (text, " ", [span(text, "Anna")], [(None, "empty translation")]),
        (None, "Anna", [span(text, "Anna")], [(None, "0..4 is outside the text of 0 code points")]),
        (None, None, [], []),
        (text, "Anna vede.", [{"start": 3, "end": 3, "label": "X"}], [(None, "is empty at 3")]),
        (text, "Anna vede.", [{**span(text, "Anna"), "surface": "Bob"}], [(None, "is not its surface form")]),
        (text, "Anna vede.", [{**span(text, "Anna"), "text": "Anna"}], [("Anna", None)]),
        (text, "Anna vede.", [span(text, "Anna"), None], [("Anna", None), None]),
        (text, "Anna vede.", [{"start": 0, "end": None, "label": "X"}], [(None, "has no end")]),
    ]
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps({"source": a, "target": b, "spans": c}) + "\n" for a, b, c, _ in cases), "utf-8")
    said = babelmill("project", source, tmp_path / "out.jsonl", *LANGUAGES, "--json")
    assert said.code == 0, said.err
    found = load(tmp_path / "out.jsonl").rows(named=True)
    for row, (_, target, _, expected) in zip(found, cases, strict=True):
        if row["target_spans"] is None:
            assert expected is None
            continue
        told = [
            one and ((target or "")[one["start"] : one["end"]] if one["start"] is not None else None, one["reason"])
            for one in row["target_spans"]
        ]
        assert told == expected
    summary = json.loads(said.out)
    assert summary["dropped"] == {"bad offsets": 4, "empty translation": 3}


@pytest.mark.parametrize("content", ["", '{"source": "a", "target": "b", "spans": []}\n'])
def test_files_without_spans(babelmill: Callable[..., Any], tmp_path: Path, content: str) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.parquet"
    source.write_text(content)
    said = babelmill("project", source, target, *LANGUAGES, "--json")
    assert said.code == 0, said.err
    assert json.loads(said.out)["spans"] == 0
    assert load(target)["target_spans"].to_list() == [[]] * content.count("\n")


def test_the_attention_aligner(babelmill: Callable[..., Any], tmp_path: Path) -> None:
    source, target = save(pl.DataFrame(rows(12)), tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    said = babelmill("project", source, target, *LANGUAGES, "--aligner", "attention", "--json")
    assert said.code == 0, said.err
    methods = {one["method"] for row in load(target)["target_spans"].to_list() for one in row}
    assert "attention" in methods
    assert "statistical" not in methods


@pytest.mark.parametrize(
    ("content", "options", "code", "message"),
    [
        ("source,target\na,b\n", LANGUAGES, 1, "no column 'spans'; there are source, target"),
        ("source,spans\na,[]\n", LANGUAGES, 1, "no column 'target'"),
        ("source,target,spans\na,b,nonsense\n", LANGUAGES, 1, "column 'spans' is text, but not a list of {start, end, label}"),
        ("source,target,spans\na,b,3\n", LANGUAGES, 1, "expected a list of {start, end, label}"),
        ("source,target,spans\na,b,[]\n", ["--source-language", "en", "--target-language", "eng"], 2, "both mean eng_Latn"),
        ("source,target,spans\na,b,[]\n", ["--source-language", "en", "--target-language", "rumanian"], 2, "unknown language 'rumanian'"),
        ("source,target,spans\na,b,[]\n", [*LANGUAGES, "--aligner", "attention", "--model", "/nowhere"], 1, "/nowhere"),
    ],
)
def test_wrong_files(babelmill: Callable[..., Any], tmp_path: Path, content: str, options: list[str], code: int, message: str) -> None:
    source = tmp_path / "in.csv"
    source.write_text(content)
    said = babelmill("project", source, tmp_path / "out.csv", *options)
    assert (said.code, message in said.err) == (code, True), said.err
    assert "Traceback" not in said.err
    assert not (tmp_path / "out.csv").exists()
