"""`babelmill memory`: what a user sees of the translation memory, and does with it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.memory import Memory, key
from tasks.translate import Hypothesis

Command = Callable[..., Any]
PAIR = ("--source-language", "en", "--target-language", "fi")


@pytest.fixture
def memory(home: Path) -> Memory:
    """Two engines, two languages; the second engine wrote last."""
    memory = Memory(home / "memory")
    for engine, target, text, found in (
        ("first-01", "fin_Latn", "Dog.\r\x07", Hypothesis("Koira.\x07", -0.123456789, True, ("beam",))),
        ("first-01", "swe_Latn", "Dog.", Hypothesis("Hund.", None, False)),
        ("second-02", "fin_Latn", "Dog.", Hypothesis("Hauva.", -2.5, False)),
    ):
        memory.append(engine, target, "eng_Latn", [key("eng_Latn", text)], [text], [found])
    return memory


def pages(home: Path, *partitions: tuple[str, str]) -> list[list[tuple[Any, ...]]]:
    return [[row for page in Memory(home / "memory").pages(*each) for row in page.iter_rows()] for each in partitions]


def test_an_empty_memory_says_how_to_fill_it(babelmill: Command) -> None:
    said = babelmill("memory")
    assert (said.code, said.out) == (0, "")
    assert "babelmill build RECIPE fills it" in said.err
    assert json.loads(babelmill("memory", "--json").out) == {"partitions": [], "builds": []}


def test_it_shows_partitions_and_hit_rates(babelmill: Command, memory: Memory, home: Path, write: Command) -> None:
    run = {"name": "news", "version": "1.0.0", "finished": "2026-01-01T00:00:00+00:00", "sentences": 8, "from_memory": 6}
    write("home/runs/1.json", json.dumps(run))
    write("home/runs/2.json", "{")  # cut off
    write("home/runs/3.json", json.dumps(run | {"name": "none", "sentences": 0, "from_memory": 0}))
    told = json.loads(babelmill("memory", "--json").out)
    assert [(p["engine"], p["target"], p["rows"], p["files"]) for p in told["partitions"]] == [
        ("first-01", "fin_Latn", 1, 1),
        ("first-01", "swe_Latn", 1, 1),
        ("second-02", "fin_Latn", 1, 1),
    ]
    assert [(b["name"], b["hit_rate"]) for b in told["builds"]] == [("none", None), ("news", 0.75)]
    out = babelmill("memory").out
    assert "second-02 fin_Latn" in out
    assert "6 of 8 remembered, 75.0%" in out


def test_export_and_import_give_the_memory_back(
    babelmill: Command, memory: Memory, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, other = tmp_path / "out.tmx", tmp_path / "other"
    assert json.loads(babelmill("memory", "export", file, "--json").out)["units"] == 3
    partitions = (("first-01", "fin_Latn"), ("first-01", "swe_Latn"), ("second-02", "fin_Latn"))
    before = pages(home, *partitions)
    monkeypatch.setenv("BABELMILL_HOME", str(other))
    for _ in range(2):
        told = json.loads(babelmill("memory", "import", file, *PAIR, "--json").out)
        assert (told["units"], told["imported"], told["refused"]) == (3, 2, {"no text in fin_Latn": 1})
        babelmill("memory", "import", file, "--source-language", "en", "--target-language", "sv")
    assert pages(other, *partitions) == before
    again = tmp_path / "again.tmx"
    babelmill("memory", "export", again)
    assert again.read_bytes() == file.read_bytes()


@pytest.mark.parametrize(
    ("options", "units"),
    [
        ((), 3),
        (("--engine", "first"), 2),
        (("--target", "Finnish"), 2),
        (("--engine", "sec", "--target", "fi"), 1),
        (("--source-language", "de"), 0),
    ],
)
def test_a_part_is_exported(babelmill: Command, memory: Memory, tmp_path: Path, options: tuple[str, ...], units: int) -> None:
    assert json.loads(babelmill("memory", "export", tmp_path / "a.tmx", *options, "--json").out)["units"] == units


def test_translations_by_people_have_an_engine_of_their_own(babelmill: Command, home: Path, write: Command) -> None:
    unit = "<tu><tuv xml:lang='EN-US'><seg>A <bpt i='1'>b</bpt>dog.</seg></tuv><tuv xml:lang='fi'><seg>Koira.</seg></tuv></tu>"
    file = write("a.tmx", f"<tmx version='1.4'><header/><body>{unit}<tu/></body></tmx>")
    said = babelmill("memory", "import", file, *PAIR)
    assert said.out.splitlines() == [
        "1 of 2 units imported: human 1",
        "        1 mark-up inside a segment left out",
        "        1 left out: no text in eng_Latn",
    ]
    babelmill("memory", "import", file, *PAIR, "--engine", "reviewed")
    assert [row[0] for row in Memory(home / "memory").rows().rows()] == ["human", "reviewed"]
    ((row,),) = pages(home, ("human", "fin_Latn"))
    assert row[2:4] == ("A dog.", "Koira.")


def test_an_engine_named_like_a_path_is_refused(babelmill: Command, home: Path, write: Command) -> None:
    prop = "<prop type='x-babelmill:engine'>../../x</prop>"
    unit = f"<tu>{prop}<tuv xml:lang='en'><seg>Dog.</seg></tuv><tuv xml:lang='fi'><seg>Koira.</seg></tuv></tu>"
    file = write("a.tmx", f"<tmx version='1.4'><header/><body>{unit}</body></tmx>")
    told = json.loads(babelmill("memory", "import", file, *PAIR, "--json").out)
    assert (told["imported"], sum(told["refused"].values())) == (0, 1)
    assert not (home / "memory").exists()
    assert json.loads(babelmill("memory", "import", file, *PAIR, "--engine", "human", "--json").out)["imported"] == 1


@pytest.mark.parametrize(
    ("options", "left"),
    [
        (("--engine", "first"), [("second-02", "fin_Latn")]),
        (("--engine", "first", "--target", "fi"), [("first-01", "swe_Latn"), ("second-02", "fin_Latn")]),
        (("--engine", "", "--keep-latest"), [("first-01", "swe_Latn"), ("second-02", "fin_Latn")]),
    ],
)
def test_pruning(babelmill: Command, memory: Memory, home: Path, options: tuple[str, ...], left: list[tuple[str, str]]) -> None:
    before = memory.rows().rows()
    dry = json.loads(babelmill("memory", "prune", *options, "--dry-run", "--json").out)
    assert memory.rows().rows() == before
    told = json.loads(babelmill("memory", "prune", *options, "--json").out)
    assert (dry["removed"], dry["bytes"]) == (told["removed"], told["bytes"])
    assert [row[:2] for row in memory.rows().rows()] == left
    assert len(list((home / "memory").rglob("*.parquet"))) == len(left), "the disk is free"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("prune", "--engine", "third"), 2, "nothing of engine third into any; it has first-01 fin_Latn, first-01 swe_Latn"),
        (("prune",), 2, "--engine"),
        (("export", "a.tmx", "--target", "finish"), 2, "Did you mean fin_Latn"),
        (("export", "no/such/folder/a.tmx"), 1, "No such file or directory"),
        (("import", "absent.tmx", *PAIR), 1, "absent.tmx: No such file"),
        (("import", "absent.tmx", "--source-language", "fi", "--target-language", "Finnish"), 2, "both mean fin_Latn"),
        (("import", "absent.tmx", *PAIR, "--engine", "a/b"), 2, "small letters, digits and dashes"),
    ],
)
def test_a_mistake_ends_in_one_message(
    babelmill: Command, memory: Memory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = babelmill("memory", *arguments)
    assert answer.code == code
    assert said in answer.err
    assert "Traceback" not in answer.err
    assert not list(tmp_path.glob(".a.tmx*"))
