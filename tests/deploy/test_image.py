"""The Dockerfile and what goes into it."""

import fnmatch
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def stages(deploy):
    """Instructions of each stage: (word, rest)."""
    text = (deploy / "Dockerfile").read_text("utf-8")
    lines = [line.split(None, 1) for line in re.sub(r"\\\n", "", text).splitlines() if line and not line.startswith("#")]
    starts = [i for i, (word, _) in enumerate(lines) if word == "FROM"]
    return [lines[a:b] for a, b in zip(starts, [*starts[1:], len(lines)], strict=True)]


def test_it_runs_as_nobody_in_particular(stages):
    final = stages[-1]
    words = [word for word, _ in final]
    assert dict(final)["USER"] == "10001:10001"
    assert words.index("USER") > max(i for i, word in enumerate(words) if word == "RUN")
    assert "--uid 10001" in " ".join(rest for word, rest in final if word == "RUN")


def test_it_installs_what_was_tested(stages):
    installs = [rest for stage in stages for word, rest in stage if word == "RUN" and "pip install" in rest]
    assert installs
    assert all("-c deploy/lock.txt -c deploy/lock-cluster.txt" in each for each in installs)


def test_the_extras_are_locked():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    locked = re.findall(r"^([\w-]+)==", (ROOT / "deploy/lock-cluster.txt").read_text("utf-8"), re.MULTILINE)
    assert {re.split("[<>=]", each)[0] for name in ("redis", "gpu") for each in extras[name]} <= set(locked)  # and what those bring


def ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path out: the last pattern that fits it or a folder above it decides."""
    verdict = False
    for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines():
        pattern = line.removeprefix("!").removeprefix("**/")
        parts = path.split("/")
        tries = parts if "**/" in line else ["/".join(parts[:i]) for i in range(1, len(parts) + 1)]
        if any(fnmatch.fnmatchcase(each, pattern) and each.count("/") == pattern.count("/") for each in tries):
            verdict = not line.startswith("!")
    return verdict


@pytest.mark.parametrize(
    ("path", "out"),
    [
        ("flows/cli.py", False),
        ("data/demo/model.bin", False),
        ("data/warehouse/memory/x.parquet", True),
        ("deploy/.env", True),
        ("deploy/certs/key.pem", True),
        ("deploy/server.env", False),
        (".git/config", True),
        (".venv/bin/python", True),
        ("tests/conftest.py", True),
        ("flows/__pycache__/cli.pyc", True),
    ],
)
def test_what_the_image_is_built_from(path, out):
    assert ignored(path) == out


def test_the_wheel_and_the_image_can_be_built_from_that(stages):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    targets = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    copied = [path for word, rest in stages[-1] if word == "COPY" and "--from" not in rest for path in rest.split()[:-1]]
    for path in [
        *targets["packages"],
        *targets["force-include"],
        *copied,
        project["project"]["readme"],
        *project["project"]["license-files"],
    ]:
        assert (ROOT / path).exists(), path
        assert not ignored(path), path
