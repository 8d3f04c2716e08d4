"""What is checked after a conversion: tokens keep the numbers that the checkpoint's own files give them."""

import json

import pytest

from schemas.errors import EngineError
from tasks.models.convert import require_same_numbers

VOCABULARY = ["<s>", "</s>", "▁a", "▁dog", "deu_Latn", "fra_Latn", "madeupword0"]
PIECES = {"<s>": 0, "</s>": 1, "▁a": 2, "▁dog": 3}


def fast(vocab, *added):
    return {"tokenizer.json": {"model": {"vocab": vocab}, "added_tokens": [{"content": token, "id": number} for token, number in added]}}


@pytest.mark.parametrize(
    ("checkpoint", "token"),
    [
        ({"vocab.json": PIECES}, None),  # Marian, M2M100
        (fast(PIECES, ("deu_Latn", 4), ("fra_Latn", 5)), None),
        (fast([["<s>", 0.0], ["</s>", 0.0], ["▁a", -1.5], ["▁dog", -2.0]]), None),  # a unigram model lists pieces and scores
        ({"vocab.json": {**PIECES, "<pad>": 7}}, None),  # Marian's last, which the converter leaves out
        ({}, None),  # nothing to compare with
        ({"vocab.json": {"<s>": 0, "</s>": 1, "▁dog": 2, "▁a": 3}}, "token 2 is '▁a', in the checkpoint '▁dog'"),
        (fast(PIECES, ("deu_Latn", 5)), "token 5 is 'fra_Latn', in the checkpoint 'deu_Latn'"),
        (fast([["<pad>", 0.0], ["<s>", 0.0]]), "token 0 is '<s>', in the checkpoint '<pad>'"),
    ],
)
def test_numbers(write, tmp_path, checkpoint, token):
    pytest.importorskip("transformers", reason="needs pip install 'babelmill[models]': the message names its version") if token else None
    write("model/shared_vocabulary.json", json.dumps(VOCABULARY))
    for name, values in checkpoint.items():
        write(f"checkpoint/{name}", json.dumps(values))
    if token is None:
        return require_same_numbers("owner/name", tmp_path / "checkpoint", tmp_path / "model")
    with pytest.raises(EngineError, match=rf"owner/name was converted wrongly: {token}"):
        require_same_numbers("owner/name", tmp_path / "checkpoint", tmp_path / "model")
