"""A publication as a flow run on a real Prefect server, to the loopback Hub."""

import pytest

from flows.deployed import publish_release
from tasks.store import LocalStore
from tests.flows.deployed.runs import artifacts, logs, run_of
from tests.tasks.publish.making import BASE, REPO, made, tags, titles, version_at

pytestmark = pytest.mark.flow
ROWS = {"eng_Latn": 8, "fin_Latn": 8}


@pytest.fixture
def releases(home, hub, writer):
    store = LocalStore(home / "releases")
    return [made(store, BASE, "1.0.0", ROWS), made(store, BASE, "1.1.0", {**ROWS, "ron_Latn": 8})]


def test_a_version_goes_to_the_hub_once(api, hub, releases):
    dry = run_of(api, publish_release("trial", REPO, version="1.0.0", dry_run=True, return_state=True))
    assert (dry["name"], dry["state_type"]) == ("trial@1.0.0 to owner/trial (dry run)", "COMPLETED")
    assert dry["state"]["message"] == "trial 1.0.0 to owner/trial would make the repository, one commit, tag v1.0.0"
    assert {row["path"]: row["state"] for row in artifacts(api, dry)["trial-files"]}["manifest.json"] == "new"
    assert REPO not in hub.repos
    state = publish_release("trial", REPO, return_state=True)
    done, url = run_of(api, state), f"{hub.url}/datasets/{REPO}/tree/v1.1.0"
    assert (done["name"], done["state_type"]) == ("trial to owner/trial", "COMPLETED")
    assert done["state"]["message"] == f"trial 1.1.0 (published): {url}"
    assert done["tags"] == ["trial"]
    found = artifacts(api, done)
    assert f"({url})" in found["trial-hub"]
    assert "what was done | published" in found["trial-publication"]
    assert "## Licences: public" in found["trial-publication"]
    files = {row["path"]: row for row in found["trial-files"]}
    assert len(files) == 7
    assert all(row["state"] == "sent" and row["bytes"] for row in files.values())
    assert "write-token" not in f"{logs(api, done)} {found} {done}"
    again = run_of(api, publish_release("trial", REPO, return_state=True))
    assert again["state"]["message"] == f"trial 1.1.0 (unchanged): {url}"
    assert (version_at(hub), len(titles(hub)), list(tags(hub))) == ("1.1.0", 2, ["v1.1.0"])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "RecipeError: name release and repo: which of trial goes to which OWNER/NAME?"),
        ({"release": "trail", "repo": REPO}, "Did you mean trial?"),
        ({"release": "trial", "repo": REPO, "version": "9.0.0"}, "trial has no version '9.0.0'; there are 1.0.0, 1.1.0."),
        ({"release": "trial", "repo": "trial"}, "no name that a dataset can have. It is OWNER/NAME"),
        ({"release": "trial", "repo": "other/trial"}, "PublishError: other/trial: making it: the Hub refused the token (403)"),
    ],
)
def test_what_is_wrong_is_said_in_the_state(api, hub, releases, given, message):
    failed = run_of(api, publish_release(**given, return_state=True))
    assert failed["state_type"] == "FAILED"
    assert message in failed["state"]["message"]
    assert "None" not in failed["name"]
    assert REPO not in hub.repos
