"""What the product imports is what it asks for: an environment for development has more, and hides what is missing."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OWN = {"flows", "tasks", "schemas"}
# Comes with; the last is asked for where it is missing.
WITH = {
    "apprise": "prefect",
    "httpx": "prefect",
    "markupsafe": "jinja2",
    "packaging": "prefect",
    "regex": "uroman",
    "tokenizers": "transformers",
}
EXTRAS = {"transformers"}


def test_every_import_is_a_dependency():
    values = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    declared = {plain(re.split(r"[<>=!\[ ;]", each)[0]) for each in values["project"]["dependencies"]} | EXTRAS
    distributions = packages_distributions()
    imported = {name for package in OWN for file in (ROOT / package).rglob("*.py") for name in imports(file)}
    assert len(imported) > 20
    lacking = {
        name
        for name in imported - OWN - set(sys.stdlib_module_names)
        if not declared & {plain(each) for each in [WITH.get(name, name), *distributions.get(name, [])]}
    }
    assert lacking == set()


def imports(file: Path) -> set[str]:
    """Top-level names of the modules that a file imports."""
    nodes = list(ast.walk(ast.parse(file.read_text("utf-8"))))
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.split(".")[0] for name in whole | parts}


def plain(name: str) -> str:
    return name.casefold().replace("_", "-")
