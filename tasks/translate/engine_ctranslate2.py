"""CTranslate2 with NLLB's convention: source = [language] + pieces + ["</s>"], target prefix = [language]."""

import os
import re
import unicodedata
from collections.abc import Sequence
from importlib.metadata import version
from itertools import groupby

import numpy as np

from schemas.errors import EngineError, did_you_mean
from schemas.languages import Language
from schemas.recipe import CTranslate2
from tasks.align import Alignment, Bounds
from tasks.translate import Decoding, Hypothesis, Identity, Progress
from tasks.translate.model import open_model

LONGEST_INPUT = 512  # tokens; NLLB's cards: "input lengths not exceeding 512 tokens"
BATCH_TOKENS = {"cpu": 2048, "cuda": 16384}  # CPU measured best of 1024-4096 on 2 cores; CUDA not measured yet
SLAB = 4096  # sentences sorted and decoded together: bounds memory, costs nothing against larger ones
FORCED = 256  # pairs aligned at a time: bounds memory (at most 512 x 512 weights each); 4,096 were no faster
REPORT = 64  # sentences between two reports of progress


class CTranslate2Translator:
    """One long-lived translator for all threads of a build."""

    def __init__(self, options: CTranslate2, device: str = "auto") -> None:
        import ctranslate2
        import sentencepiece

        model = open_model(options.model)
        self._options = options
        self._device = ("cuda" if ctranslate2.get_cuda_device_count() else "cpu") if device == "auto" else device
        compute = options.compute_type
        if compute == "auto":
            compute = "float16" if self._device == "cuda" else "int8"
        try:
            self._pieces = sentencepiece.SentencePieceProcessor(model_file=str(model.pieces))
            self._translator = ctranslate2.Translator(
                str(model.folder),
                device=self._device,
                compute_type=compute,
                inter_threads=os.cpu_count() or 1,
                intra_threads=1,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise EngineError(f"model {options.model!r} in {model.folder} cannot be loaded on {self._device}: {error}") from None
        self._known = model.languages
        self._longest = self._longest_input()
        if self._longest < min(LONGEST_INPUT, options.max_decoding_length):
            wanted = f"max_decoding_length is {options.max_decoding_length}"
            raise EngineError(f"model {options.model!r} has {self._longest} positions, but {wanted}. Set it to {self._longest} or less.")
        self.identity = Identity(
            model=model.name,
            digest=model.digest(),
            options={
                "compute_type": self._translator.compute_type,
                "beam_size": options.beam_size,
                "length_penalty": options.length_penalty,
                "repetition_penalty": options.repetition_penalty,
                "max_decoding_length": options.max_decoding_length,
                "max_input_length": self._longest,
            },
            library=f"ctranslate2 {version('ctranslate2')}",
        )

    def _longest_input(self) -> int:
        """Tokens of a sentence that the model takes: LONGEST_INPUT, or its number of positions, which only a trial tells."""
        try:
            self._translator.translate_batch([["</s>"] * LONGEST_INPUT], beam_size=1, max_decoding_length=1, max_input_length=0)
        except RuntimeError as error:
            if positions := re.search(r"positions >= (\d+)", str(error)):
                return int(positions[1])
            raise EngineError(f"model {self._options.model!r} cannot be used on {self._device}: {error}") from None
        return LONGEST_INPUT

    def require(self, source: Language, target: Language) -> None:
        for language in (source, target):
            if language.code not in self._known:
                known = ", ".join(sorted(self._known)) or "none that the registry knows"
                hint = did_you_mean(language.code, self._known)
                raise EngineError(f"model {self._options.model!r} has no {language.code} ({language.name}); it has {known}.{hint}")

    def translate(
        self,
        texts: Sequence[str],
        source: Language,
        target: Language,
        progress: Progress | None = None,
        decoding: Decoding | None = None,
    ) -> list[Hypothesis]:
        self.require(source, target)
        done: dict[int, Hypothesis] = {}
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]), reverse=True)
        for start in range(0, len(order), SLAB):
            slab = order[start : start + SLAB]
            found = self._decode([texts[i] for i in slab], source, target, progress, decoding or Decoding())
            done.update(zip(slab, found, strict=True))
        return [done[i] for i in range(len(texts))]

    def attention(self, pairs: Sequence[tuple[str, str]], source: Language, target: Language) -> list[Alignment]:
        """What the model looks at while it is made to write the given translations: the first head of the last decoder layer.

        Returns alignments of pieces: over the source pieces the weights of each target piece sum to 1, the language token and
        </s> left out. No pieces at all where a text has none or the model does not take it whole.
        """
        self.require(source, target)
        start, prefix = self._known[source.code], self._known[target.code]
        ours, theirs = (self._pieces.encode([pair[side] for pair in pairs], return_type="offset_mapping") for side in (0, 1))
        lengths = [(len(x["pieces"]), len(y["pieces"])) for x, y in zip(ours, theirs, strict=True)]
        fitting = [i for i, (n, m) in enumerate(lengths) if 0 < n <= self._longest - 2 and 0 < m <= self._longest - 1]
        fitting.sort(key=lengths.__getitem__)
        found = [Alignment([], [], np.zeros((0, 0), np.float32))] * len(pairs)
        for slab in (fitting[at : at + FORCED] for at in range(0, len(fitting), FORCED)):
            results = []
            try:
                # Sentences of one length need no padding, which moves the attention of an int8 model by up to 0.01. So it depends
                # on nothing but the pair: in int8 not a bit changed in 6,500 pairs shuffled, 3,250 in other batches, 650 alone;
                # in float32 the batch still moves it by up to 2e-6.
                for _, group in groupby(slab, key=lambda i: lengths[i][0]):
                    same = list(group)
                    results += self._translator.translate_batch(
                        [[start, *ours[i]["pieces"], "</s>"] for i in same],
                        target_prefix=[[prefix, *theirs[i]["pieces"]] for i in same],
                        max_batch_size=BATCH_TOKENS[self._device],
                        batch_type="tokens",
                        asynchronous=True,
                        beam_size=1,
                        max_decoding_length=1 + lengths[same[-1]][1],  # the longest: decoding goes on after shorter ones
                        max_input_length=self._longest,
                        return_attention=True,
                    )
                for i, result in zip(slab, results, strict=True):
                    rows = np.array(result.result().attention[0], np.float32)[1 : 1 + lengths[i][1], 1:-1]
                    weights = rows.T / np.maximum(rows.sum(axis=1), np.finfo(np.float32).tiny)
                    sentence, translation = pairs[i]
                    found[i] = Alignment(_places(sentence, ours[i]["offsets"]), _places(translation, theirs[i]["offsets"]), weights)
            except RuntimeError as error:
                raise self._failure(error, source, target) from None
        return found

    def _failure(self, error: RuntimeError, source: Language, target: Language) -> EngineError:
        where = f"{self.identity.model} failed on {source.code} to {target.code}"
        return EngineError(f"{where}: {error}. Chunks that were done are kept; run the same command again.")

    def _decode(
        self, texts: list[str], source: Language, target: Language, progress: Progress | None, decoding: Decoding
    ) -> list[Hypothesis]:
        pieces = self._pieces.encode(texts, out_type=str)
        start, prefix = self._known[source.code], self._known[target.code]
        outputs: list[list[str]] = []
        scores: list[float] = []
        try:
            for result in self._translator.translate_batch(
                [[start, *sentence, "</s>"] for sentence in pieces],
                target_prefix=[[prefix]] * len(pieces),
                max_batch_size=BATCH_TOKENS[self._device],
                batch_type="tokens",
                asynchronous=True,  # so that progress is told while the slab is decoded
                beam_size=decoding.beam_size or self._options.beam_size,
                no_repeat_ngram_size=decoding.no_repeat_ngram_size or 0,
                length_penalty=self._options.length_penalty,
                repetition_penalty=decoding.repetition_penalty or self._options.repetition_penalty,
                max_decoding_length=self._options.max_decoding_length,
                max_input_length=self._longest,
                return_scores=True,
            ):
                finished = result.result()
                outputs.append(finished.hypotheses[0][1:])  # the first token is the language
                scores.append(round(finished.scores[0], 4))
                if progress and len(outputs) % REPORT == 0:
                    progress(REPORT, sum(map(len, outputs[-REPORT:])))
        except RuntimeError as error:
            raise self._failure(error, source, target) from None
        rest = len(outputs) % REPORT
        if progress and rest:
            progress(rest, sum(map(len, outputs[-rest:])))
        limit = self._options.max_decoding_length - 1  # less the language token
        return [
            Hypothesis(
                unicodedata.normalize("NFC", text),
                score,
                len(sentence) + 2 > self._longest or len(output) >= limit,
            )
            for text, score, sentence, output in zip(self._pieces.decode(outputs), scores, pieces, outputs, strict=True)
        ]


def _places(text: str, offsets: Sequence[Bounds]) -> list[Bounds]:
    """The code points of each piece, without the space before a word; a piece of nothing else, or of the first bytes of a
    character, stands for what follows."""
    starts = [start + len(text[start:end]) - len(text[start:end].lstrip()) for start, end in offsets]
    return [(start, max(start + 1, end)) for start, (_, end) in zip(starts, offsets, strict=True)]
