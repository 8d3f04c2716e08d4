"""Translate sentences. An engine is anything that satisfies `Translator`; `translator` makes the one a recipe names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from schemas.languages import Language
from schemas.recipe import Echo, Translate

Progress = Callable[[int, int], None]
"""Told, while a call runs: sentences and output tokens finished since the last time."""


OUT_OF_MEMORY = "out-of-memory"
"""Among the second tries of a sentence that did not fit into memory even alone."""


class Hypothesis(NamedTuple):
    """One translated sentence."""

    text: str
    score: float | None  # mean log-probability a token; null if the engine has none or searches greedily
    truncated: bool  # the input or the output hit the length limit
    tried: tuple[str, ...] = ()  # names of the second tries that were made, in their order; see tasks.retry


class Decoding(NamedTuple):
    """How a second try decodes; None is what the recipe says."""

    beam_size: int | None = None
    repetition_penalty: float | None = None
    no_repeat_ngram_size: int | None = None  # tokens; 0 allows all


@dataclass(frozen=True)
class Machine:
    """Where and how an engine runs; nothing here changes what it says."""

    device: str = "auto"  # auto, cpu, cuda (every GPU), cuda:0 or cuda:0,1
    threads: int | None = None  # batches that a CPU works on at once; None: one for each core
    batch_tokens: int | None = None  # of one batch, padding included; None: what was measured best
    models: Path | None = None  # where models from the Hub are kept


@dataclass(frozen=True)
class Identity:
    """What an engine is, for memory keys, manifests and cards."""

    model: str  # short name
    digest: str  # of the weights and the tokenizer, sha256
    options: dict[str, str | int | float]  # all that changes the output, and nothing that does not
    library: str  # name and version; recorded, as what follows, and not part of the fingerprint
    license: str | None = None  # of the weights
    revision: str | None = None  # commit of the model's repository on the Hub

    @property
    def fingerprint(self) -> str:
        """Readable and unique name of the engine: the partition of the memory."""
        return self.named()

    def named(self, **more: str) -> str:
        """The fingerprint with options that one target language alone has."""
        import xxhash

        options = ",".join(f"{key}={value}" for key, value in sorted({**self.options, **more}.items()))
        digest = xxhash.xxh3_64_hexdigest(f"{self.digest}\0{options}".encode())
        name = "".join(c if c.isascii() and c.isalnum() else "-" for c in self.model.lower()).strip("-")[:40]
        return f"{name}-{digest}"


class Translator(Protocol):
    """Translates lists of sentences; safe to call from several threads."""

    identity: Identity

    def fingerprint(self, target: Language) -> str:
        """What decides the translations into a language, as a name: the partition of the memory."""

    def require(self, source: Language, target: Language) -> None:
        """Raise EngineError, naming the languages there are, if the pair cannot be translated."""

    def translate(
        self,
        texts: Sequence[str],
        source: Language,
        target: Language,
        progress: Progress | None = None,
        decoding: Decoding | None = None,
    ) -> list[Hypothesis]:
        """One hypothesis per text, in their order. Texts are sentences in NFC, none empty."""


def translator(options: Translate, machine: Machine = Machine(), say: Callable[[str], None] = lambda _: None) -> Translator:
    """The engine of a recipe; a model of the Hub is fetched if the warehouse lacks it, and `say` told so.

    Raises EngineError if its model or library is missing.
    """
    if isinstance(options, Echo):
        from tasks.translate.echo import EchoTranslator

        return EchoTranslator()
    from tasks.translate.engine_ctranslate2 import CTranslate2Translator

    if options.on_hub:
        from tasks.models.fetch import ready

        options = ready(options, machine, say)
    return CTranslate2Translator(options, machine)
