"""The steps alone: rows keep their order and number, columns come on, in every format."""

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

ROWS = pl.DataFrame({"id": [3, 1, 2, 4], "text": ["Hello there. Bye.", "", None, "Hello there. Bye."]})


def save(rows: pl.DataFrame, path: Path) -> Path:
    if path.suffix == ".parquet":
        rows.write_parquet(path)
    elif path.suffix == ".jsonl":
        rows.write_ndjson(path)
    else:
        rows.write_csv(path, separator="," if path.suffix == ".csv" else "\t")
    return path


def load(path: Path) -> pl.DataFrame:
    if path.suffix == ".parquet":
        return pl.read_parquet(path)
    return pl.read_ndjson(path) if path.suffix == ".jsonl" else pl.read_csv(path, separator="," if path.suffix == ".csv" else "\t")


@pytest.mark.parametrize("ending", [".parquet", ".jsonl", ".csv", ".tsv"])
def test_translate_adds_its_columns(babelmill: Callable[..., object], tmp_path: Path, ending: str) -> None:
    source, target = save(ROWS, tmp_path / f"in{ending}"), tmp_path / "sub" / f"out{ending}"
    options = ["--source-language", "en", "--target-language", "fi", "--engine", "echo", "--json"]
    said = babelmill("translate", source, target, *options)
    assert said.code == 0, said.err
    summary = json.loads(said.out)
    assert (summary["rows"], summary["sentences"], summary["translated"]) == (4, 2, 2)
    found = load(target)
    assert found["id"].cast(pl.Int64).to_list() == [3, 1, 2, 4]
    assert found.columns == ["id", "text", "translation", "score", "from_memory"]
    both = "[fin_Latn] Hello there. [fin_Latn] Bye."
    assert [text or "" for text in found["translation"]] == [both, "", "", both]
    assert json.loads(babelmill("translate", source, target, *options).out)["from_memory"] == 2
    assert load(target)["from_memory"].to_list()[0] in (True, "true")


def test_identify(babelmill: Callable[..., object], tmp_path: Path) -> None:
    texts = ["The weather is nice today, is it not?", "Sää on tänään kaunis, eikö olekin?", "ამინდი დღეს კარგია", "", "123"]
    source = save(pl.DataFrame({"line": texts}), tmp_path / "in.jsonl")
    assert babelmill("identify", source, tmp_path / "out.jsonl", "--field", "line", "--expect", "en,fi,ka").code == 0
    found = pl.read_ndjson(tmp_path / "out.jsonl")
    assert found["language"].to_list() == ["eng_Latn", "fin_Latn", "kat_Geor", None, None]
    assert found.columns == ["line", "language", "language_score"]


def test_check(babelmill: Callable[..., object], tmp_path: Path) -> None:
    pairs = {
        "source": ["Good morning to everybody here.", "Good morning to everybody here.", "Good morning to everybody.", ""],
        "target": ["Hyvää huomenta kaikille täällä.", "", "kiitos paljon ja hei sitten " * 4, ""],
    }
    source = save(pl.DataFrame(pairs), tmp_path / "in.parquet")
    assert babelmill("check", source, tmp_path / "out.parquet", "--source-language", "eng", "--target-language", "fin").code == 0
    found = pl.read_parquet(tmp_path / "out.parquet")
    assert found["verdict"].to_list() == ["accept", "reject", "reject", "accept"]
    assert found["reasons"].to_list()[1:3] == [["empty"], ["loop"]]


@pytest.mark.parametrize(
    ("name", "content", "output", "code", "message"),
    [
        ("in.txt", "a", "out.csv", 2, "the ending says no format"),
        ("in.csv", "text\na\n", "out.xlsx", 2, "the ending says no format"),
        ("in.csv", "body\na\n", "out.csv", 1, "no column 'text'; there are body"),
        ("in.csv", "text,b\na,b\nc\n", "out.csv", 1, "in.csv line 3: 1 columns, expected 2"),
        ("in.jsonl", '{"text": 1}\n', "out.csv", 1, "column 'text' is Int64, expected text"),
    ],
)
def test_wrong_files(
    babelmill: Callable[..., object], tmp_path: Path, name: str, content: str, output: str, code: int, message: str
) -> None:
    (tmp_path / name).write_text(content)
    said = babelmill("identify", tmp_path / name, tmp_path / output)
    assert (said.code, message in said.err) == (code, True), said.err
    assert not (tmp_path / output).exists()
