import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.redact import HIDDEN, redact

TOKEN = "hf_" + "cAnArY0123456789" * 2
AUTH = "admin:a-canary-of-a-password"


@pytest.fixture(autouse=True)
def machine(monkeypatch, tmp_path):
    """Secrets of every kind, each another canary."""
    (tmp_path / "token").write_text("kept-canary-token\n")
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", AUTH)
    monkeypatch.setenv("PREFECT_SERVER_API_AUTH_STRING", "root:another-canary")
    monkeypatch.setenv("PREFECT_API_KEY", "pnu_canary")
    monkeypatch.setenv("PREFECT_API_DATABASE_PASSWORD", "data-canary")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "aws/canary+key")
    monkeypatch.setenv("BABELMILL_NOTIFY_URL", "https://hooks.example/T0/canary")
    monkeypatch.setenv("SHORT_TOKEN", "a")  # would take every a out of every word


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"token {TOKEN} refused", "token *** refused"),  # by its form, known or not
        (f"Authorization: Bearer {TOKEN}", "Authorization: Bearer ***"),
        ("authorization: basic bWFsbG9yeTpndWVzcw==", "authorization: basic ***"),
        ("the kept-canary-token of hf auth login", "the *** of hf auth login"),
        (f"auth {AUTH}!", "auth ***!"),
        ("only a-canary-of-a-password", "only ***"),
        (base64.b64encode(AUTH.encode()).decode(), HIDDEN),
        ("another-canary pnu_canary data-canary aws/canary+key", "*** *** *** ***"),
        ("POST https://hooks.example/T0/canary: 404", "POST ***: 404"),
        ("postgresql+asyncpg://babelmill:pass-word@db:5432/prefect", "postgresql+asyncpg://***@db:5432/prefect"),
        ("https://user:pw@proxy.example/x and http://a:b@c", "https://***@proxy.example/x and http://***@c"),
        (
            "GET https://cdn.example/x?X-Amz-Expires=60&X-Amz-Signature=c4na7y: 403",
            "GET https://cdn.example/x?X-Amz-Expires=60&X-Amz-Signature=*** 403",
        ),
        ("https://hook.example/?token=canary#top", "https://hook.example/?token=***#top"),
        # what must stay as it is
        ("https://hub.example/datasets?tokens=512&limit=20", "https://hub.example/datasets?tokens=512&limit=20"),
        ("https://huggingface.co/datasets/owner/name@main", "https://huggingface.co/datasets/owner/name@main"),
        ("http://127.0.0.1:4200/api, owner@example.org", "http://127.0.0.1:4200/api, owner@example.org"),
        ("hf_hub_download of hf_xet 1.8", "hf_hub_download of hf_xet 1.8"),
        ("the basic idea: a bearer of news", "the basic idea: a bearer of news"),
        ("xmind-sample 1.0.0 (first version): a/b", "xmind-sample 1.0.0 (first version): a/b"),
        ("", ""),
    ],
)
def test_secrets_go_and_nothing_else(text, shown):
    assert redact(text) == shown


@given(before=st.text(), after=st.text(), secret=st.sampled_from([AUTH, TOKEN, "kept-canary-token", "aws/canary+key"]))
def test_no_secret_is_left_whatever_stands_around_it(before, after, secret):
    assert secret not in redact(f"{before} {secret} {after}")


@given(st.text())
def test_twice_is_as_once(text):
    once = redact(f"{AUTH}{text}{TOKEN}")
    assert redact(once) == once


@given(st.text(alphabet="abcxyz 0123.,-/_\n%*"))
def test_other_text_stays(text):
    assert redact(text) == text


def test_without_a_token_nothing_is_looked_for(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "none"))
    assert redact("kept-canary-token") == "kept-canary-token"
