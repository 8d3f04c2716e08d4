"""How much of CTranslate2's speed a build keeps, and what a loop of one's own would lose: side by side in one process.

python -m tests.bench.measure_translate [--shape opus] [--rows 20000]      models with random weights, see shapes.py
python -m tests.bench.measure_translate --model FOLDER --corpus FILE.jsonl --field FIELD --language LANG --into LANG

transformers: float32, sorted, batches of 32. chunks: CTranslate2 as its documentation calls it, 32 rows at a time in the corpus's order.
whole: CTranslate2 driven perfectly, the whole corpus sorted, batches by tokens, a worker on every core; tokenisation not counted.
build: `babelmill build` from JSONL to the Parquet of a release, everything counted but loading the model; without checks and second
tries, which the others have not either. listed: the same with a shortlist, its trial counted, the second load not. whole and build run
in turns, --rounds times; the first two on a part of the rows (--slow-rows), spread evenly over the lengths. Speeds are output tokens a
second.
"""

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import ctranslate2
import sentencepiece

from flows.build import Request, build
from flows.runners import Threads
from schemas.recipe_file import parse
from tasks.translate.loaded import Loaded
from tests.bench import shapes
from tests.bench.figure import bars

BATCH_TOKENS = 2048  # the best of 1024-4096 on 2 cores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=shapes.SHAPES, default="opus")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--slow-rows", type=int, default=640, help="for chunks and transformers; 0 leaves them out")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--beam", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--set", action="append", default=[], metavar="KEY=JSON", help="of the recipe's translate, for the build alone")
    parser.add_argument("--shortlist", type=Path, help="text in the target language; `shape` for that of the shape: one more build")
    parser.add_argument("--no-transformers", action="store_true")
    parser.add_argument("--models", type=Path, default=Path(tempfile.gettempdir()) / "babelmill-bench", help="where models are made")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--field", default="text")
    parser.add_argument("--language", default="eng_Latn")
    parser.add_argument("--into", default="ron_Latn")
    parser.add_argument("--json", type=Path, help="write the figures here too, and a figure (.svg) beside")
    options = parser.parse_args()

    options.models.mkdir(parents=True, exist_ok=True)
    folder = options.model or shapes.make(options.shape, options.models)
    if options.corpus:
        lines = options.corpus.read_text("utf-8").splitlines()
        texts = list(dict.fromkeys(json.loads(line)[options.field].strip() for line in lines))[: options.rows]
    else:
        texts = list(shapes.titles(options.rows))
    figures = measure(folder, texts, options)
    print(f"\n{folder.name}, {len(texts):,} distinct sentences, beam {options.beam}, {os.cpu_count()} cores")
    for name, speed in figures["tokens_per_second"].items():
        print(f"{name:14} {speed:10,.1f} tokens/s  {speed / figures['tokens_per_second']['whole']:6.3f} of whole")
    print({key: value for key, value in figures.items() if key != "tokens_per_second"})
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
        bars(f"{folder.name}, {len(texts):,} sentences", figures["tokens_per_second"], "tokens/s", options.json.with_suffix(".svg"))


