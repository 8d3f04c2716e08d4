"""CTranslate2: models of NLLB, M2M100, MADLAD-400 and OPUS-MT, in any batches, on CPUs and GPUs."""

import re
import unicodedata
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from importlib.metadata import version
from itertools import chain, islice
from typing import Any

from schemas.errors import EngineError
from schemas.languages import Language
from schemas.recipe import CTranslate2
from tasks.align import Alignment
from tasks.retry import marker
from tasks.shortlist import Shortlist, shortlist
from tasks.translate import OUT_OF_MEMORY, Decoding, Hypothesis, Identity, Machine, Progress
from tasks.translate.attend import attend
from tasks.translate.batches import Batches, Running
from tasks.translate.conventions import END
from tasks.translate.loaded import Loaded
from tasks.translate.model import open_model

LONGEST_INPUT = 512  # tokens; NLLB's cards: "input lengths not exceeding 512 tokens"
BATCH_TOKENS = {"cpu": 2048, "cuda": 16384}  # CPU measured best of 1024-4096 on 2 cores; CUDA not measured yet
SLAB = 16_384  # sentences handed over together, the next while these are in work: bounds memory; the fewer, the more small batches
WORTH = 0.9  # of the vocabulary; a longer shortlist would save nothing
REPORT = 64  # sentences between two reports of progress
TOO_LARGE = Hypothesis("", None, True, (OUT_OF_MEMORY,))


