"""What the Hub refuses, in words that say the way out and never the token."""

import pytest
from huggingface_hub.errors import OfflineModeIsEnabled
from huggingface_hub.utils import hf_raise_for_status, httpx

from tasks.publish.refusals import hidden, reason
from tests.tasks.publish.making import REPO, TOKEN


@pytest.fixture(autouse=True)
def token(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)


def refused(status, message=None, **headers):
    request = httpx.Request("POST", "http://hub/api/datasets/owner/trial/commit/main", headers={"Authorization": f"Bearer {TOKEN}"})
    told = {"X-Error-Message": message} if message else {}
    with pytest.raises(httpx.HTTPError) as raised:
        hf_raise_for_status(httpx.Response(status, headers={**told, **headers}, request=request))
    return raised.value


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (refused(401), "the Hub refused the token (401). Set HF_TOKEN to one that may write to datasets of owner."),
        (
            refused(403, "No rights."),
            "the Hub refused the token (403): No rights. Set HF_TOKEN to one that may write to datasets of owner.",
        ),
        (refused(403, f"{TOKEN} may not"), "the Hub refused the token (403): *** may not. Set HF_TOKEN to one"),
        (refused(404), "the Hub answered 404."),
        (refused(413, "Payload\nToo  Large"), "the Hub answered 413: Payload Too Large."),
        (refused(429, **{"Retry-After": "2580"}), "too many requests (429). The Hub asks to come back in 2,580 seconds."),
        (refused(429, "hourly quotas"), "too many requests (429): hourly quotas. It takes at most 128 commits an hour; come back later."),
        (refused(503), "the Hub answered 503."),
        (httpx.ConnectError("refused"), "cannot be reached (ConnectError). Check the network and HF_ENDPOINT."),
        (ConnectionError("Server error: HTTP status server error (500 Internal Server Error)"), "the storage of the Hub answered 500."),
        (ConnectionError("no route"), "cannot be reached (ConnectionError). Check the network and HF_ENDPOINT."),
        (OfflineModeIsEnabled("x"), "HF_HUB_OFFLINE is set. Unset it to publish."),
        (FileNotFoundError(2, "No such file or directory"), "No such file or directory."),
        (ValueError("Invalid metadata in README.md"), "Invalid metadata in README.md."),
    ],
)
def test_the_way_out(error, words):
    assert words in reason(error, REPO)
    assert TOKEN not in reason(error, REPO)


def test_without_a_token(monkeypatch, hub):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    assert reason(refused(401), REPO) == "there is no token. Set HF_TOKEN (or hf auth login) to one that may write to datasets of owner."


def test_long_words_of_others_are_cut():
    assert len(hidden("x" * 1000)) == 300
