"""Models and GPUs: each finding good and broken."""

import hashlib
import json

import pytest

from flows.doctor import engines
from flows.doctor.engines import demo, kept, seen

CARD = "NVIDIA H100 80GB HBM3, 9.0, 81559 MiB"
WHY = "libcublas.so.12: cannot open shared object file"


def test_the_demo_model_answers():
    [found] = demo()
    assert (found.state, "demo model loads and answers" in found.found) == ("ok", True)


@pytest.mark.parametrize(
    ("device", "count", "cards", "library", "state", "says"),
    [
        ("auto", 0, [], None, "--", "none: the CPU does the work"),
        ("auto", 1, [CARD], None, "ok", f"{CARD}; computes in float16, int8; cuBLAS loads"),
        ("auto", 1, [CARD], WHY, "BAD", f"cuBLAS does not load: {WHY}. pip install 'babelmill[gpu]'"),
        ("auto", 0, [CARD], None, "BAD", "CTranslate2 sees none: is CUDA_VISIBLE_DEVICES empty"),
        ("cpu", 1, [CARD], WHY, "--", "not used, as BABELMILL_DEVICE=cpu says"),
        ("cpu", 0, [CARD], None, "--", "not used"),
        ("cpu", 0, [], None, "--", "none"),
        ("cuda:1", 0, [], None, "BAD", "BABELMILL_DEVICE=cuda:1, and there is none"),
        ("auto", 2, [], None, "ok", "2; computes in"),  # no nvidia-smi beside the driver, as in many containers
    ],
)
def test_what_is_seen_of_gpus(device, count, cards, library, state, says):
    found = seen(device, count, ["float16", "int8"], cards, lambda: library)
    assert found.state == state
    assert says in found.found


def test_kept_models_are_compared_with_what_was_fetched(home, monkeypatch):
    assert [each.state for each in kept()] == ["--"]
    for name, weights, size in (("small", b"1234", 4), ("large", b"12345678", 8)):
        folder = home / "models" / f"owner--{name}@0123456789ab-int8"
        folder.mkdir(parents=True)
        (folder / "model.bin").write_bytes(weights)
        about = {"files": {"model.bin": hashlib.sha256(weights).hexdigest()}, "bytes": size}
        (folder / "babelmill.json").write_text(json.dumps(about))
    [found] = kept()
    assert (found.state, "2 from the Hub kept, 2 read" in found.found) == ("ok", True)
    (folder / "model.bin").write_bytes(b"12345679")
    damaged, rest = kept()
    assert (rest.state, "1 of them sound" in rest.found) == ("ok", True)
    assert (damaged.state, "large@0123456789ab-int8, then the command that needs it" in damaged.found) == ("BAD", True)
    monkeypatch.setattr(engines, "READ", -1.0)
    [found] = kept()
    assert "2 too large to read now, babelmill maintain does" in found.found
