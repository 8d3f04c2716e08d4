"""Switch and transliterate over files: rows keep their order and number, spans point into the new texts."""

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

PAIRS = [
    {
        "id": "a",
        "source": "The Bank of Finland is in Helsinki.",
        "target": "Suomen Pankki on Helsingissä.",
        "spans": [
            {"start": 4, "end": 19, "label": "ORG"},
            {"start": 12, "end": 19, "label": "LOC"},
            {"start": 26, "end": 34, "label": "LOC"},
        ],
        "target_spans": [
            {"start": 0, "end": 13, "label": "ORG", "score": 0.9, "method": "statistical", "status": "projected"},
            {"start": 0, "end": 6, "label": "LOC", "score": 0.9, "method": "statistical", "status": "projected"},
            {"start": None, "end": None, "label": "LOC", "score": None, "method": None, "status": "dropped"},
        ],
    },
    {"id": "b", "source": None, "target": None, "spans": [], "target_spans": []},
    {
        "id": "c",
        "source": "Oslo!",
        "target": "Oslo!",
        "spans": [{"start": 0, "end": 4, "label": ""}, {"start": 3, "end": 9, "label": ""}, {"start": 4, "end": 5, "label": ""}],
        "target_spans": [{"start": 0, "end": 4, "label": ""}, {"start": 0, "end": 4, "label": ""}, {"start": 2, "end": 99, "label": ""}],
    },
    {"id": "d", "source": "No more.", "target": None, "spans": [{"start": 3, "end": 7, "label": ""}], "target_spans": None},
]
LANGUAGES = ("--source-language", "eng", "--target-language", "fin")


