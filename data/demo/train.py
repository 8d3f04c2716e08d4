"""Trains the demo translator on data/demo/grammar.py and writes data/demo/model/.

python -m data.demo.train              trains, converts to CTranslate2 int8, prints the tables
python -m data.demo.train --evaluate   prints the tables for the model that is there

Needs the extra `models` (torch, transformers). The seed fixes everything; another torch or CPU may still round differently.
"""

import argparse
import io
import math
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from ctranslate2.converters import TransformersConverter
from sentencepiece import SentencePieceProcessor as Processor
from sentencepiece import SentencePieceTrainer
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import M2M100Config, M2M100ForConditionalGeneration, PreTrainedTokenizerFast

from data.demo import score
from data.demo.grammar import LANGUAGES, SOURCE, TARGETS, Production, held_out, sample_sentence
from data.demo.score import LANGUAGE_TOKEN, MODEL, Tokenized, aligned_pieces, tokenize

SEED = 7
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
BOS, PAD, EOS, UNK = range(len(SPECIAL))
TOKENS = [LANGUAGE_TOKEN.get(language, language) for language in LANGUAGES]  # after the pieces, as NLLB does
PIECES = 4200  # nearly all words whole; at 3000 rare words lost pieces ("sembrie"): 98.7 % exact in Romanian and Hindi
CUT = "‖"  # no piece may cross it: so that a Chinese piece never spans two slots
PRODUCTIONS = 40_000
BATCH = 32  # productions; times 3 languages
GUIDED = 0.3  # weight of the alignment loss
SMOOTHING = 0.05


@dataclass(frozen=True)
class Example:
    """One production: token ids of the source, and per language those of the translation and what they align to."""

    source: list[int]
    targets: list[list[int]]  # language token, pieces, </s>
    aligned: list[list[list[int]]]  # positions in the source, one list per target token


def training_productions(count: int) -> list[Production]:
    rng = random.Random(SEED)
    drawn: list[Production] = []
    while len(drawn) < count:
        production = sample_sentence(rng)
        if not held_out(production):
            drawn.append(production)
    return drawn


def cut_slots(production: Production, language: str) -> str:
    """The text with CUT at every slot boundary and after the spaces."""
    text = production.text[language]
    edges = {edge for slot in production.slots for span in slot.spans.get(language, ()) for edge in span}
    edges -= {i for i in edges if i in (0, len(text)) or text[i] == " " or text[i - 1] == " "}
    return "".join(CUT * (i in edges) + character for i, character in enumerate(text))


def train_sentencepiece(productions: list[Production]) -> bytes:
    lines = [cut_slots(production, language) for production in productions for language in LANGUAGES]
    model = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=model,
        model_type="bpe",
        vocab_size=PIECES,
        hard_vocab_limit=False,
        character_coverage=1.0,
        byte_fallback=True,
        split_digits=True,
        normalization_rule_name="identity",
        pretokenization_delimiter=CUT,
        minloglevel=2,
    )
    return model.getvalue()


def vocabulary(processor: Processor) -> list[str]:
    pieces = [processor.id_to_piece(i) for i in range(len(processor))]
    return [*SPECIAL, *(piece for piece in pieces if piece not in SPECIAL), *TOKENS]


def make_examples(productions: list[Production], processor: Processor, ids: dict[str, int]) -> list[Example]:
    def encode(language: str, tokens: Tokenized) -> list[int]:
        return [ids[LANGUAGE_TOKEN.get(language, language)], *(ids[piece] for piece in tokens.pieces), EOS]

    examples = []
    for production in productions:
        source = tokenize(processor, production.text[SOURCE])
        example = Example(encode(SOURCE, source), [], [])
        for language in TARGETS:
            target = tokenize(processor, production.text[language])
            pairs = aligned_pieces(production, source, target, language)
            shifted = [[position + 1 for position in row] for row in pairs]  # the language token stands first
            example.targets.append(encode(language, target))
            example.aligned.append([[0], *shifted, [len(source.pieces) + 1]])
        examples.append(example)
    return examples


def batches(examples: list[Example], rng: random.Random) -> Iterator[list[Example]]:
    """Endless batches of sentences of about the same length, in random order."""
    while True:
        order = sorted(examples, key=lambda example: len(example.source) + rng.random() * 4)
        starts = list(range(0, len(order) - BATCH + 1, BATCH))
        rng.shuffle(starts)
        for start in starts:
            yield order[start : start + BATCH]


