"""`babelmill publish` and `release: {store: hub}` as a user meets them; kill -9 on the way."""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from schemas.manifest import Source
from tasks.store import LocalStore
from tests.flows.building import run
from tests.hub.wire import Request
from tests.tasks.publish.making import BASE, REPO, TOKEN, before, made, tags, titles, version_at, whole

ROWS = {"eng_Latn": 8, "fin_Latn": 8}
SENTENCES = [{"id": "a", "text": "The minister visited Berlin on Monday."}, {"id": "b", "text": "Germany won the match."}]


@pytest.fixture
def hub(hub, monkeypatch):
    hub.writers[TOKEN] = "owner"
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return hub


@pytest.fixture
def releases(home):
    """Versions 1.0.0 and 1.1.0 of `trial` in the warehouse."""
    store = LocalStore(home / "releases")
    return [made(store, BASE, "1.0.0", ROWS), made(store, BASE, "1.1.0", {**ROWS, "ron_Latn": 8})]


def test_the_newest_version_unless_one_is_named(hub, releases, babelmill, home):
    said = babelmill("publish", "trial@1.0.0", "--repo", REPO)
    assert said.code == 0, said.err
    assert f"trial 1.0.0 (published): {hub.url}/datasets/{REPO}/tree/v1.0.0\n" in said.out
    assert "tag v1.0.0, private; 6 of 6 files sent" in said.out
    assert said.err.startswith("Publishing trial 1.0.0 to owner/trial\n")
    told = json.loads(babelmill("publish", "trial", "--repo", REPO, "--json").out)
    assert (told["version"], told["change"], told["tag"], told["commit"]) == ("1.1.0", "published", "v1.1.0", tags(hub)["v1.1.0"])
    assert told["sent"].keys() == {"README.md", "manifest.json", "report.html", "ron_Latn/train-00000-of-00001.parquet"}
    assert 0 < told["new_bytes"] < told["bytes"]
    kept = [json.loads(file.read_text("utf-8")) for file in sorted((home / "runs" / "publish").iterdir())]
    assert [(each["version"], each["change"]) for each in kept] == [("1.0.0", "published"), ("1.1.0", "published")]
    assert kept[1] == told
    assert whole(hub, releases[1])
    assert "unchanged" in babelmill("publish", "trial", "--repo", REPO).out
    assert len(titles(hub)) == 3


def test_a_dry_run_says_what_would_be_and_sends_nothing(hub, releases, babelmill, home):
    said = babelmill("publish", "trial@1.0.0", "--repo", REPO, "--dry-run")
    assert said.code == 0, said.err
    assert "trial 1.0.0 to owner/trial (private) would make the repository, one commit, tag v1.0.0" in said.out
    assert "(at most)" in said.out
    assert "licences: public: every input allows it: the source f.jsonl (cc-by-4.0)" in said.out
    assert REPO not in hub.repos
    babelmill("publish", "trial@1.0.0", "--repo", REPO)
    told = json.loads(babelmill("publish", "trial", "--repo", REPO, "--dry-run", "--json").out)
    states = {file["path"]: (file["state"], file["new_bytes"] > 0) for file in told["files"]}
    assert states["eng_Latn/train-00000-of-00001.parquet"] == ("there", False)
    assert states["ron_Latn/train-00000-of-00001.parquet"] == ("new", True)
    assert states["manifest.json"] == ("changed", True)
    assert (told["new_bytes_are"], told["would"]) == ("measured", "one commit, tag v1.1.0")
    assert version_at(hub) == "1.0.0"
    assert [file.name for file in (home / "runs").iterdir()] == ["publish"]
    sent = json.loads(babelmill("publish", "trial", "--repo", REPO, "--json").out)
    assert {p: n["new_bytes"] for p, n in sent["sent"].items()} == {f["path"]: f["new_bytes"] for f in told["files"] if f["new_bytes"]}
    again = json.loads(babelmill("publish", "trial", "--repo", REPO, "--dry-run", "--json").out)
    assert (again["would"], again["new_bytes"]) == ("nothing", 0)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nothing", "--repo", REPO], 2, "RecipeError: no release 'nothing' in "),
        (["trail", "--repo", REPO], 2, "Did you mean trial?"),
        (["trial@1.2.0", "--repo", REPO], 2, "trial has no version '1.2.0'; there are 1.0.0, 1.1.0."),
        (["trial", "--repo", "owner"], 2, "RecipeError: --repo owner: no name that a dataset can have. It is OWNER/NAME"),
        (["trial", "--repo", "other/trial"], 1, "PublishError: other/trial: making it: the Hub refused the token (403)"),
        (["trial", "--repo", REPO, "--accept-licence", "yes"], 2, "--accept-licence 'yes' is no reason"),
    ],
)
def test_mistakes(hub, releases, babelmill, arguments, code, words):
    said = babelmill("publish", *arguments)
    assert (said.code, said.out) == (code, "")
    assert words in said.err
    assert TOKEN not in said.err
    assert "Traceback" not in said.err


