"""A refresh: a new version where something changed and on the Hub what it lacks; else nothing, and quickly."""

import json
import os
import subprocess
import sys

import pytest
import yaml

from flows.build import build
from flows.options import Options, request
from flows.refresh import refresh, target_of, told
from flows.runners import Threads
from schemas.errors import PublishError, RecipeError
from tasks.publish import Target
from tests.flows.building import run
from tests.hub.faults import Fault
from tests.tasks.publish.making import REPO, tags, titles, version_at

SOURCE = "owner/news"
ROWS = [{"id": f"r{i}", "text": f"The minister visited Berlin on day {i}."} for i in range(60)]
CARD = "---\nlicense: cc-by-4.0\n---\n"


def commit(hub, rows):
    return hub.commit(SOURCE, {"README.md": CARD, "train.jsonl": "".join(json.dumps(row) + "\n" for row in rows)})


@pytest.fixture
def recipe(hub, writer, tmp_path):
    """A recipe whose source is a dataset of the Hub with 60 rows."""
    commit(hub, ROWS)
    path = tmp_path / "small.yaml"
    values = {"name": "small", "title": "Small", "license": "cc-by-4.0", "language": "eng", "fields": ["text"]}
    source = {"format": "hub", "repo": SOURCE}
    path.write_text(yaml.safe_dump(values | {"source": source, "translate": {"model": "demo", "into": ["ron"], "beam_size": 1}}))
    return path


@pytest.fixture
def fresh():
    """fresh(recipe, repo=): a refresh in this process; what it did, what it said, and how many builds it made."""

    def do(recipe, repo=REPO):
        said, builds = [], []
        wanted = request(Options(str(recipe)))
        target = target_of(wanted.recipe, repo, False, None)

        def make(asked):
            builds.append(asked)
            return build(asked, Threads(2))

        done = refresh(wanted, target, make, said.append)
        return done, told(done, wanted.recipe, target), len(builds), said

    return do


def test_only_what_changed_is_translated_and_a_second_look_finds_nothing(hub, recipe, fresh):
    done, line, builds, _ = fresh(recipe)
    assert (done.why, builds, done.built.run["translated"]) == ("there is no version yet", 1, 60)
    assert line == f"small 1.0.0 (first version); published at {hub.url}/datasets/{REPO}/tree/v1.0.0"
    changed = [{**row, "text": f"The mayor of Paris spoke {i} times."} if i in (7, 41) else row for i, row in enumerate(ROWS)]
    sha = commit(hub, changed)
    done, line, builds, _ = fresh(recipe)
    assert (builds, done.built.run["translated"], done.built.run["from_memory"]) == (1, 2, 58)
    assert line == f"small 1.0.1 (corrections in eng_Latn (2), ron_Latn (2)); published at {hub.url}/datasets/{REPO}/tree/v1.0.1"
    assert version_at(hub) == "1.0.1"
    commits, calls = titles(hub), []
    for _ in range(3):
        asked = len(hub.requests)
        done, line, builds, said = fresh(recipe)
        calls.append((builds, len(hub.requests) - asked, {method for method, _ in hub.requests[asked:]}))
        assert (done.changed, line) == (False, f"{SOURCE} is at {sha[:12]} as in 1.0.1; {REPO} has it")
    assert (titles(hub), tags(hub).keys()) == (commits, {"v1.0.0", "v1.0.1"})
    builds, asked, methods = calls[-1]
    assert (builds, methods) == (0, {"GET"}), "nothing is built where it can be known without"
    assert asked <= 6
    assert "small: nothing changed" in said


def test_what_an_earlier_run_built_and_did_not_publish_is_published(hub, recipe, fresh):
    hub.faults.append(Fault("POST", "/commit/", 403, times=99))
    with pytest.raises(PublishError):
        fresh(recipe)
    hub.faults.clear()
    done, line, _, _ = fresh(recipe)
    assert (done.changed, done.built.release.change if done.built else "unchanged", version_at(hub)) == (True, "unchanged", "1.0.0")
    assert "published at" in line
    fresh(recipe)
    del hub.repos[REPO].tags["v1.0.0"]
    done, _, builds, _ = fresh(recipe)
    assert (builds, done.published["change"], done.changed) == (0, "tagged", True)


