"""What is written is true: commands, keys and recipes are all described, and the README shows what is there."""

import re
from pathlib import Path

import pytest
import typer

from flows.cli import app
from schemas.recipe_file import load, shipped

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
PREFECT = re.compile(r"^\s*(from|import) prefect", re.MULTILINE)
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_described(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    assert re.search(rf"^\| `babelmill {name}\b", README, re.MULTILINE), f"the table of the README lacks babelmill {name}"
    for option in command.params:
        assert getattr(option, "help", None), option.name


def test_the_recipe_of_the_readme_is_one() -> None:
    import yaml

    from schemas.recipe_file import parse

    blocks = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert blocks
    for block in blocks:
        parse(yaml.safe_load(block))


@pytest.mark.parametrize("name", shipped())
def test_shipped_recipes_load(name: str) -> None:
    assert load(name).name == name


def test_no_file_over_400_lines() -> None:
    folders = ("flows", "tasks", "schemas", "data", "tests", "deploy")
    assert [p for f in folders for p in (ROOT / f).rglob("*.py") if len(p.read_text("utf-8").splitlines()) > 400] == []


def test_dependencies_point_one_way() -> None:
    order = ["schemas", "tasks", "flows"]
    for i, folder in enumerate(order):
        for file in (ROOT / folder).rglob("*.py"):
            for above in order[i + 1 :]:
                assert not re.search(rf"^\s*(from|import) {above}\b", file.read_text("utf-8"), re.MULTILINE), f"{file} imports {above}"
    importing = {p.relative_to(ROOT).parts[:2] for f in order for p in (ROOT / f).rglob("*.py") if PREFECT.search(p.read_text("utf-8"))}
    assert importing == {("flows", "deployed")}
