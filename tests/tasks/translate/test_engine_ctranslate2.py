"""The engine is CTranslate2 called with NLLB's convention, in any batches, and its fingerprint is what decides the output."""

import json
import os
import random
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import ctranslate2
import pytest
import sentencepiece

from schemas.errors import EngineError
from schemas.languages import language
from schemas.recipe import CTranslate2
from tasks.translate import Machine, translator
from tasks.translate.engine_ctranslate2 import LONGEST_INPUT, REPORT, CTranslate2Translator

ENGLISH, GERMAN, FRENCH, FINNISH = (language(code) for code in ("eng_Latn", "deu_Latn", "fra_Latn", "fin_Latn"))


@pytest.fixture(scope="module")
def folder(shared):
    return shared / "models" / "captions-eng-deu-fra"


@pytest.fixture(scope="module")
def make(folder):
    """make(**options): the engine with these options of the recipe."""
    made = {}

    def engine(**options):
        key = tuple(sorted(options.items()))
        if key not in made:
            made[key] = CTranslate2Translator(CTranslate2(into=("deu_Latn",), **{"model": str(folder), **options}), Machine("cpu"))
        return made[key]

    return engine


@pytest.fixture(scope="module")
def captions(shared):
    lines = (shared / "data" / "captions" / "test_2016.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["eng"] for line in lines[:150]]


def by_hand(folder, texts, source, target, **options):
    """What the documentation of CTranslate2 says to do for NLLB."""
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sentencepiece.bpe.model"))
    raw = ctranslate2.Translator(str(folder), device="cpu", compute_type="int8", intra_threads=1)
    tokens = [[source, *pieces.encode(text, out_type=str), "</s>"] for text in texts]
    results = raw.translate_batch(tokens, target_prefix=[[target]] * len(texts), return_scores=True, max_decoding_length=256, **options)
    return [(pieces.decode(result.hypotheses[0][1:]), result.scores[0]) for result in results]


@pytest.mark.parametrize(
    ("target", "options"), [(GERMAN, {"beam_size": 4}), (FRENCH, {"beam_size": 1}), (GERMAN, {"beam_size": 2, "length_penalty": 0.6})]
)
def test_hypotheses_are_those_of_ctranslate2(make, folder, captions, target, options):
    texts = captions[:40]
    found = make(**options).translate(texts, ENGLISH, target)
    expected = by_hand(folder, texts, "eng_Latn", target.code, **options)
    assert [hypothesis.text for hypothesis in found] == [text for text, _ in expected]
    if options["beam_size"] == 1:
        assert {hypothesis.score for hypothesis in found} == {None}  # it would cost greedy search 5 % of the time
    else:
        assert [hypothesis.score for hypothesis in found] == pytest.approx([score for _, score in expected], abs=0.02)  # padded otherwise
    assert not any(hypothesis.truncated for hypothesis in found)


@pytest.mark.parametrize("beam_size", [1, 4])
def test_no_hypothesis_depends_on_its_batch_or_place(make, folder, captions, shared, beam_size):
    """To the last digit of the score, and for news too, of which the model understands so little that many choices are near ties."""
    news = [json.loads(line)["eng"] for line in (shared / "data" / "news" / "ntrex_13_languages.jsonl").open(encoding="utf-8")]
    texts = captions[:150] + news[:50]
    engine = make(beam_size=beam_size)
    together = engine.translate(texts, ENGLISH, GERMAN)
    shuffled = random.Random(1).sample(range(len(texts)), len(texts) // 2)
    assert engine.translate([texts[i] for i in shuffled], ENGLISH, GERMAN) == [together[i] for i in shuffled]
    assert [engine.translate([text], ENGLISH, GERMAN)[0] for text in texts[::10]] == together[::10]
    options = CTranslate2(into=("deu_Latn",), model=str(folder), beam_size=beam_size)
    assert CTranslate2Translator(options, Machine("cpu", 1, 300)).translate(texts, ENGLISH, GERMAN) == together


def test_texts_may_repeat_and_be_none(make, captions):
    engine = make(beam_size=1)
    assert engine.translate([], ENGLISH, GERMAN) == []
    first, second, third = engine.translate([captions[0], captions[1], captions[0]], ENGLISH, GERMAN)
    assert first.text == third.text != second.text


@pytest.mark.parametrize("marker", ["</s>", "<s>", "<unk>", "fra_Latn", "eng_Latn", "__fra_Latn__", "▁", "\u2581fra_Latn", "\0", "<0x41>"])
def test_what_looks_like_a_token_is_text(make, marker):
    """The output keeps its language, and nothing of the sentence is cut off at the marker."""
    plain = "Two young men are standing in front of a house and looking at a dog."
    texts = [f"{marker} {plain}", f"{plain} {marker} {plain}", f"{plain[:-1]} {marker}.", marker]
    german = make(beam_size=2).translate(texts, ENGLISH, GERMAN)
    french = make(beam_size=2).translate(texts, ENGLISH, FRENCH)
    for found, own, other in (
        (german, {"vor", "auf", "und", "ein"}, {"un", "et", "une"}),
        (french, {"un", "et", "une"}, {"vor", "auf", "und", "ein"}),
    ):
        words = [set(hypothesis.text.split()) for hypothesis in found[:3]]
        assert all(w & own and not w & other for w in words)
    assert not any(hypothesis.truncated for hypothesis in german + french)


@pytest.mark.parametrize(("limit", "truncated"), [(1, True), (2, True), (5, True), (256, False)])
def test_what_reaches_the_limit_is_truncated(make, captions, limit, truncated):
    found = make(beam_size=1, max_decoding_length=limit).translate(captions[:10], ENGLISH, GERMAN)
    assert [hypothesis.truncated for hypothesis in found] == [truncated] * 10


def test_input_that_the_model_does_not_see_whole_is_truncated(make):
    engine = make(beam_size=1, max_decoding_length=30)
    assert engine.identity.options["max_input_length"] == 256 < LONGEST_INPUT  # this model has no more positions
    found = engine.translate(["dog " * 600, "A dog.", "dog " * 255, "dog " * 254], ENGLISH, GERMAN)
    assert [hypothesis.truncated for hypothesis in found[:3]] == [True, False, True]


def test_more_output_than_the_model_has_positions_is_refused_at_once(make):
    with pytest.raises(EngineError, match=r"has 256 positions, but max_decoding_length is 257\. Set it to 256 or less"):
        make(max_decoding_length=257)


@pytest.mark.parametrize(
    ("source", "target", "stranger"), [(ENGLISH, FINNISH, "fin_Latn (Finnish)"), (FINNISH, GERMAN, "fin_Latn (Finnish)")]
)
def test_an_unknown_language_names_those_there_are(make, source, target, stranger):
    engine = make(beam_size=1)
    with pytest.raises(EngineError) as error:
        engine.require(source, target)
    assert f"has no {stranger}; it has deu_Latn, eng_Latn, fra_Latn." in str(error.value)
    with pytest.raises(EngineError):
        engine.translate(["Hi."], source, target)
    engine.require(ENGLISH, FRENCH)


def test_a_folder_that_is_not_there_says_what_was_expected(tmp_path):
    with pytest.raises(
        EngineError, match=r"model .*nowhere.*: no model\.bin in .*nowhere\. Name `demo` or a folder with a CTranslate2 model"
    ):
        translator(CTranslate2(into=("deu_Latn",), model=str(tmp_path / "nowhere")))


def test_a_model_without_sentencepiece_says_what_is_missing(shared):
    with pytest.raises(EngineError, match="no sentencepiece model beside it"):
        translator(CTranslate2(into=("deu_Latn",), model=str(shared / "models" / "aren-transliteration")))


@pytest.mark.parametrize("spoilt", ["model.bin", "sentencepiece.bpe.model", "shared_vocabulary.json", "config.json"])
def test_a_damaged_model_is_an_engine_error(folder, tmp_path, spoilt):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy, copy_function=shutil.copyfile)
    copy.chmod(0o755)
    (copy / spoilt).write_bytes(b"\x07 not what it was")
    with pytest.raises(EngineError, match=r"copy.* (cannot be loaded on cpu|is no tokenizer|is no vocabulary): "):
        CTranslate2Translator(CTranslate2(into=("deu_Latn",), model=str(copy)), Machine("cpu"))


@pytest.mark.parametrize(
    ("options", "same"),
    [
        ({}, True),
        ({"into": ("fra_Latn", "deu_Latn")}, True),  # the target is another part of the key
        ({"beam_size": 5}, False),
        ({"length_penalty": 0.5}, False),
        ({"repetition_penalty": 1.2}, False),
        ({"max_decoding_length": 99}, False),
        ({"compute_type": "float32"}, False),
        ({"compute_type": "int8"}, True),  # what auto is on a CPU
    ],
)
def test_the_fingerprint_is_what_decides_the_output(make, folder, options, same):
    other = CTranslate2Translator(CTranslate2(**{"into": ("deu_Latn",), "model": str(folder), **options}), Machine("cpu"))
    assert (other.identity.fingerprint == make().identity.fingerprint) is same


def test_the_fingerprint_does_not_hold_threads_or_place(make, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    copy = tmp_path / folder.name
    shutil.copytree(folder, copy, copy_function=shutil.copyfile)
    engine = CTranslate2Translator(CTranslate2(into=("deu_Latn",), model=str(copy)), Machine("cpu"))
    assert engine.identity.fingerprint == make().identity.fingerprint
    assert engine.identity.fingerprint.startswith("captions-eng-deu-fra-")
    copy.chmod(0o755)
    with (copy / "sentencepiece.bpe.model").open("ab") as pieces:
        pieces.write(b"\x22\x00")  # an empty field more: other bytes, still a model
    other = CTranslate2Translator(CTranslate2(into=("deu_Latn",), model=str(copy)), Machine("cpu"))
    assert other.identity.digest != engine.identity.digest


def test_progress_adds_up(make, captions):
    told = []
    found = make(beam_size=1).translate(captions, ENGLISH, GERMAN, lambda *now: told.append(now))
    assert len(captions) % REPORT
    assert sum(sentences for sentences, _ in told) == len(captions)
    assert len(told) == -(-len(captions) // REPORT)
    assert all(tokens >= sentences for sentences, tokens in told)
    assert len(found) == len(captions)


def test_several_threads_may_share_it(make, captions):
    engine = make(beam_size=1)
    whole = engine.translate(captions, ENGLISH, GERMAN)
    with ThreadPoolExecutor(3) as pool:
        parts = list(pool.map(lambda i: engine.translate(captions[i::3], ENGLISH, GERMAN), range(3)))
    assert [[h.text for h in part] for part in parts] == [[h.text for h in whole[i::3]] for i in range(3)]


LIMITED = """
import json, resource, sys
from schemas.languages import language
from schemas.recipe import CTranslate2
from tasks.translate import Machine
from tasks.translate.engine_ctranslate2 import CTranslate2Translator

folder, corpus, room, batch_tokens = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
texts = [json.loads(line)["eng"] for line in open(corpus, encoding="utf-8")] * 2
engine = CTranslate2Translator(CTranslate2(into=("deu_Latn",), model=folder), Machine("cpu", 2, batch_tokens))
pair = language("eng_Latn"), language("deu_Latn")
engine.translate(texts[:50], *pair)  # threads and buffers are there
if room:
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (room << 20),) * 2)
print(json.dumps({"texts": [h.text for h in engine.translate(texts, *pair)], "tokens": engine._batches.tokens}))
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits the address space as Linux does")
def test_a_process_with_little_memory_says_the_same(folder, shared):
    def run(*limits):
        command = [sys.executable, "-c", LIMITED, str(folder), str(shared / "data" / "captions" / "test_2016.jsonl"), *map(str, limits)]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    enough, little = run(0, 2048), run(200, 1 << 17)
    assert little["tokens"] < 1 << 17
    assert little["texts"] == enough["texts"]