def measure(folder: Path, texts: list[str], options: argparse.Namespace) -> dict[str, Any]:
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sentencepiece.bpe.model"))
    since = time.monotonic()
    encoded = [[options.language, *sentence, "</s>"] for sentence in pieces.encode(texts, out_type=str)]
    figures: dict[str, Any] = {"tokenising_seconds": round(time.monotonic() - since, 2)}
    since = time.monotonic()
    whole = ctranslate2.Translator(str(folder), compute_type="int8", inter_threads=os.cpu_count() or 1, intra_threads=1)
    figures["load_seconds"] = round(time.monotonic() - since, 2)
    speeds: dict[str, float] = {}
    few = sorted(range(len(texts)), key=lambda i: len(encoded[i]))[:: max(1, len(texts) // max(options.slow_rows, 1))]
    if options.slow_rows:
        sample = [encoded[i] for i in sorted(few)]
        chunked = ctranslate2.Translator(str(folder), compute_type="int8")
        speeds["chunks of 32"] = _speed(lambda: _in_chunks(chunked, sample, options))
        if (folder / "transformers").is_dir() and not options.no_transformers:
            speeds["transformers"] = _transformers(folder / "transformers", sample, options)
    ours, theirs, found, built = [], [], [], {}
    for _ in range(options.rounds):
        theirs.append(_timed(lambda: found.append(_whole(whole, encoded, options))))
        tokens = sum(len(x) for x in found[-1])
        built, seconds = _build(folder, texts, options, {})
        ours.append(seconds)
    hypotheses = [pieces.decode(x) for x in found[-1]]
    speeds |= {"whole": tokens / median(theirs), "build": tokens / median(ours)}
    if options.shortlist:
        text = options.shortlist
        if str(text) == "shape":
            text = options.models / "target.txt"
            text.write_text("\n".join([" ".join(shapes.COUNTERS), *shapes.titles(20_000, seed=2)]), "utf-8")
        listed, seconds = _build(folder, texts, options, {"shortlist": {"text": str(text), "floor": 0}})
        speeds["build, listed"] = tokens / seconds
        figures["identical_with_shortlist"] = _same(listed.pop("translations"), built["translations"])
        figures["build_seconds_with_shortlist"] = listed
    figures["tokens_per_second"] = {name: round(speed, 1) for name, speed in speeds.items()}
    figures["build_over_whole_by_round"] = [round(b / a, 3) for a, b in zip(ours, theirs, strict=True)]
    figures["sentences_per_second"] = {"whole": round(len(texts) / median(theirs), 1), "build": round(len(texts) / median(ours), 1)}
    figures["identical_hypotheses"] = _same(built.pop("translations"), hypotheses)
    figures["build_seconds"] = built
    figures["peak_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    return figures


def _same(ours: list[str], theirs: list[str]) -> float:
    return round(sum(a == b for a, b in zip(ours, theirs, strict=True)) / len(theirs), 4)


def _timed(work: Callable[[], object]) -> float:
    since = time.monotonic()
    work()
    return time.monotonic() - since


def _speed(work: Callable[[], int]) -> float:
    since = time.monotonic()
    tokens = work()
    return tokens / (time.monotonic() - since)


def _whole(translator: ctranslate2.Translator, encoded: list[list[str]], options: argparse.Namespace) -> list[list[str]]:
    results = translator.translate_batch(
        encoded,
        target_prefix=[[options.into]] * len(encoded),
        beam_size=options.beam,
        max_batch_size=BATCH_TOKENS,
        batch_type="tokens",
    )
    return [result.hypotheses[0][1:] for result in results]


def _in_chunks(translator: ctranslate2.Translator, encoded: list[list[str]], options: argparse.Namespace) -> int:
    tokens = 0
    for start in range(0, len(encoded), 32):
        chunk = encoded[start : start + 32]
        results = translator.translate_batch(chunk, target_prefix=[[options.into]] * len(chunk), beam_size=options.beam)
        tokens += sum(len(result.hypotheses[0]) - 1 for result in results)
    return tokens


def _transformers(checkpoint: Path, encoded: list[list[str]], options: argparse.Namespace) -> float:
    import torch
    from transformers import M2M100ForConditionalGeneration, PreTrainedTokenizerFast

    ids = PreTrainedTokenizerFast.from_pretrained(checkpoint).convert_tokens_to_ids
    model = M2M100ForConditionalGeneration.from_pretrained(checkpoint, dtype=torch.float32).eval()
    sentences = sorted((ids(sentence) for sentence in encoded), key=len, reverse=True)

    def generate() -> int:
        tokens = 0
        for start in range(0, len(sentences), 32):
            rows = [torch.tensor(sentence) for sentence in sentences[start : start + 32]]
            inputs = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=1)
            found = model.generate(
                input_ids=inputs,
                attention_mask=(inputs != 1).long(),
                forced_bos_token_id=ids(options.into),
                num_beams=options.beam,
                max_new_tokens=256,
                do_sample=False,
            )
            tokens += int(((found != 1) & (found != 2)).sum()) - len(rows)  # without padding, ends and the language
        return tokens

    with torch.inference_mode():
        return _speed(generate)


@contextmanager
def _loads() -> Iterator[list[float]]:
    """The seconds of every load of a model within."""
    seconds: list[float] = []
    load = Loaded._load

    def timed(self: Loaded, folder: Path) -> Any:
        since = time.monotonic()
        loaded = load(self, folder)
        seconds.append(time.monotonic() - since)
        return loaded

    Loaded._load = timed  # type: ignore[method-assign]
    try:
        yield seconds
    finally:
        Loaded._load = load  # type: ignore[method-assign]


def _build(folder: Path, texts: list[str], options: argparse.Namespace, more: dict[str, Any]) -> tuple[dict[str, Any], float]:
    """A build in a new warehouse: its seconds by stage and its translations; and its seconds less those of loading the model.

    With a shortlist the model is loaded once more: `reload` of the stages.
    """
    import polars as pl

    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        (home / "corpus.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), "utf-8")
        translate = {"model": str(folder), "into": [options.into], "beam_size": options.beam, "second_tries": [], **more}
        translate |= {key: json.loads(value) for key, _, value in (text.partition("=") for text in options.set)}
        recipe = parse(
            {
                **{"name": "bench", "title": "Speed", "language": options.language, "fields": ["text"]},
                **{"source": {"format": "jsonl", "path": str(home / "corpus.jsonl")}, "translate": translate},
                "checks": {"reject": [], "flag": []},
            }
        )
        with _loads() as loads:
            built = build(Request(recipe, home), Threads(options.workers))
        seconds = built.run["seconds"] | {"reload": round(sum(loads[1:]), 3)}
        parquet = built.release.path / options.into / "*.parquet"
        translations = pl.read_parquet(parquet)["text"].to_list()
        return {**seconds, "translations": translations}, seconds["all"] - seconds["open"] - seconds["reload"]


if __name__ == "__main__":
    main()
