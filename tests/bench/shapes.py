"""Models with the shape of real ones and random weights, for measuring speed where no weights can be had.

The weights are random but for a counter: the source begins with a word w07 ... w60, which says how many tokens its translation has.
The counter's dimensions are kept free of everything else; the last cross-attention carries it over, and the last feed-forward layer
counts down to </s>. So every sentence has a length of its own, the same in any engine, and all the arithmetic of the real model is
done for it.

Needs the extra `models` (torch, transformers).
"""

import io
import random
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COUNTERS = [f"w{k:02d}" for k in range(1, 61)]  # w01 is the last token before </s>
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
LANGUAGES = ("eng_Latn", "ron_Latn", "fin_Latn")
PIECES = 8000


@dataclass(frozen=True)
class Shape:
    layers: int  # of the encoder, and as many of the decoder
    width: int
    inner: int  # of the feed-forward layers
    heads: int
    vocabulary: int


SHAPES = {
    "tiny": Shape(2, 128, 512, 4, 9_000),
    "opus": Shape(6, 512, 2048, 8, 58_101),  # OPUS-MT base, 74 M parameters
    "nllb": Shape(12, 1024, 4096, 16, 256_206),  # NLLB-200 600M, 615 M parameters
}


def titles(count: int, seed: int = 1) -> Iterator[str]:
    """Distinct sentences of about 15 pieces (5 to 38), the first a counter that asks for 0.95 to 1.35 times as many."""
    rng = random.Random(seed)
    words = _words(random.Random(0))
    weights = [1 / (rank + 20) for rank in range(len(words))]
    for number in range(count):
        length = min(28, max(4, round(rng.lognormvariate(2.4, 0.36))))  # words, of 1.35 pieces on average
        body = rng.choices(words, weights, k=length - 2)
        yield f"{COUNTERS[round(1.35 * length * rng.uniform(0.95, 1.35))]} {' '.join(body)} {words[number % len(words)]}"


def make(name: str, folder: Path) -> Path:
    """The model of a shape under `folder`: a CTranslate2 model (int8) with its sentencepiece model; the checkpoint in transformers/."""
    place = folder / name
    if not place.is_dir():
        building = Path(tempfile.mkdtemp(dir=folder))
        _build(SHAPES[name], building)
        building.rename(place)
    return place


def _words(rng: random.Random) -> list[str]:
    syllables = [c + v for c in "bcdfghjklmnprstvz" for v in ("a", "e", "i", "o", "u")]
    return sorted({"".join(rng.choices(syllables, k=rng.choice((2, 2, 3, 4)))) for _ in range(20_000)})


def _build(shape: Shape, folder: Path) -> None:
    import torch
    from ctranslate2.converters import TransformersConverter
    from sentencepiece import SentencePieceProcessor, SentencePieceTrainer
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from transformers import M2M100Config, M2M100ForConditionalGeneration, PreTrainedTokenizerFast

    stream = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=titles(20_000, seed=0),
        model_writer=stream,
        model_type="bpe",
        vocab_size=min(PIECES, shape.vocabulary - 100),
        user_defined_symbols=COUNTERS,
        minloglevel=2,
    )
    (folder / "sentencepiece.bpe.model").write_bytes(stream.getvalue())
    pieces = SentencePieceProcessor(model_proto=stream.getvalue())
    known = [pieces.id_to_piece(i) for i in range(len(pieces))]
    tokens = [*SPECIAL, *(piece for piece in known if piece not in SPECIAL), *LANGUAGES]
    tokens += [(f"▁{i}" if i < 8000 else f"▁filler{i}") for i in range(shape.vocabulary - len(tokens))]

    torch.manual_seed(1)
    model = M2M100ForConditionalGeneration(
        M2M100Config(
            vocab_size=len(tokens),
            d_model=shape.width,
            encoder_layers=shape.layers,
            decoder_layers=shape.layers,
            encoder_attention_heads=shape.heads,
            decoder_attention_heads=shape.heads,
            encoder_ffn_dim=shape.inner,
            decoder_ffn_dim=shape.inner,
            max_position_embeddings=1024,
            bos_token_id=0,
            pad_token_id=1,
            eos_token_id=2,
            decoder_start_token_id=2,
        )
    ).eval()
    with torch.no_grad():
        _count_down(model, [tokens.index("</s>"), *map(tokens.index, COUNTERS)])
    checkpoint = folder / "transformers"
    model.save_pretrained(checkpoint)
    inner = Tokenizer(WordLevel({token: i for i, token in enumerate(tokens)}, unk_token="<unk>"))
    names = dict(zip(("bos_token", "pad_token", "eos_token", "unk_token"), SPECIAL, strict=True))
    PreTrainedTokenizerFast(tokenizer_object=inner, **names).save_pretrained(checkpoint)
    TransformersConverter(str(checkpoint)).convert(str(folder / "ct2"), quantization="int8")
    for path in (folder / "ct2").iterdir():
        shutil.move(path, folder / path.name)


def _count_down(model, counters: list[int]) -> None:  # type: ignore[no-untyped-def]
    """Keep one dimension for each counter; let the last decoder layer turn k, or the source's k where there is none yet, into k - 1."""
    import torch

    n = len(counters)
    inside = model.model
    inside.shared.weight.normal_(0, 0.02)
    inside.shared.weight[:, :n] = 0
    inside.shared.weight[counters] = 0
    inside.shared.weight[counters, torch.arange(n)] = 1.0
    inside.shared.weight[model.config.pad_token_id] = 0
    for stack in (inside.encoder, inside.decoder):
        stack.embed_positions.weights[:, :n] = 0  # made anew, with them, when the checkpoint is loaded: a small noise
        for layer in stack.layers:
            outputs = [layer.self_attn.out_proj, layer.fc2, *([layer.encoder_attn.out_proj] if stack is inside.decoder else [])]
            for output in outputs:
                output.weight.normal_(0, 0.02)
                output.weight[:n] = 0
                output.bias.zero_()
    last = inside.decoder.layers[-1]
    cross = last.encoder_attn
    cross.v_proj.weight[:n] = 0
    cross.v_proj.weight[torch.arange(n), torch.arange(n)] = 1
    cross.out_proj.weight[torch.arange(n), torch.arange(n)] = 8
    last.fc1.weight[:n] = 0
    last.fc1.weight[torch.arange(n), torch.arange(n)] = 1
    last.fc1.bias[:n] = -0.4
    last.fc2.weight[torch.arange(n - 1), torch.arange(1, n)] = 100
