"""How well the shipped demo model knows its grammar: exact matches and alignments, on CPU with plain CTranslate2.

python -m data.demo.score    prints the same tables as `-m data.demo.train --evaluate`, and needs no torch.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import ctranslate2
import sentencepiece

from data.demo.corpus import corpus_productions
from data.demo.grammar import SOURCE, TARGETS, Production, held_out, sample_sentence

MODEL = Path(__file__).resolve().parent / "model"
LANGUAGE_TOKEN = {"cmn_Hans": "zho_Hans"}  # NLLB's name where it is not ours
HELD_OUT_SEED = 20191115
END = "</s>"

Spot = tuple[int, int]


@dataclass(frozen=True)
class Tokenized:
    """Sentencepiece pieces of one text with the code points they cover, the space before a word left out."""

    pieces: list[str]
    spots: list[Spot]


def tokenize(processor: sentencepiece.SentencePieceProcessor, text: str) -> Tokenized:
    """Pieces with offsets. The text has single spaces, and no character outside the vocabulary."""
    pieces: list[str] = processor.encode(text, out_type=str)
    spots, at = [], -1  # the first piece begins with the space that sentencepiece puts before the text
    for piece in pieces:
        end = at + len(piece)
        start = at + 1 if piece.startswith("▁") else at
        spots.append((start, max(start + 1, end)))  # a lone "▁" stands for the character after it
        at = end
    if at != len(text):
        raise ValueError(f"pieces do not cover {text!r}: {pieces}")
    return Tokenized(pieces, spots)


def aligned_pieces(production: Production, source: Tokenized, target: Tokenized, language: str) -> list[list[int]]:
    """For each target piece the source pieces that it translates, from the slots of the grammar.

    Numbers are aligned character by character: 1,200 and 1.200 are equally long in all languages.
    """
    length = len(production.text[language])
    allowed: list[set[int]] = [set() for _ in range(length)]
    for slot in production.slots:
        ours = [i for start, end in slot.spans.get(SOURCE, ()) for i in range(start, end)]
        theirs = [i for start, end in slot.spans.get(language, ()) for i in range(start, end)]
        if slot.kind == "number" and len(ours) == len(theirs):
            for i, j in zip(ours, theirs, strict=True):
                allowed[j] = {i}
        else:
            for j in theirs:
                allowed[j] = set(ours)
    aligned = []
    for start, end in target.spots:
        wanted = set().union(*allowed[start:end])
        aligned.append([k for k, (a, b) in enumerate(source.spots) if not wanted.isdisjoint(range(a, b))])
    return aligned


class DemoModel:
    """The CTranslate2 folder, called as NLLB models are called."""

    def __init__(self, folder: Path = MODEL) -> None:
        self.folder = folder

    @cached_property
    def processor(self) -> sentencepiece.SentencePieceProcessor:
        return sentencepiece.SentencePieceProcessor(model_file=str(self.folder / "sentencepiece.bpe.model"))

    @cached_property
    def translator(self) -> ctranslate2.Translator:
        return ctranslate2.Translator(str(self.folder), device="cpu", inter_threads=1, intra_threads=2)

    def results(self, texts: Sequence[str], language: str) -> list[ctranslate2.TranslationResult]:
        tokens = [[SOURCE, *self.processor.encode(text, out_type=str), END] for text in texts]
        prefix = [[LANGUAGE_TOKEN.get(language, language)]] * len(tokens)
        options = {"beam_size": 4, "max_batch_size": 64, "max_decoding_length": 200, "return_attention": True}
        return list(self.translator.translate_batch(tokens, target_prefix=prefix, **options))

    def translate(self, texts: Sequence[str], language: str) -> list[str]:
        return [self.processor.decode(result.hypotheses[0][1:]) for result in self.results(texts, language)]


@dataclass(frozen=True)
class Score:
    sentences: int
    wrong: list[tuple[str, str, str]]  # English, expected, found
    aligned: float  # share of target pieces whose attention peaks in the right slot, over exact translations

    @property
    def exact(self) -> float:
        return 1 - len(self.wrong) / self.sentences


def score(model: DemoModel, productions: Sequence[Production], language: str) -> Score:
    results = model.results([p.text[SOURCE] for p in productions], language)
    wrong, right_pieces, all_pieces = [], 0, 0
    for production, result in zip(productions, results, strict=True):
        expected, found = production.text[language], model.processor.decode(result.hypotheses[0][1:])
        if found != expected:
            wrong.append((production.text[SOURCE], expected, found))
            continue
        source, target = (tokenize(model.processor, production.text[x]) for x in (SOURCE, language))
        if result.hypotheses[0][1:] != target.pieces:
            continue  # the same text cut differently
        gold = aligned_pieces(production, source, target, language)
        for row, allowed in zip(result.attention[0][1:], gold, strict=False):
            weights = row[1:-1]  # without the language token and </s>
            right_pieces += max(range(len(weights)), key=weights.__getitem__) in allowed
            all_pieces += 1
    return Score(len(productions), wrong, right_pieces / max(all_pieces, 1))


def held_out_productions(count: int, seed: int = HELD_OUT_SEED) -> list[Production]:
    """`count` different productions that training never saw."""

    def draw() -> Iterator[Production]:
        rng, seen = random.Random(seed), set()
        while True:
            production = sample_sentence(rng)
            if held_out(production) and production.text[SOURCE] not in seen:
                seen.add(production.text[SOURCE])
                yield production

    stream = draw()
    return [next(stream) for _ in range(count)]


def print_table(title: str, model: DemoModel, productions: Sequence[Production], *, show_wrong: int = 5) -> None:
    print(f"\n{title}: {len(productions)} sentences, beam 4\n{'':10}  exact  aligned")
    examples = []
    for language in TARGETS:
        got = score(model, productions, language)
        print(f"{language:10} {got.exact:6.1%}  {got.aligned:7.1%}")
        examples += got.wrong[:show_wrong]
    for english, expected, found in examples:
        print(f"  {english}\n    expected {expected}\n    found    {found}")


def main(folder: Path = MODEL) -> None:
    model = DemoModel(folder)
    print_table("Held out from training", model, held_out_productions(600))
    print_table("Sample corpus, messy fields left out", model, corpus_productions())


if __name__ == "__main__":
    main()
