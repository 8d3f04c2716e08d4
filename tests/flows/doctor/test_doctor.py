"""`babelmill doctor` as a whole."""

import json
import subprocess
import sys


def test_everything_is_looked_at_and_absent_is_not_broken(babelmill, hub):
    said = babelmill("doctor", "--json")
    found = {each["what"]: each for each in json.loads(said.out)}
    assert said.code == 0, said.out
    assert {each["group"] for each in found.values()} == {"installation", "engines", "warehouse", "hub", "server"}
    assert all(each["ok"] == (each["state"] != "BAD") for each in found.values())
    assert {what for what, each in found.items() if each["state"] == "--"} >= {"models", "memory", "releases", "token", "server"}
    text = babelmill("doctor").out
    assert "installation\n  ok  python " in text
    assert "\nserver\n  --  server  " in text


def test_what_is_broken_fails(babelmill, hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_expiredexpiredexpired")
    said = babelmill("doctor")
    assert said.code == 1
    assert "  BAD token  " in said.out
    assert "expiredexpired" not in said.out + said.err


def test_a_setting_that_is_wrong_is_said_once(babelmill, monkeypatch):
    monkeypatch.setenv("BABELMILL_WORKERS", "many")
    said = babelmill("doctor", "--json")
    [found] = json.loads(said.out)
    assert (said.code, found["state"], "BABELMILL_WORKERS" in found["found"]) == (1, "BAD", True)


def test_it_imports_no_prefect():
    code = "import sys; from flows import doctor; print('prefect' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
