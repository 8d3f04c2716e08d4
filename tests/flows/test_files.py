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
        ("in.jsonl", '{"text": "a", "n": NaN}\n', "out.jsonl", 2, "column 'n' is NaN or infinite in row 1; JSON has neither"),
        ("in.jsonl", '{"text": "a", "n": [1.5]}\n{"text": "b", "n": [-Infinity]}\n', "out.csv", 2, "infinite in row 2"),
    ],
)
def test_wrong_files(
    babelmill: Callable[..., object], tmp_path: Path, name: str, content: str, output: str, code: int, message: str
) -> None:
    (tmp_path / name).write_text(content)
    said = babelmill("identify", tmp_path / name, tmp_path / output)
    assert (said.code, message in said.err) == (code, True), said.err
    assert not (tmp_path / output).exists()


NESTED = {"pair": [{"a": 1, "b": "ä"}, None], "lists": [[["x"], []], None], "array": pl.Series([[1, 2], None], dtype=pl.Array(pl.Int64, 2))}


@pytest.mark.parametrize("ending", [".csv", ".tsv"])
def test_nested_columns_are_json_in_csv(babelmill: Callable[..., object], tmp_path: Path, ending: str) -> None:
    source = save(pl.DataFrame({"text": ["a", "b"], **NESTED}), tmp_path / "in.parquet")
    said = babelmill("identify", source, tmp_path / f"out{ending}")
    assert said.code == 0, said.err
    first, second = load(tmp_path / f"out{ending}").select(*NESTED).rows()
    assert first == ('{"a": 1, "b": "ä"}', '[["x"], []]', "[1, 2]")
    assert second == (None, None, None)


@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (pl.Series([b"a"]), "Binary"),
        (pl.Series([1], dtype=pl.Duration("us")), "Duration"),
        (pl.Series([[b"a"]]), "Binary"),
        (pl.Series([{"d": [b"a"]}]), "Binary"),
    ],
)
def test_what_the_output_cannot_hold_is_said_first(
    babelmill: Callable[..., object], tmp_path: Path, ending: str, column: pl.Series, kind: str
) -> None:
    source = save(pl.DataFrame({"text": ["a"], "odd": column}), tmp_path / "in.parquet")
    languages = ["--source-language", "en", "--target-language", "fi"]
    said = babelmill("translate", source, tmp_path / f"out{ending}", *languages, "--model", "nowhere")  # found out before the model is
    assert (said.code, f"column 'odd' holds {kind}" in said.err, "Write .parquet" in said.err) == (2, True, True), said.err
    assert babelmill("translate", source, tmp_path / "out.parquet", *languages, "--engine", "echo").code == 0


EMPTY = {"in.csv": "id,text\n", "in.jsonl": "\n", "in.parquet": ""}
STEPS = {
    "translate": ["--source-language", "en", "--target-language", "fi", "--engine", "echo"],
    "identify": [],
    "check": ["--source-language", "en", "--target-language", "fi", "--source-field", "id", "--field", "text"],
}


@pytest.mark.parametrize("name", EMPTY)
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_no_rows_stay_no_rows(babelmill: Callable[..., object], tmp_path: Path, name: str, step: str, ending: str) -> None:
    source, target = tmp_path / name, tmp_path / f"out{ending}"
    source.write_text(EMPTY[name])
    if name == "in.parquet":
        pl.DataFrame(schema={"id": pl.String, "text": pl.String}).write_parquet(source)
    said = babelmill(step, source, target, *STEPS[step], "--json")
    assert said.code == 0, said.err
    assert json.loads(said.out)["rows"] == 0
    if ending == ".jsonl":
        assert target.read_text() == ""
    else:
        added = {"translate": "translation", "identify": "language_score", "check": "verdict"}
        assert {"text", added[step]} <= set(load(target).columns)
        assert load(target).height == 0


def test_a_column_that_changes_its_type_is_said(babelmill: Callable[..., object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.files.AT_ONCE", 1)
    for late, code in (('"x"', 1), ("2.5", 0)):
        (tmp_path / "in.jsonl").write_text('{"text": "a", "n": 1}\n{"text": "b", "new": true, "n": ' + late + "}")
        said = babelmill("identify", tmp_path / "in.jsonl", tmp_path / "out.jsonl")
        assert (said.code, "changes its type within the source" in said.err) == (code, bool(code)), said.err
    assert pl.read_ndjson(tmp_path / "out.jsonl")["n"].to_list() == [1.0, 2.5]


def test_check_wants_two_columns(babelmill: Callable[..., object], tmp_path: Path) -> None:
    source = save(ROWS, tmp_path / "in.csv")
    said = babelmill("check", source, tmp_path / "out.csv", *STEPS["check"][:4], "--source-field", "text", "--field", "text")
    assert (said.code, "--source-field and --field both name 'text'" in said.err) == (2, True), said.err


def test_progress_counts_what_the_memory_knew(babelmill: Callable[..., object], tmp_path: Path) -> None:
    source = save(ROWS, tmp_path / "in.csv")
    for remembered in (0, 2):
        said = babelmill("translate", source, tmp_path / "out.csv", *STEPS["translate"])
        assert f"2/2 sentences, {remembered} from memory" in said.err