class CTranslate2Translator:
    """One long-lived engine for all threads of a build."""

    def __init__(self, options: CTranslate2, machine: Machine) -> None:
        model = open_model(options.model)
        self._model, self._options = model, options
        self._told, self._tokenizers = model.convention, model.tokenizers()
        self._loaded = Loaded(model, options.compute_type, machine)
        self._batches = Batches(machine.batch_tokens or BATCH_TOKENS[self._loaded.device], self._loaded.threads)
        self._longest = self._longest_input()
        if self._longest < min(LONGEST_INPUT, options.max_decoding_length):
            wanted = f"max_decoding_length is {options.max_decoding_length}"
            raise EngineError(f"model {options.model!r} has {self._longest} positions, but {wanted}. Set it to {self._longest} or less.")
        self.identity = Identity(
            model=model.name,
            digest=model.digest(),
            options={
                "compute_type": self._loaded.whole.compute_type,
                "beam_size": options.beam_size,
                "length_penalty": options.length_penalty,
                "repetition_penalty": options.repetition_penalty,
                "max_decoding_length": options.max_decoding_length,
                "max_input_length": self._longest,
                **({"second_tries": marker(options.second_tries)} if options.second_tries else {}),
            },
            library=f"ctranslate2 {version('ctranslate2')}",
            license=model.about.license,
            revision=model.about.revision,
        )

    def _longest_input(self) -> int:
        """Tokens of a sentence that the model takes: LONGEST_INPUT, or its number of positions, which only a trial tells."""
        try:
            self._loaded.whole.translate_batch([[END] * LONGEST_INPUT], beam_size=1, max_decoding_length=1, max_input_length=0)
        except RuntimeError as error:
            if positions := re.search(r"positions >= (\d+)", str(error)):
                return int(positions[1])
            raise EngineError(f"model {self._options.model!r} cannot be used on {self._loaded.device}: {error}") from None
        return LONGEST_INPUT

    def require(self, source: Language, target: Language) -> None:
        self._told.require(self._model.name, source, target)

    def fingerprint(self, target: Language) -> str:
        restricted = self._loaded.shortlist(target.code)
        return self.identity.named(shortlist=restricted.digest) if restricted else self.identity.fingerprint

    def shortlist(self, target: Language, text: Iterable[str] | None = None) -> Shortlist | None:
        """The part of the vocabulary that a language needs; with `text` in it, that the text shows. None if that is nearly all."""
        seen: set[str] | None = None
        if text is not None:
            lines, seen = iter(text), set()
            while some := list(islice(lines, SLAB)):
                seen.update(chain.from_iterable(self._tokenizers[1].encode(some)))
        vocabulary = self._model.target_vocabulary
        found = shortlist(vocabulary, target, self._told.prefix(target), seen)
        return found if len(found.pieces) < WORTH * len(vocabulary) else None

    def restrict(self, target: Language, pieces: Shortlist | None) -> None:
        """Write a language with this shortlist from now on, or with the whole vocabulary: another fingerprint."""
        self._loaded.restrict(target.code, pieces)

    def translate(
        self,
        texts: Sequence[str],
        source: Language,
        target: Language,
        progress: Progress | None = None,
        decoding: Decoding | None = None,
    ) -> list[Hypothesis]:
        self.require(source, target)
        sources = [self._told.source(pieces, source, target) for pieces in self._tokenizers[0].encode(texts)]
        order = sorted(range(len(texts)), key=lambda i: len(sources[i]), reverse=True)
        translate = self._decoder(target, decoding or Decoding())
        done: dict[int, Hypothesis] = {}
        ahead: deque[tuple[list[int], Running]] = deque()
        try:
            for start in range(0, len(order), SLAB):
                slab = order[start : start + SLAB]
                sentences = [sources[i] for i in slab]
                lengths = [min(len(sentence), self._longest) for sentence in sentences]
                ahead.append((slab, self._batches.start(partial(_submit, translate, sentences), lengths)))
                if len(ahead) > 1:
                    done.update(self._hypotheses(*ahead.popleft(), sources, target, progress))
            for slab, running in ahead:
                done.update(self._hypotheses(slab, running, sources, target, progress))
        except RuntimeError as error:
            raise self._failure(error, source, target) from None
        return [done[i] for i in range(len(texts))]

    def _decoder(self, target: Language, decoding: Decoding) -> Callable[..., Sequence[Any]]:
        """CTranslate2's translate_batch for a language, asynchronous, with all that decides the output."""
        prefix, options = self._told.prefix(target), self._options
        translate = partial(
            self._loaded.writing(target.code).translate_batch,
            asynchronous=True,
            use_vmap=self._loaded.shortlist(target.code) is not None,
            beam_size=decoding.beam_size or options.beam_size,
            length_penalty=options.length_penalty,
            repetition_penalty=decoding.repetition_penalty or options.repetition_penalty,
            no_repeat_ngram_size=decoding.no_repeat_ngram_size or 0,
            max_decoding_length=options.max_decoding_length,
            max_input_length=self._longest,
            return_scores=(decoding.beam_size or options.beam_size) > 1,  # greedy search needs none: 5 % of the time
        )
        return lambda sentences: translate(sentences, [prefix] * len(sentences))

    def _hypotheses(
        self, slab: Sequence[int], running: Running, sources: Sequence[list[str]], target: Language, progress: Progress | None
    ) -> Iterator[tuple[int, Hypothesis]]:
        """(number, hypothesis) of the sentences of a slab, as their batches are done."""
        found: dict[int, Any] = {}
        untold = 0  # tokens
        for count, (place, result) in enumerate(running, 1):
            found[slab[place]] = result
            untold += len(result.hypotheses[0]) if result else 0
            if progress and (count % REPORT == 0 or count == len(slab)):
                progress((count - 1) % REPORT + 1, untold)
                untold = 0
        outputs = [self._told.strip(result.hypotheses[0], target) if result else [] for result in found.values()]
        limit = self._options.max_decoding_length - len(self._told.prefix(target))
        for (i, result), output, text in zip(found.items(), outputs, self._tokenizers[1].decode(outputs), strict=True):
            cut = len(sources[i]) > self._longest or len(output) >= limit
            score = round(result.scores[0], 4) if result and result.scores else None
            yield i, Hypothesis(unicodedata.normalize("NFC", text), score, cut) if result else TOO_LARGE

    def attention(self, pairs: Sequence[tuple[str, str]], source: Language, target: Language) -> list[Alignment]:
        """What the model looks at while it is made to write the given translations; see tasks.translate.attend."""
        self.require(source, target)
        located = zip(*(each.locate([pair[side] for pair in pairs]) for side, each in enumerate(self._tokenizers)), strict=True)
        try:
            return attend(
                pairs,
                list(located),
                before=self._told.before(source, target),
                prefix=self._told.prefix(target),
                longest=self._longest,
                translate=partial(
                    self._loaded.whole.translate_batch, max_batch_size=self._batches.tokens, batch_type="tokens", asynchronous=True
                ),
            )
        except RuntimeError as error:
            raise self._failure(error, source, target) from None

    def _failure(self, error: RuntimeError, source: Language, target: Language) -> EngineError:
        where = f"{self.identity.model} failed on {source.code} to {target.code}"
        return EngineError(f"{where}: {error}. Chunks that were done are kept; run the same command again.")


def _submit(translate: Callable[..., Sequence[Any]], sentences: Sequence[list[str]], numbers: Sequence[int], length: int) -> Sequence[Any]:
    """One batch, padded to a length: where no sentence has it, the first one stands there twice, its last piece repeated."""
    batch = [sentences[i] for i in numbers]
    if max(map(len, batch)) < length:
        *pieces, end = batch[0]
        batch.append([*pieces, *pieces[-1:] * (length - len(batch[0])), end])
    return translate(batch)[: len(numbers)]
