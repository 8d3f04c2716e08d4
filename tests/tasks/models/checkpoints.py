"""Tiny checkpoints of the real architectures, with random weights and tokenizers trained here, laid out as the published ones are."""

import json
import random
from pathlib import Path
from typing import Any

import sentencepiece

SENTENCES = [
    "The minister said on Monday that the plan was good.",
    "Der Minister sagte am Montag, dass der Plan gut war.",
    "Two young men are standing in front of a house, looking at 3 dogs!",
    "Zwei junge Männer stehen vor einem Haus und sehen 3 Hunde an?",
    "Le ministre a dit lundi que c'était un bon plan (le meilleur).",
    "Het plan van de minister was goed; niemand heeft het gelezen.",
]


def corpus(lines: int = 1500) -> list[str]:
    """Sentences of words drawn from SENTENCES: enough for a sentencepiece model of some hundred pieces."""
    draw = random.Random(7)
    words = [word for sentence in SENTENCES for word in sentence.split()]
    return SENTENCES + [" ".join(draw.choices(words, k=draw.randint(3, 12))) for _ in range(lines)]


def sentencepiece_model(folder: Path, name: str, lines: list[str] | None = None, size: int = 300, **options: Any) -> Path:
    """folder/name, trained on the lines."""
    stem = folder / "spm"  # identity: what a charsmap does is the same for all, and needs protobuf to get at
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines or corpus()),
        model_prefix=str(stem),
        vocab_size=size,
        minloglevel=2,
        num_threads=1,
        hard_vocab_limit=False,
        normalization_rule_name="identity",
        **options,
    )
    stem.with_suffix(".vocab").unlink()
    return stem.with_suffix(".model").rename(folder / name)


def pieces(file: Path) -> list[str]:
    """The pieces of a sentencepiece model, in order of their ids."""
    model = sentencepiece.SentencePieceProcessor(model_file=str(file))
    return [model.id_to_piece(i) for i in range(model.get_piece_size())]


def merges(tokens: list[str]) -> list[tuple[str, str]]:
    """The merges of a BPE whose tokens stand in the order in which they were made."""
    order = {token: number for number, token in enumerate(tokens)}
    return [
        (token[:cut], token[cut:])
        for token in tokens
        for cut in sorted(range(1, len(token)), key=lambda cut: (order.get(token[:cut], 0), order.get(token[cut:], 0)))
        if token[:cut] in order and token[cut:] in order
    ]


def write(file: Path, values: Any) -> None:
    """As JSON."""
    file.write_text(json.dumps(values), "utf-8")


def sizes(tokens: int) -> dict[str, int]:
    """Of M2M100 and Marian."""
    layers = {
        f"{side}_{what}": n for side in ("encoder", "decoder") for what, n in (("layers", 1), ("attention_heads", 2), ("ffn_dim", 32))
    }
    return {"vocab_size": tokens, "d_model": 16, "max_position_embeddings": 64, **layers}


def save(folder: Path, model: Any, pickled: bool = False) -> None:
    """The weights and configuration, as safetensors or as torch's own file."""
    import torch

    model.save_pretrained(folder)
    if pickled:
        torch.save(model.state_dict(), folder / "pytorch_model.bin")
        (folder / "model.safetensors").unlink()


def nllb(folder: Path, pickled: bool = False) -> None:
    """facebook/nllb-200-distilled-600M: fairseq's order of ids, the codes after the pieces, then <mask>, two places more than tokens."""
    import torch
    from transformers import M2M100Config, M2M100ForConditionalGeneration, NllbTokenizer

    spm = sentencepiece_model(folder, "sentencepiece.bpe.model", model_type="bpe")
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *(token for token in pieces(spm) if token not in ("<s>", "</s>", "<unk>"))]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = NllbTokenizer(vocab=vocabulary, merges=merges(tokens))
    tokenizer.save_pretrained(folder)  # tokenizer.json, as the published one has it
    torch.manual_seed(1)
    config = M2M100Config(**sizes(len(tokenizer) + 2), pad_token_id=1, bos_token_id=0, eos_token_id=2, decoder_start_token_id=2)
    save(folder, M2M100ForConditionalGeneration(config), pickled)