def tensors(batch: list[Example]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Source; then per language of each example: decoder input, labels, gold attention (rows sum to 1 or 0)."""
    rows = [(target, aligned) for x in batch for target, aligned in zip(x.targets, x.aligned, strict=True)]
    width = max(len(example.source) for example in batch)
    height = max(len(target) for target, _ in rows)
    source = torch.full((len(batch), width), PAD)
    decoder = torch.full((len(rows), height), PAD)
    labels = torch.full((len(rows), height), -100)
    gold = torch.zeros(len(rows), height, width)
    for b, example in enumerate(batch):
        source[b, : len(example.source)] = torch.tensor(example.source)
    for b, (target, aligned) in enumerate(rows):
        decoder[b, : len(target)] = torch.tensor([EOS, *target[:-1]])
        labels[b, 1 : len(target)] = torch.tensor(target[1:])  # the language token is given, not learnt
        for t, positions in enumerate(aligned):
            gold[b, t, positions] = 1 / max(len(positions), 1)
    return source, decoder, labels, gold


def new_model(size: int) -> M2M100ForConditionalGeneration:
    config = M2M100Config(
        vocab_size=size,
        d_model=128,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=512,
        decoder_ffn_dim=512,
        max_position_embeddings=256,
        dropout=0.05,
        attention_dropout=0.0,
        activation_dropout=0.0,
        encoder_layerdrop=0.0,
        decoder_layerdrop=0.0,
        bos_token_id=BOS,
        pad_token_id=PAD,
        eos_token_id=EOS,
        decoder_start_token_id=EOS,
        attn_implementation="eager",  # the only one that returns its attention
    )
    return M2M100ForConditionalGeneration(config)


def fit(model: M2M100ForConditionalGeneration, examples: list[Example], steps: int, rate: float) -> None:
    """Cross-entropy plus guided alignment of head 0 of the last decoder layer, which is what CTranslate2 returns."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    warm_up = min(400, steps // 5)

    def pace(step: int) -> float:
        if step < warm_up:
            return (step + 1) / warm_up
        return 0.5 * (1 + math.cos(math.pi * (step - warm_up) / (steps - warm_up)))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, pace)
    stream, began = batches(examples, random.Random(SEED)), time.perf_counter()
    model.train()
    for step in range(1, steps + 1):
        source, decoder, labels, gold = tensors(next(stream))
        mask = (source != PAD).long()
        encoded = model.model.encoder(input_ids=source, attention_mask=mask).last_hidden_state  # once for all languages
        output = model(
            encoder_outputs=(encoded.repeat_interleave(len(TARGETS), 0),),
            attention_mask=mask.repeat_interleave(len(TARGETS), 0),
            decoder_input_ids=decoder,
            output_attentions=True,
        )
        loss = torch.nn.functional.cross_entropy(
            output.logits.flatten(0, 1), labels.flatten(), ignore_index=-100, label_smoothing=SMOOTHING
        )
        attention = output.cross_attentions[-1][:, 0].clamp_min(1e-6)
        guided = -(gold * attention.log()).sum() / gold.sum()
        optimizer.zero_grad(set_to_none=True)
        (loss + GUIDED * guided).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 0 or step == steps:
            seconds = time.perf_counter() - began
            print(f"step {step}/{steps}  loss {loss.item():.3f}  guided {guided.item():.3f}  {seconds:.0f} s", flush=True)


def convert(model: M2M100ForConditionalGeneration, tokens: list[str], pieces: bytes, folder: Path) -> None:
    """The stock converter, and sentencepiece's model beside it; README.md in `folder` stays."""
    with tempfile.TemporaryDirectory() as scratch:
        model.save_pretrained(scratch)
        inner = Tokenizer(WordLevel({token: i for i, token in enumerate(tokens)}, unk_token="<unk>"))
        names = dict(zip(("bos_token", "pad_token", "eos_token", "unk_token"), SPECIAL, strict=True))
        PreTrainedTokenizerFast(tokenizer_object=inner, **names).save_pretrained(scratch)
        converted = Path(scratch) / "ct2"
        TransformersConverter(scratch).convert(str(converted), quantization="int8")
        folder.mkdir(parents=True, exist_ok=True)
        for path in converted.iterdir():
            shutil.copyfile(path, folder / path.name)
    (folder / "sentencepiece.bpe.model").write_bytes(pieces)


def train(folder: Path, steps: int, rate: float) -> None:
    torch.set_num_threads(2)
    torch.set_flush_denormal(True)
    torch.manual_seed(SEED)
    began = time.perf_counter()
    productions = training_productions(PRODUCTIONS)
    pieces = train_sentencepiece(productions[:20_000])
    processor = Processor(model_proto=pieces)
    tokens = vocabulary(processor)
    examples = make_examples(productions, processor, {token: i for i, token in enumerate(tokens)})
    model = new_model(len(tokens))
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{len(tokens)} tokens, {parameters:,} parameters, {time.perf_counter() - began:.0f} s so far", flush=True)
    fit(model, examples, steps, rate)
    convert(model.eval(), tokens, pieces, folder)
    print(f"{folder}: {time.perf_counter() - began:.0f} s in all")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--evaluate", action="store_true", help="score the model that is there")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--folder", type=Path, default=MODEL)
    options = parser.parse_args()
    if not options.evaluate:
        train(options.folder, options.steps, options.rate)
    score.main(options.folder)


if __name__ == "__main__":
    main()
