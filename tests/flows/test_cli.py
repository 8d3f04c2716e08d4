"""The command line, above all where the user errs: a message, an exit code, no traceback, nothing half written."""

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import yaml

GOOD = {
    "name": "small",
    "title": "A small one",
    "language": "eng",
    "fields": ["text"],
    "source": {"format": "jsonl", "path": "rows.jsonl"},
    "translate": {"engine": "echo", "into": ["fin"]},
}
ROWS = '{"id": "1", "text": "One."}\n{"id": "2", "text": "Two."}\n'


def wrong(tmp_path: Path, recipe: dict[str, object] | str = "", source: bytes | None = None, name: str = "rows.jsonl") -> Path:
    (tmp_path / name).write_bytes(ROWS.encode() if source is None else source)
    path = tmp_path / "recipe.yaml"
    path.write_text(recipe if isinstance(recipe, str) else yaml.safe_dump(GOOD | recipe), "utf-8")
    return path


MIND = {"format": "mind", "path": "news.tsv"}
CASES = {
    "unknown key": ({"translat": {}}, None, "rows.jsonl", 2, r"translat: unknown key. Did you mean translate"),
    "unknown nested key": ({"checks": {"rejct": []}}, None, "rows.jsonl", 2, r"checks.rejct: unknown key. Did you mean reject"),
    "unknown language": (
        {"translate": {"engine": "echo", "into": ["fin", "swahilli"]}},
        None,
        "rows.jsonl",
        2,
        r"translate.into\[1\]: unknown language 'swahilli'. Did you mean swh_Latn \(Swahili\)",
    ),
    "missing column": ({"fields": ["txt"]}, None, "rows.jsonl", 1, r"no column 'txt'; there are id, text. Did you mean text"),
    "no yaml": ("a: [", None, "rows.jsonl", 2, r"recipe.yaml line 1: not YAML"),
    "a list": ("- a", None, "rows.jsonl", 2, r"a recipe is a mapping"),
    "missing source": ({"source": {"format": "jsonl", "path": "gone.jsonl"}}, None, "rows.jsonl", 1, r"no such file or folder"),
    "missing model": ({"translate": {"model": "gone", "into": ["fin"]}}, None, "rows.jsonl", 1, r"model '.*gone': no model.bin"),
    "language the model lacks": (
        {"translate": {"model": "demo", "into": ["fin"]}},
        None,
        "rows.jsonl",
        1,
        r"model 'demo' has no fin_Latn \(Finnish\); it has cmn_Hans",
    ),
    "truncated parquet": (
        {"source": {"format": "parquet", "path": "rows.parquet"}},
        b"PAR1" + bytes(50),
        "rows.parquet",
        1,
        r"rows.parquet: not a whole Parquet file",
    ),
    "nothing readable": ({}, b"{\n[]\n", "rows.jsonl", 1, r"no rows to translate; the first of 2 unreadable rows: line 1: not JSON"),
    "empty file": ({}, b"", "rows.jsonl", 1, r"no rows to translate"),
    "no text": ({}, b'{"id": 1, "text": 5}\n', "rows.jsonl", 1, r"field 'text' is int64, expected text"),
    "mixed types": ({}, b'{"text": 5}\n{"text": "a"}\n', "rows.jsonl", 1, r"column 'text' mixes types \(int, str\)"),
    "never closes": (
        {"source": {"format": "csv", "path": "rows.csv"}},
        b'id,text\n1,"open\n',
        "rows.csv",
        1,
        r"line 2: a quote that never closes",
    ),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_wrong_input_is_answered_with_the_way_out(babelmill: Callable[..., object], home: Path, tmp_path: Path, case: str) -> None:
    recipe, source, name, code, message = CASES[case]
    said = babelmill("build", wrong(tmp_path, recipe, source, name))
    assert said.code == code
    assert re.search(message, said.err), said.err
    assert "Traceback" not in said.err + said.out
    assert not list(home.glob("releases/*/*")), "no half-written release"
    assert not list(home.glob("previews/*/*"))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--limit", "-3"], 2, "--limit -3: a number of rows from 1"),
        (["--workers", "0"], 2, "--workers 0"),
        (["--set", "nonsense"], 2, "expected PATH.TO.KEY=VALUE"),
        (["--set", "translate.beam=3"], 2, "translate.beam: unknown key."),
        (["--languages", "elvish"], 2, "unknown language 'elvish'"),
        (["--engine", "google"], 2, "google"),
        (["--no-such-option"], 2, "no-such-option"),
    ],
)
def test_wrong_options(babelmill: Callable[..., object], tmp_path: Path, arguments: list[str], code: int, message: str) -> None:
    said = babelmill("build", wrong(tmp_path, {}), *arguments)
    assert (said.code, message in said.err) == (code, True), said.err


def test_strict_stops_at_the_first_bad_row(babelmill: Callable[..., object], tmp_path: Path) -> None:
    recipe = wrong(tmp_path, {}, ROWS.encode() + b"{broken\n")
    said = babelmill("build", recipe, "--strict")
    assert (said.code, "rows.jsonl line 3: not JSON" in said.err) == (1, True), said.err
    assert babelmill("build", recipe).code == 0