def test_a_recipe_that_publishes_by_itself_is_published_once(hub, recipe, fresh):
    values = yaml.safe_load(recipe.read_text()) | {"release": {"store": "hub", "repo": REPO}}
    recipe.write_text(yaml.safe_dump(values))
    done, *_ = fresh(recipe)
    assert (done.published["change"], version_at(hub), len(titles(hub))) == ("published", "1.0.0", 2)
    assert [fresh(recipe)[0].changed for _ in range(2)] == [False, False]
    assert len(titles(hub)) == 2


def test_without_a_repository_nothing_is_sent(hub, recipe, fresh):
    done, line, _, _ = fresh(recipe, None)
    assert (done.published, line) == ({}, "small 1.0.0 (first version)")
    assert REPO not in hub.repos


def test_a_version_that_was_made_or_damaged_since_is_looked_at_again(hub, recipe, fresh):
    for _ in range(3):
        fresh(recipe, None)
    assert fresh(recipe, None)[2] == 0
    first = next((recipe.parent / "home/releases/small/1.0.0").rglob("*.parquet"))
    whole = first.read_bytes()
    first.write_bytes(b"damaged")
    done, _, builds, said = fresh(recipe, None)
    assert (builds, done.built.release.change, first.read_bytes() == whole) == (1, "mended", True)
    assert f"small: {first} is damaged" in said
    commit(hub, ROWS[:59])
    run(recipe)  # by hand
    done, _, builds, _ = fresh(recipe, None)
    assert (done.why, builds, done.changed) == ("2.0.0 was made since the last refresh", 1, False)


def test_a_note_that_cannot_be_read_is_no_note(recipe, fresh, home):
    for _ in range(3):
        fresh(recipe, None)
    (home / "refresh" / "small.json").write_text('{"version": ')
    done, _, builds, _ = fresh(recipe, None)
    assert (done.why, builds, done.changed) == ("1.0.0 was not made by a refresh", 1, False)


ONE = """
import sys
from flows.build import build
from flows.options import Options, request
from flows.refresh import refresh, target_of
from flows.runners import Threads

wanted = request(Options(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
done = refresh(wanted, target_of(wanted.recipe, sys.argv[2], False, None), lambda asked: build(asked, Threads(2)), print)
"""


def test_two_at_once_make_one_version_and_one_commit(hub, recipe, home):
    environment = os.environ | {"HF_ENDPOINT": hub.url, "BABELMILL_HOME": str(home)}
    command = [sys.executable, "-c", ONE, str(recipe), REPO]
    both = [subprocess.Popen(command, env=environment, stdin=-1, stdout=-1, stderr=-1, text=True) for _ in range(2)]
    for each in both:
        assert each.stdout.readline() == "ready\n"
    for each in both:
        each.stdin.write("\n")
        each.stdin.flush()
    said = [each.communicate(timeout=120) for each in both]
    assert [each.returncode for each in both] == [0, 0], said
    assert [path.name for path in (home / "releases/small").iterdir()] == ["1.0.0"]
    assert (version_at(hub), len(titles(hub))) == ("1.0.0", 2)


HUB = {"release": {"store": "hub", "repo": "owner/own", "private": False}}


@pytest.mark.parametrize(
    ("release", "given", "target"),
    [
        ({}, ("o/n", False, None), Target("o/n")),
        ({}, ("o/n", True, "Ana permits it"), Target("o/n", True, "Ana permits it")),
        ({}, (None, False, None), None),
        (HUB, (None, False, None), Target("owner/own", True)),  # the recipe says who may read it
        (HUB, ("owner/own", False, None), Target("owner/own", True)),
        (HUB, ("o/n", False, None), "repo=o/n: recipe small publishes to owner/own"),
    ],
)
def test_where_it_goes(write_recipe, release, given, target):
    recipe = request(Options(str(write_recipe(ROWS, **release)))).recipe
    if isinstance(target, str):
        with pytest.raises(RecipeError, match=target):
            target_of(recipe, *given)
    else:
        assert target_of(recipe, *given) == target
