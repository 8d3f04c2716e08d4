"""The Hub and the token: each finding good and broken, by the real client; what the token is, is never said."""

import pytest

from flows.doctor.hub import judged, look, publishing, rights
from tests.hub.faults import Fault

PAGE = "https://hub/settings/tokens"
ORGS = [{"name": "team", "roleInOrg": "write"}, {"name": "readers", "roleInOrg": "read"}]


def states(found):
    return {each.what: each.state for each in found}


def test_without_a_token_a_hub_that_answers_is_enough(hub):
    found = list(look())
    assert states(found) == {"hub": "ok", "token": "--"}
    assert "to publish, set HF_TOKEN" in found[1].found


def test_a_token_that_may_write(hub, writer):
    found = list(look())
    assert states(found) == {"hub": "ok", "token": "ok"}
    assert "HF_TOKEN is of owner and may write everything of owner, team; a fine-grained one would be enough" in found[1].found
    assert writer not in str(found)


def test_a_token_that_may_read(hub, monkeypatch):
    hub.tokens["hf_readeronlyreaderonly"] = set()
    monkeypatch.setenv("HF_TOKEN", "hf_readeronlyreaderonly")
    found = list(look())
    assert states(found) == {"hub": "ok", "token": "ok"}
    assert "may read; to publish it takes one with write access" in found[1].found
    assert "readeronly" not in str(found)


def test_a_token_that_nobody_knows(hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_expiredexpiredexpired")
    found = list(look())
    assert states(found) == {"hub": "ok", "token": "BAD"}
    assert "refused (401): expired, revoked or cut off. Make a new one at" in found[1].found
    assert "expiredexpired" not in str(found)


@pytest.mark.parametrize(("token", "state"), [(None, "--"), ("hf_secretsecretsecret", "BAD")])
def test_a_hub_that_is_away_matters_to_who_has_a_token_for_it(hub, monkeypatch, token, state):
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    [found] = look()
    assert (found.what, found.state) == ("hub", state)
    assert "http://127.0.0.1:9 does not answer" in found.found
    assert "only recipes with sources or models on the Hub, census and publish need it" in found.found
    assert "secretsecret" not in found.found


def test_a_hub_that_is_in_trouble(hub):
    hub.faults.append(Fault("GET", "whoami", 503))
    assert states(look()) == {"hub": "BAD"}


def test_offline_by_choice(hub, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert states(look()) == {"hub": "--"}
    assert hub.requests == []


@pytest.mark.parametrize(
    ("auth", "says"),
    [
        ({"accessToken": {"role": "write"}}, "may write everything of me, team; "),
        ({"accessToken": {"role": "read"}}, "may read; to publish"),
        (
            {
                "accessToken": {
                    "role": "fineGrained",
                    "fineGrained": {"scoped": [{"entity": {"name": "team"}, "permissions": ["repo.write"]}]},
                }
            },
            "fine-grained: may write to team",
        ),
        (
            {"accessToken": {"role": "fineGrained", "fineGrained": {"global": ["inference.serverless.write"], "scoped": []}}},
            f"may write nowhere; publishing takes write access to the repositories ({PAGE}); it can also inference.serverless.write, which",
        ),
        ({"accessToken": {"role": "fineGrained"}}, "may write nowhere"),
        ({"type": "oauth"}, "of kind oauth: what it may do is not told"),
        ({}, "of kind unknown"),
    ],
)
def test_what_a_token_may_do(auth, says):
    found = rights({"name": "me", "orgs": ORGS, "auth": auth}, "HF_TOKEN", PAGE)
    assert found.state == "ok"
    assert says in found.found


def test_an_address_that_is_no_hub():
    assert states(judged("https://hub", 200, ["?"], has_token=True)) == {"hub": "ok", "token": "BAD"}
    assert "hf auth login" in list(judged("https://hub", 401, None, has_token=True, named=""))[1].found


WRITE = {"accessToken": {"role": "write"}}
FINE = {
    "accessToken": {"role": "fineGrained", "fineGrained": {"scoped": [{"entity": {"name": "team/news"}, "permissions": ["repo.write"]}]}}
}


@pytest.mark.parametrize(
    ("auth", "repo", "state"),
    [
        (WRITE, "me/news", "ok"),
        (WRITE, "team/news", "ok"),
        (WRITE, "readers/news", "BAD"),  # a member who may only read
        (WRITE, "others/news", "BAD"),
        (FINE, "team/news", "ok"),
        (FINE, "team/other", "BAD"),
        ({"accessToken": {"role": "read"}}, "me/news", "BAD"),
    ],
)
def test_whether_a_recipe_may_publish_where_it_says(auth, repo, state):
    [found] = publishing({"name": "me", "orgs": ORGS, "auth": auth}, {repo: "news"})
    assert found.state == state
    assert repo in found.found


def test_what_nobody_publishes_and_what_is_not_told_is_no_finding():
    assert list(publishing({"name": "me", "auth": {"type": "oauth"}}, {"me/news": "news"})) == []
    assert list(publishing(None, {})) == []


def test_a_recipe_that_publishes_where_the_token_may_not_write(hub, writer, home, write_recipe):
    rows = [{"text": "One."}]
    (home / "recipes").mkdir(parents=True)
    write_recipe(rows, release={"store": "hub", "repo": "others/news"}).rename(home / "recipes" / "news.yaml")
    found = {each.what: each for each in look()}
    assert found["publishing"].state == "BAD"
    assert "news to others/news" in found["publishing"].found
    write_recipe(rows, release={"store": "hub", "repo": "team/news"}).rename(home / "recipes" / "news.yaml")
    assert {each.what: each.state for each in look()} == {"hub": "ok", "token": "ok", "publishing": "ok"}