def test_a_warehouse_that_cannot_be_written(babelmill: Callable[..., object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("BABELMILL_HOME", str(tmp_path / "file" / "home"))
    said = babelmill("build", wrong(tmp_path, {}))
    assert said.code == 1
    assert re.search(r"WarehouseError: .*Not a directory.*BABELMILL_HOME", said.err), said.err


def test_a_machine_that_gives_no_thread_is_answered_with_the_way_out(babelmill: Callable[..., object], home: Path, tmp_path: Path) -> None:
    recipe = wrong(tmp_path, {})
    before = threading.stack_size(1 << 47)  # bytes; all the addresses that a process has
    try:
        said = babelmill("build", recipe)
    finally:
        threading.stack_size(before)
    assert said.code == 1
    assert "no thread left: can't start new thread. Give this process more" in said.err, said.err
    assert "Traceback" not in said.err
    assert babelmill("build", recipe).code == 0


def test_wrong_settings(babelmill: Callable[..., object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BABELMILL_WORKERS", "many")
    said = babelmill("build", wrong(tmp_path, {}))
    assert (said.code, "BABELMILL_WORKERS" in said.err) == (2, True)


def test_build_releases_plan_json(babelmill: Callable[..., object], tmp_path: Path, home: Path) -> None:
    recipe = wrong(tmp_path, {})
    planned = json.loads(babelmill("plan", recipe, "--json").out)
    assert planned["languages"] == {"fin_Latn": {"sentences": 2, "from_memory": 0, "missing": 2}}
    assert not home.exists(), "plan writes nothing"
    built = babelmill("build", recipe, "--json")
    assert json.loads(built.out)["translated"] == 2
    assert built.err == ""
    assert json.loads(babelmill("plan", recipe, "--json").out)["languages"]["fin_Latn"]["missing"] == 0
    assert json.loads(babelmill("releases", "--json").out) == [], "echo makes previews only"
    assert "no release 'small'" in babelmill("releases", "small").err


def test_releases_are_listed_and_verified(babelmill: Callable[..., object], home: Path, tmp_path: Path) -> None:
    babelmill("build", wrong(tmp_path, {"translate": {"model": "demo", "into": ["ron"]}}))
    assert "small 1.0.0  eng_Latn 2, ron_Latn 2" in babelmill("releases", "small", "--verify").out
    [shard] = (home / "releases" / "small" / "1.0.0" / "ron_Latn").glob("*.parquet")
    shard.write_bytes(shard.read_bytes()[:-1] + b"X")
    said = babelmill("releases", "small", "--verify")
    assert (said.code, "not the file that was released" in said.err) == (1, True)


def test_doctor_finds_everything_in_order(babelmill: Callable[..., object]) -> None:
    said = babelmill("doctor")
    assert said.code == 0, said.out
    assert "demo model loads" in said.out


def test_doctor_names_the_way_out(babelmill: Callable[..., object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BABELMILL_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    said = babelmill("doctor")
    assert said.code == 1
    assert "Set BABELMILL_HOME to a folder you may write" in said.out
    assert "babelmill serve" in said.out


def test_a_build_for_a_server_that_is_away_says_so_at_once(babelmill: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    said = babelmill("build", "xmind-sample")
    assert said.code == 1
    assert "no Prefect server answers at http://127.0.0.1:9/api. Start one (babelmill serve), or unset PREFECT_API_URL" in said.err


def test_recipes(babelmill: Callable[..., object], home: Path) -> None:
    assert "xmind-sample" in babelmill("recipes").out
    (home / "recipes").mkdir(parents=True)
    (home / "recipes" / "mine.yaml").write_text("nmae: x\n")
    said = babelmill("recipes")
    assert said.code == 0
    assert "mine.yaml: nmae: unknown key. Did you mean name?" in said.out, "one that is wrong is listed, with what is wrong"
    assert "xmind-sample" in said.out


def test_help_comes_at_once_and_imports_nothing_heavy() -> None:
    code = "import sys; from flows import cli; print(sorted({m.split('.')[0] for m in sys.modules} & set(sys.argv[1:])))"
    heavy = ["polars", "pyarrow", "prefect", "ctranslate2", "datasets", "deltalake", "torch", "pydantic"]
    assert subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    start = time.monotonic()
    said = subprocess.run([sys.executable, "-m", "flows.cli", "--help"], check=True, capture_output=True, text=True).stdout
    assert "doctor" in said
    assert time.monotonic() - start < 5, "under 1 s on a quiet machine"


def test_a_build_imports_no_prefect(home: Path, tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv = ['babelmill', 'build', sys.argv[1]]\nfrom flows import cli\n"
        "try: cli.main()\nfinally: print('prefect' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(wrong(tmp_path, {}))], capture_output=True, text=True)
    assert done.stdout.strip().endswith("False"), done.stderr
    [preview] = home.glob("previews/small/*")
    assert pl.read_parquet(preview / "fin_Latn" / "*.parquet")["text"].to_list() == [
        "[fin_Latn] One.",
        "[fin_Latn] Two.",
    ]


def test_a_build_from_parquet_imports_no_pandas(home: Path, tmp_path: Path) -> None:
    pl.DataFrame({"id": ["a", "b"], "text": ["One.", "Two."]}).write_parquet(tmp_path / "rows.parquet")
    recipe = wrong(tmp_path, {"source": {"format": "parquet", "path": "rows.parquet"}})
    code = (
        "import sys; sys.argv = ['babelmill', 'build', sys.argv[1]]\nfrom flows import cli\n"
        "try: cli.main()\nfinally: print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(recipe)], capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()[-1]) == (0, "False"), done.stderr  # Arrow does so unasked: 0.3 s of every build


def test_the_readme_shows_what_the_demo_prints(babelmill: Callable[..., object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")
    block = re.search(r"```console\n(.*?)```", readme, re.DOTALL)
    assert block
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BABELMILL_HOME", "data/warehouse")
    said = babelmill("build", "xmind-sample").out
    seconds = re.compile(r"; [\d.]+ s$", re.MULTILINE)
    assert seconds.sub("", said).strip() == seconds.sub("", block[1]).strip()
