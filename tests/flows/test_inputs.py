"""What decides the bytes of a build: each change of it shows, under its name, and nothing else does."""

import json

import pytest
import yaml

from flows.inputs import inputs, programs_state
from flows.options import Options, request
from tasks.memory import Memory
from tests.flows.building import run

ROWS = [{"id": f"r{i}", "text": f"The minister visited Berlin on day {i}."} for i in range(6)]
CHANGES = {"name": "small", "translate": {"model": "demo", "into": ["ron"], "beam_size": 1}}


@pytest.fixture
def recipe(write_recipe):
    return write_recipe(ROWS, **CHANGES)


@pytest.fixture
def built(recipe):
    return run(recipe).release


def seen(recipe, built):
    return inputs(request(Options(str(recipe))), built.manifest)


def edit(recipe, **values):
    recipe.write_text(yaml.safe_dump(yaml.safe_load(recipe.read_text()) | values), "utf-8")


def source(recipe, home, monkeypatch):
    (recipe.parent / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS[:5]))


def recipe_itself(recipe, home, monkeypatch):
    edit(recipe, title="Another title")


def shortlist(recipe, home, monkeypatch):
    edit(recipe, translate={"model": "demo", "into": ["ron"], "beam_size": 1, "shortlist": {}})


def model(recipe, home, monkeypatch):
    monkeypatch.setattr("tasks.translate.model.Model.digest", lambda self: "another")


def machine(recipe, home, monkeypatch):
    monkeypatch.setenv("BABELMILL_DEVICE", "cpu")


def append(home, target):
    """The rows that the memory has, once more."""
    memory = Memory(home / "memory")
    [engine] = memory.rows()["engine"].unique()
    memory.add(engine, target, next(memory.pages(engine, "ron_Latn")).drop("checksum"))


def memory(recipe, home, monkeypatch):
    append(home, "ron_Latn")


def memory_gone(recipe, home, monkeypatch):
    [engine] = Memory(home / "memory").rows()["engine"].unique()
    Memory(home / "memory").prune([(engine, "ron_Latn")])


def program(recipe, home, monkeypatch):
    monkeypatch.setattr("sys.version", "3.99")


def nothing(recipe, home, monkeypatch):
    rows = recipe.parent / "rows.jsonl"
    rows.write_bytes(rows.read_bytes())  # another time, the same bytes


def another_language(recipe, home, monkeypatch):
    """Others at work in the same memory, on another part of it."""
    append(home, "hin_Deva")


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (source, ["source"]),
        (recipe_itself, ["recipe"]),
        (shortlist, ["recipe"]),
        (model, ["model"]),
        (machine, ["model"]),
        (memory, ["memory"]),
        (memory_gone, ["memory"]),
        (program, ["programs"]),
        (nothing, []),
        (another_language, []),
    ],
)
def test_a_change_shows_under_its_name(recipe, built, home, monkeypatch, change, part):
    before = seen(recipe, built)
    change(recipe, home, monkeypatch)
    after = seen(recipe, built)
    assert [name for name in before if before[name] != after[name]] == part


def test_behaviours_beside_the_news_are_part_of_the_source(home, tmp_path):
    """They go into a release, and are not among the files that its digest of the source is over."""
    news = "N1\tnews\tx\tThe mayor spoke.\tThe mayor of Paris spoke.\thttps://x\t[]\t[]\n"
    (tmp_path / "mind").mkdir()
    (tmp_path / "mind" / "news.tsv").write_text(news)
    recipe = tmp_path / "r.yaml"
    values = {"name": "m", "title": "M", "language": "eng", "fields": ["title"], "source": {"format": "mind", "path": "mind"}}
    recipe.write_text(yaml.safe_dump(values | {"translate": {"model": "demo", "into": ["ron"], "beam_size": 1}}))
    release = run(recipe).release
    before = seen(recipe, release)
    (tmp_path / "mind" / "behaviors.tsv").write_text("1\tU1\t11/11/2019 6:34:04 AM\tN1\tN1-1\n")
    after = seen(recipe, release)
    assert [name for name in before if before[name] != after[name]] == ["source"]


def test_the_programs_are_the_same_twice():
    assert programs_state() == programs_state()