def m2m100(folder: Path) -> None:
    """facebook/m2m100_418M: vocab.json, the languages after it, eight places more."""
    import torch
    from transformers import M2M100Config, M2M100ForConditionalGeneration
    from transformers.models.m2m_100.tokenization_m2m_100 import FAIRSEQ_LANGUAGE_CODES

    tokens = pieces(sentencepiece_model(folder, "sentencepiece.bpe.model", model_type="bpe"))
    vocabulary = ["<s>", "<pad>", "</s>", "<unk>", *(token for token in tokens if token not in ("<s>", "</s>", "<unk>"))]
    languages = [f"__{code}__" for code in FAIRSEQ_LANGUAGE_CODES["m2m100"]]
    write(folder / "vocab.json", {token: number for number, token in enumerate(vocabulary)})
    special = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "sep_token": "</s>", "pad_token": "<pad>"}
    write(folder / "special_tokens_map.json", {**special, "additional_special_tokens": languages})
    write(folder / "tokenizer_config.json", {**special, "tokenizer_class": "M2M100Tokenizer", "num_madeup_words": 8})
    torch.manual_seed(2)
    count = len(vocabulary) + len(languages) + 8
    config = M2M100Config(**sizes(count), pad_token_id=1, bos_token_id=0, eos_token_id=2, decoder_start_token_id=2)
    save(folder, M2M100ForConditionalGeneration(config))


def marian(folder: Path, codes: tuple[str, ...] = (), **languages: str) -> None:
    """Helsinki-NLP/opus-mt-*: two sentencepiece models, one vocabulary of its own order, <pad> last. codes: of several targets."""
    import torch
    from transformers import MarianConfig, MarianMTModel

    every = corpus()
    source = pieces(sentencepiece_model(folder, "source.spm", every[::2], size=250))
    target = pieces(sentencepiece_model(folder, "target.spm", every[1::2], size=250))
    rest = sorted({*source, *target} - {"<s>", "</s>", "<unk>"})[:-20]  # a Marian vocabulary lacks some pieces
    tokens = ["</s>", "<unk>", *(f">>{code}<<" for code in codes), *rest, "<pad>"]
    write(folder / "vocab.json", {token: number for number, token in enumerate(tokens)})
    write(folder / "tokenizer_config.json", {"tokenizer_class": "MarianTokenizer", **languages})
    torch.manual_seed(3)
    pad = len(tokens) - 1
    config = MarianConfig(
        **sizes(len(tokens)), pad_token_id=pad, eos_token_id=0, decoder_start_token_id=pad, forced_eos_token_id=0, scale_embedding=True
    )
    save(folder, MarianMTModel(config))


def madlad(folder: Path) -> None:
    """google/madlad400-3b-mt: T5, <unk> <s> </s> first, the languages as pieces of sentencepiece."""
    import torch
    from transformers import T5Config, T5ForConditionalGeneration, T5Tokenizer

    codes = [f"<2{code}>" for code in ("en", "de", "fr", "nl", "zh", "zh_Latn", "ru", "iw", "no", "fil")]
    spm = sentencepiece_model(folder, "spiece.model", model_type="unigram", user_defined_symbols=codes, size=600)
    model = sentencepiece.SentencePieceProcessor(model_file=str(spm))
    scored = [(token, model.get_score(number)) for number, token in enumerate(pieces(spm))]
    tokenizer = T5Tokenizer(vocab=scored, extra_ids=0, pad_token="<s>")
    tokenizer.save_pretrained(folder)
    torch.manual_seed(4)
    config = T5Config(
        **{"vocab_size": len(pieces(spm)), "d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2},
        **{"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False},
        **{"pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 0},
    )
    save(folder, T5ForConditionalGeneration(config))


def files(folder: Path) -> dict[str, bytes]:
    """Name -> bytes, for the Hub of the tests."""
    return {file.name: file.read_bytes() for file in folder.iterdir()}
