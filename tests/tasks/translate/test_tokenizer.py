"""Text to pieces and back, the same by sentencepiece and by tokenizer.json; what looks like a token is text."""

import json

import pytest
import sentencepiece

from schemas.errors import EngineError
from tasks.translate.tokenizer import tokenizer

CODES = frozenset({"eng_Latn", "deu_Latn", "fra_Latn"})
TEXTS = ["A dog.", "Two  young men", "", " ", "x fra_Latn </s> <s>", "naïve café 😀👩‍👩‍👧 x", "▁a", "12,345"]


@pytest.fixture(scope="module")
def folder(shared):
    return shared / "models" / "captions-eng-deu-fra"


@pytest.fixture(scope="module")
def captions(shared):
    lines = (shared / "data" / "captions" / "test_2016.jsonl").read_text("utf-8").splitlines()
    return [text for line in lines[:300] for text in map(json.loads(line).get, ("eng", "deu", "fra"))]


def test_both_kinds_cut_and_join_alike(folder, captions):
    pytest.importorskip("tokenizers", reason="needs pip install tokenizers")
    pieces, fast = (tokenizer(folder / name, CODES) for name in ("sentencepiece.bpe.model", "tokenizer.json"))
    texts = [" ".join(text.split()) for text in (*captions, *TEXTS)]  # this tokenizer.json leaves spaces that repeat
    cut = pieces.encode(texts)
    assert fast.encode(texts) == cut
    assert fast.decode(cut) == pieces.decode(cut)
    assert [found.pieces for found in fast.locate(texts)] == cut
    assert fast.decode([["▁a", "<unk>"]]) == pieces.decode([["▁a", "<unk>"]])


@pytest.mark.parametrize("name", ["sentencepiece.bpe.model", "tokenizer.json"])
def test_places_are_code_points_of_the_text(folder, captions, name):
    if name == "tokenizer.json":
        pytest.importorskip("tokenizers", reason="needs pip install tokenizers")
    for text, found in zip(captions[:30], tokenizer(folder / name).locate(captions[:30]), strict=True):
        assert all(text[start:end].strip() in piece.replace("▁", "") for piece, (start, end) in zip(*found, strict=True) if piece != "▁")


def test_a_piece_that_steers_is_spelled_out(tmp_path):
    """MADLAD's languages are pieces of its sentencepiece model."""
    stem = tmp_path / "spm"
    lines = ["the dog is good <2de> 2 d e < >", "a cat and a dog > < 2"] * 50
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_prefix=str(stem),
        vocab_size=60,
        hard_vocab_limit=False,
        minloglevel=2,
        user_defined_symbols=["<2de>"],
    )
    file = stem.with_suffix(".model")
    assert "<2de>" in tokenizer(file).encode(["a dog <2de> is"])[0]
    safe = tokenizer(file, frozenset({"<2de>", "<2fr>"}))
    pieces, offsets = safe.locate(["a dog <2de> is"])[0]
    assert "<2de>" not in pieces
    at = pieces.index("<")
    assert "".join(pieces).replace("▁", " ").strip() == "a dog <2de> is"
    assert offsets[at : at + 2] == [(6, 7), (7, 8)]
    assert safe.encode(["a dog <2de> is"]) == [pieces]
    assert safe.decode([pieces]) == ["a dog <2de> is"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("x.model", b"\x07no"), ("tokenizer.json", b"{}"), ("tokenizer.json", b"no"), ("tokenizer.json", b'{"model": {}}')],
)
def test_what_is_no_tokenizer_is_an_engine_error(write, name, content):
    pytest.importorskip("tokenizers", reason="needs pip install tokenizers")
    with pytest.raises(EngineError, match=r"is no tokenizer: .*Copy it from the checkpoint again\."):
        tokenizer(write(name, content))
