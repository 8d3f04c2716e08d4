"""deploy/README.md speaks of what is there."""

import re

import pytest


@pytest.fixture
def text(deploy):
    return (deploy / "README.md").read_text("utf-8")


def test_every_file_it_names_is_there(text, deploy):
    named = set(re.findall(r"deploy/([\w./@-]*\w)", text)) - {".env"}
    assert {"Caddyfile", "compose.yaml", "env.example", "lock.txt"} <= named
    assert [name for name in named if not (deploy / name).exists() and not (deploy / "systemd" / name).exists()] == []


def test_every_file_that_is_there_is_named(text, deploy):
    files = {path.name for path in deploy.iterdir() if path.is_file()} - {".env", "README.md"}
    kept = {"lock-models.txt"}  # for make
    assert [name for name in sorted(files - kept) if name not in text] == []


def test_it_is_short_and_every_step_says_whether_it_was_tried(text):
    assert len(text.splitlines()) < 200
    for step in re.split(r"(?m)^## ", text)[3:5]:
        assert "Tried:" in step
        assert "Not tried:" in step
