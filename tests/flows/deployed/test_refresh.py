"""A refresh as a flow run on a real Prefect server, from and to the loopback Hub."""

import json
import os
import signal
import subprocess
import sys

import pytest
import yaml

from flows.deployed import refresh
from flows.locks import alone, lock_of
from tests.flows.deployed.runs import artifacts, ask, logs, mine, run_of
from tests.tasks.census.records import fill, record
from tests.tasks.publish.making import REPO, before, tags, titles, version_at

pytestmark = pytest.mark.flow
SOURCE = "owner/news"
ROWS = [{"id": f"r{i}", "text": f"The minister visited Berlin on day {i}."} for i in range(60)]


def commit(hub, rows):
    card = "---\nlicense: cc-by-4.0\n---\n"
    return hub.commit(SOURCE, {"README.md": card, "train.jsonl": "".join(json.dumps(row) + "\n" for row in rows)})


@pytest.fixture
def recipe(hub, writer, home):
    """A recipe that somebody added, of a dataset of the Hub with 60 rows."""
    commit(hub, ROWS)
    (home / "recipes").mkdir(parents=True)
    values = {"name": "small", "title": "Small", "license": "cc-by-4.0", "language": "eng", "fields": ["text"]}
    more = {"source": {"format": "hub", "repo": SOURCE}, "translate": {"model": "demo", "into": ["ron"], "beam_size": 1}}
    (home / "recipes" / "small.yaml").write_text(yaml.safe_dump(values | more))
    echo = {"name": "copied", "translate": {"engine": "echo", "into": ["ron"]}}
    (home / "recipes" / "copied.yaml").write_text(yaml.safe_dump(values | more | echo))
    return "small"


def test_two_rows_change_and_then_nothing_does(api, hub, recipe, home):
    first = run_of(api, refresh(recipe, repo=REPO, return_state=True))
    assert (first["name"], first["state_type"], first["state"]["name"]) == ("small to owner/trial", "COMPLETED", "Completed")
    changed = [{**row, "text": f"The mayor of Paris spoke {i} times."} if i in (7, 41) else row for i, row in enumerate(ROWS)]
    sha = commit(hub, changed)
    second = run_of(api, refresh(recipe, repo=REPO, return_state=True))
    url = f"{hub.url}/datasets/{REPO}/tree/v1.0.1"
    assert second["state"]["message"] == f"small 1.0.1 (corrections in eng_Latn (2), ron_Latn (2)); published at {url}"
    record_ = json.loads(sorted((home / "runs").glob("*-small.json"))[-1].read_text())
    assert (record_["version"], record_["translated"], record_["from_memory"]) == ("1.0.1", 2, 58)
    assert version_at(hub) == "1.0.1"
    found = artifacts(api, second)
    assert f"({url})" in found["small-hub"]
    assert "2 translated, 58 remembered" in found["small-summary"]
    assert any(task["name"] == "translate ron_Latn train-00000" for task in ask(api, "task_runs", mine(second)))
    commits = titles(hub)
    for _ in range(2):
        third = run_of(api, refresh(recipe, repo=REPO, return_state=True))
        assert (third["state_type"], third["state"]["name"]) == ("COMPLETED", "Unchanged")
        assert third["state"]["message"] == f"{SOURCE} is at {sha[:12]} as in 1.0.1; {REPO} has it"
    assert "small: nothing changed" in logs(api, third)
    assert (titles(hub), set(tags(hub)), [path.name for path in sorted((home / "releases/small").iterdir())]) == (
        commits,
        {"v1.0.0", "v1.0.1"},
        ["1.0.0", "1.0.1"],
    )


def test_killed_between_build_and_publication_the_next_one_publishes(api, hub, recipe, home):
    child = []
    before(hub, f"/api/datasets/{REPO}", lambda: os.kill(child[0].pid, signal.SIGKILL))
    code = f"from flows.deployed import refresh; refresh('small', repo={REPO!r})"
    environment = os.environ | {"PREFECT_API_URL": api, "HF_ENDPOINT": hub.url, "PREFECT_HOME": str(home / "prefect")}
    child.append(subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    child[0].communicate(timeout=120)
    assert child[0].returncode == -signal.SIGKILL
    assert (home / "releases" / "small" / "1.0.0").is_dir()
    assert REPO not in hub.repos
    done = run_of(api, refresh(recipe, repo=REPO, return_state=True))
    assert done["state"]["message"] == f"small 1.0.0 (unchanged); published at {hub.url}/datasets/{REPO}/tree/v1.0.0"
    assert (version_at(hub), set(tags(hub))) == ("1.0.0", {"v1.0.0"})


def test_one_that_waits_for_another_sees_what_the_source_became_meanwhile(api, hub, recipe, home):
    lock = lock_of(home, "refresh", recipe)
    file = home / "recipes" / "small.yaml"  # the same release, called by its file
    code = f"from flows.deployed import refresh; refresh({str(file)!r}, repo={REPO!r})"
    environment = os.environ | {"PREFECT_API_URL": api, "HF_ENDPOINT": hub.url, "PREFECT_HOME": str(home / "prefect")}
    with alone(lock, "small"):
        waiting = subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE, text=True)
        assert waiting.stderr
        for line in waiting.stderr:
            if "this run waits" in line:
                break
        sha = commit(hub, ROWS[:50])
    said = waiting.communicate(timeout=120)[1]
    assert waiting.returncode == 0, said
    assert json.loads((home / "releases/small/1.0.0/manifest.json").read_text())["source"]["revision"] == sha


def test_a_census_before_it(api, hub, recipe, home, monkeypatch):
    fill(hub, {f"o/d{i}": record(i) for i in range(3)})
    done = run_of(api, refresh(recipe, census=["kor_Hang"], return_state=True))
    assert done["state"]["message"] == "small 1.0.0 (first version)"
    assert {"small-summary", "small-rows"} < artifacts(api, done).keys()
    assert len(list((home / "releases").glob("census-*"))) == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"recipe": "smal", "repo": REPO}, "Did you mean small?"),
        ({"recipe": "copied", "repo": REPO}, "recipe copied translates by the echo engine, which makes no versions."),
        ({"workers": -1, "repo": REPO}, "--workers -1: a number from 1."),
    ],
)
def test_what_is_wrong_is_said_before_any_work(api, hub, recipe, home, given, message):
    failed = run_of(api, refresh(**{"recipe": recipe, **given}, return_state=True))
    assert failed["state_type"] == "FAILED"
    assert message in failed["state"]["message"]
    assert not (home / "releases").exists()