LICENCES = [  # of the source and of the result, with --public, with a reason; what it says, and whether it is published
    ("cc-by-4.0", "cc-by-4.0", True, None, None),
    ("cc-by-nd-4.0", "cc-by-4.0", False, "Ana of Example permits it, letter of 3 May", "allows no derivatives"),
    ("unknown", "cc-by-4.0", True, None, "may not be public (private at most)"),
    ("unknown", "cc-by-4.0", False, None, None),
    ("unknown", "cc-by-4.0", True, "Ana of Example permits it, letter of 3 May", None),
    ("cc-by-nc-4.0", "cc-by-4.0", False, None, "bars commercial use"),
]


@pytest.mark.parametrize(("source", "result", "public", "accepted", "refused"), LICENCES)
def test_licences(hub, home, babelmill, source, result, public, accepted, refused):
    base = BASE.model_copy(update={"source": Source(**{**BASE.source.model_dump(), "license": source}), "license": result})
    made(LocalStore(home / "releases"), base, "1.0.0", ROWS)
    said = babelmill("publish", "trial", "--repo", REPO, *["--public"] * public, *(["--accept-licence", accepted] if accepted else []))
    if refused:
        assert (said.code, refused in said.err) == (1, True), said.err
        assert REPO not in hub.repos
    else:
        assert said.code == 0, said.err
        assert hub.repos[REPO].private is not public
        card = hub.repos[REPO].commits[tags(hub)["v1.0.0"]].files["README.md"].read().decode()
        assert (f"The publisher states: {accepted}" in card) is (accepted is not None)


def test_a_dry_run_of_what_may_not_be_published_says_why(hub, home, babelmill):
    base = BASE.model_copy(update={"source": Source(**{**BASE.source.model_dump(), "license": "cc-by-nd-4.0"})})
    made(LocalStore(home / "releases"), base, "1.0.0", ROWS)
    said = babelmill("publish", "trial", "--repo", REPO, "--dry-run")
    assert said.code == 1
    assert "fin_Latn/train-00000-of-00001.parquet new" in said.out
    assert "licences: forbidden: the source f.jsonl is cc-by-nd-4.0, which allows no derivatives" in said.out
    assert said.err.startswith("PublishError: trial 1.0.0 may not be published: ")


def test_a_build_whose_recipe_says_hub(hub, write_recipe, home):
    release = {"store": "hub", "repo": REPO}
    recipe = write_recipe(SENTENCES, license="cc-by-4.0", translate={"model": "demo", "into": ["ron"]}, release=release)
    preview = run(recipe, limit=1)
    assert (preview.release.change, "published" in preview.run, hub.repos) == ("preview", False, {})
    built = run(recipe)
    assert built.run["published"]["change"] == "published"
    assert whole(hub, built.release)
    assert hub.repos[REPO].private
    assert (home / "releases" / "small" / "1.0.0").is_dir()
    again = run(recipe)
    assert (again.release.change, again.run["published"]["change"], len(titles(hub))) == ("unchanged", "unchanged", 2)


@pytest.mark.parametrize(
    ("where", "carried_out", "landed"),
    [("/xorbs/", False, False), ("/v2/shards", True, False), ("/commit/", False, True), ("/commit/", True, True), ("/tag/", False, True)],
)
def test_after_kill_minus_nine_main_is_whole_and_a_second_run_ends_as_undisturbed(
    hub, releases, home, babelmill, where, carried_out, landed
):
    """The Hub carries out a commit whose sender has died, once it has all of it."""
    first, second = releases
    assert babelmill("publish", "trial@1.0.0", "--repo", REPO).code == 0
    child: list[subprocess.Popen[bytes]] = []
    started = threading.Event()

    def kill() -> None:
        started.wait(30)
        os.kill(child[0].pid, signal.SIGKILL)

    if carried_out:
        answer = hub.answer

        def answering(request: Request):
            told = answer(request)
            if where in request.path and not child[0].poll():
                kill()
            return told

        hub.answer = answering
    else:
        before(hub, where, kill)
    command = [sys.executable, "-m", "flows.cli", "publish", "trial", "--repo", REPO]
    environment = os.environ | {"BABELMILL_HOME": str(home), "HF_ENDPOINT": hub.url}
    child.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    started.set()
    child[0].communicate(timeout=60)
    assert child[0].returncode == -signal.SIGKILL
    assert whole(hub, second if landed else first)
    assert babelmill("publish", "trial", "--repo", REPO).code == 0
    assert whole(hub, second)
    assert len(titles(hub)) == 3
    assert tags(hub)["v1.1.0"] == hub.repos[REPO].branches["main"]


def test_the_token_is_nowhere(hub, releases, babelmill, home):
    said = [babelmill("publish", "trial", "--repo", repo, *more) for repo in (REPO, "other/x") for more in ([], ["--dry-run"], ["--json"])]
    assert all(TOKEN not in each.out + each.err for each in said)
    assert [str(file) for file in home.rglob("*") if file.is_file() and TOKEN.encode() in file.read_bytes()] == []
    files = [file for commit in hub.repos[REPO].commits.values() for file in commit.files.values()]
    assert [file for file in files if TOKEN.encode() in file.read()] == []