def save(rows: list[dict[str, object]], path: Path) -> Path:
    if path.suffix == ".parquet":
        pl.DataFrame(rows).write_parquet(path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    else:
        flat = [{k: json.dumps(v) if isinstance(v, list) else v for k, v in row.items()} for row in rows]
        pl.DataFrame(flat).write_csv(path, separator="," if path.suffix == ".csv" else "\t")
    return path


def load(path: Path) -> list[dict[str, object]]:
    if path.suffix in (".csv", ".tsv"):
        rows = pl.read_csv(path, separator="," if path.suffix == ".csv" else "\t").to_dicts()
        return [{k: json.loads(v) if isinstance(v, str) and v[:1] == "[" else v for k, v in row.items()} for row in rows]
    return (pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_ndjson(path)).to_dicts()


@pytest.mark.parametrize("ending", [".parquet", ".jsonl", ".csv", ".tsv"])
def test_switch(babelmill: Callable[..., object], tmp_path: Path, ending: str) -> None:
    said = babelmill("switch", save(PAIRS, tmp_path / f"in{ending}"), tmp_path / f"out{ending}", *LANGUAGES, "--json")
    assert said.code == 0, said.err
    summary = json.loads(said.out)
    assert [summary[name] for name in ("rows", "spans", "switches", "misfits")] == [4, 7, 2, 2]
    assert summary["mean_code_mixing_index"] == 11.11  # of 33.33 (2 of 6 words), 0 and 0
    first, second, third, fourth = found = load(tmp_path / f"out{ending}")
    assert [row["id"] for row in found] == ["a", "b", "c", "d"]
    assert list(first) == [*PAIRS[0], "switched", "switched_tokens", "language_tags", "switches", "switched_spans"]
    assert first["switched"] == "The <fi>Suomen Pankki</fi> is in Helsinki."
    assert first["switches"] == [{"start": 8, "end": 21, "source": "Bank of Finland", "language": "fin_Latn", "method": "entity"}]
    assert first["switched_spans"] == [{"start": 8, "end": 21, "label": "ORG"}, None, {"start": 33, "end": 41, "label": "LOC"}]
    assert [first["switched"][s["start"] : s["end"]] for s in first["switched_spans"] if s] == ["Suomen Pankki", "Helsinki"]
    assert list(zip(first["switched_tokens"], first["language_tags"], strict=True))[:4] == [
        ("The", "eng_Latn"),
        ("Suomen", "fin_Latn"),
        ("Pankki", "fin_Latn"),
        ("is", "eng_Latn"),
    ]
    if ending in (".parquet", ".jsonl"):  # CSV has no null, only empty texts
        assert [second[name] for name in ("switched", "language_tags", "switches", "switched_spans")] == [None] * 4
    assert (third["switched"], [span and span["start"] for span in third["switched_spans"]]) == ("<fi>Oslo</fi>!", [4, None, 13])
    assert (fourth["switched"], fourth["switches"]) == ("No more.", [])  # no translation, nothing to put in


def test_switch_draws_from_seed_and_id(babelmill: Callable[..., object], tmp_path: Path) -> None:
    one = {"source": "a", "target": "b", "spans": [{"start": 0, "end": 1}], "target_spans": [{"start": 0, "end": 1}]}
    rows = [{"id": i, **one} for i in range(60)]

    def switched(rows: list[dict[str, object]], *options: object) -> list[object]:
        source, target = save(rows, tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
        said = babelmill("switch", source, target, *LANGUAGES, "--no-markers", "--rate", 0.5, *options)
        assert said.code == 0, said.err
        return [row["switched"] for row in load(target)]

    drawn = switched(rows)
    assert 15 < drawn.count("b") < 45
    assert switched(rows[::-1]) == drawn[::-1]
    assert switched(rows, "--seed", 14) != drawn
    assert switched([one] * 60) != drawn  # without ids, numbers from 1


@pytest.mark.parametrize(
    ("changes", "options", "code", "message"),
    [
        ({}, ("--source-language", "en", "--target-language", "eng"), 2, "both mean eng_Latn"),
        ({}, (*LANGUAGES, "--rate", "1.5"), 2, "less than or equal to 1"),
        ({"target_spans": None}, LANGUAGES, 1, "no column 'target_spans'; there are"),
        ({"spans": 3}, LANGUAGES, 1, "column 'spans' is int64, expected a list of {start, end, label}"),
        ({"spans": "[3"}, LANGUAGES, 1, "column 'spans' is text, but not a list of {start, end, label}"),
        ({"spans": '{"a": 1}'}, LANGUAGES, 1, "expected a list of {start, end, label}"),
        ({"target_spans": []}, LANGUAGES, 1, "in.jsonl row 1: 1 spans, but 0 target_spans. There must be one for each"),
    ],
)
def test_switch_says_what_is_wrong(
    babelmill: Callable[..., object], tmp_path: Path, changes: dict[str, object], options: tuple[str, ...], code: int, message: str
) -> None:
    row = {"source": "a", "target": "b", "spans": [{"start": 0, "end": 1}], "target_spans": [{"start": 0, "end": 1}]} | changes
    row = {name: value for name, value in row.items() if value is not None}
    said = babelmill("switch", save([row], tmp_path / "in.jsonl"), tmp_path / "out.jsonl", *options)
    assert (said.code, message in said.err) == (code, True), said.err
    assert not (tmp_path / "out.jsonl").exists()


def test_a_file_without_rows_has_nothing_wrong(babelmill: Callable[..., object], tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(b"")
    said = babelmill("switch", tmp_path / "in.jsonl", tmp_path / "out.parquet", *LANGUAGES)
    assert said.code == 0, said.err
    found = pl.read_parquet(tmp_path / "out.parquet")
    assert (found.height, "switched" in found.columns) == (0, True)


LINES = [
    {"n": 1, "text": "ქალაქი თბილისი.", "spans": [{"start": 7, "end": 14, "label": "LOC"}, {"start": 7, "end": 99, "label": "LOC"}]},
    {"n": 2, "text": None, "spans": None},
    {"n": 3, "text": "", "spans": []},
]


@pytest.mark.parametrize("ending", [".parquet", ".jsonl", ".csv", ".tsv"])
def test_transliterate(babelmill: Callable[..., object], tmp_path: Path, ending: str) -> None:
    said = babelmill("transliterate", save(LINES, tmp_path / f"in{ending}"), tmp_path / f"out{ending}", "--language", "ka", "--json")
    assert said.code == 0, said.err
    summary = json.loads(said.out)
    assert [summary[name] for name in ("rows", "spans", "misfits", "not_all_latin")] == [3, 2, 1, 0]
    assert summary["romaniser"].startswith("uroman 1.")
    found = load(tmp_path / f"out{ending}")
    assert [row["transliteration"] or "" for row in found] == ["khalakhi tbilisi.", "", ""]
    assert found[0]["transliteration_spans"] == [{"start": 9, "end": 16, "label": "LOC"}, None]
    assert found[1]["transliteration_spans"] is None


def test_transliterate_another_field_without_spans(babelmill: Callable[..., object], tmp_path: Path) -> None:
    source = save([{"line": "Ёлка ↔ 木"}], tmp_path / "in.jsonl")
    said = babelmill("transliterate", source, tmp_path / "out.jsonl", "--language", "rus", "--field", "line")
    assert said.code == 0, said.err
    assert load(tmp_path / "out.jsonl") == [{"line": "Ёлка ↔ 木", "transliteration": "Yolka ↔ mu"}]


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--language", "fi"), 2, "fin_Latn is written in Latin letters"),
        (("--language", "georgan"), 2, "unknown language 'georgan'. Did you mean kat_Geor"),
        (("--language", "ka", "--field", "txt"), 1, "no column 'txt'; there are n, text, spans. Did you mean text?"),
    ],
)
def test_transliterate_says_what_is_wrong(
    babelmill: Callable[..., object], tmp_path: Path, options: tuple[str, ...], code: int, message: str
) -> None:
    said = babelmill("transliterate", save(LINES, tmp_path / "in.jsonl"), tmp_path / "out.jsonl", *options)
    assert (said.code, message in said.err) == (code, True), said.err
