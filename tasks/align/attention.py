"""The aligner without a corpus: what the translation model itself looked at while it wrote each word."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from schemas.errors import RecipeError
from schemas.languages import Language
from tasks.align import Alignment, Bounds
from tasks.tokens import tokens
from tasks.translate import Translator

DIGITS = 3  # the batch shows in further ones: 2e-6 in float32 on a CPU, nothing in int8


@runtime_checkable
class Attentive(Translator, Protocol):
    """An engine that shows what it looks at."""

    def attention(self, pairs: Sequence[tuple[str, str]], source: Language, target: Language) -> list[Alignment]:
        """The attention between the pieces of each (sentence, translation), the translation being given."""


class AttentionAligner:
    """Links words by the attention of a model that is made to write the translation given (forced decoding; Garg et al. 2019).

    CTranslate2 shows the first head of the last decoder layer. It is an alignment only in models that were trained to make it
    one (guided alignment: Chen et al. 2016), as the demo model was: over 99 % of its names are projected exactly. NLLB was not;
    with another such model, of 3.7 M parameters, 49 % (German) and 32 % (French) of marked nouns were (tests/bench/measure_aligners.py):
    use the statistical aligner there. In int8 on a CPU, the default, the weights of a pair depend on nothing but the pair.
    """

    name = "attention"

    def __init__(self, engine: Translator, source: Language, target: Language) -> None:
        if not isinstance(engine, Attentive):
            raise RecipeError(
                f"project.aligner: attention needs a model, and the engine {engine.identity.model} has none. "
                "Use aligner: statistical, or translate with engine: ctranslate2."
            )
        engine.require(source, target)
        self._engine, self._source, self._target = engine, source, target

    def align(self, pairs: Sequence[tuple[str, str]]) -> list[Alignment]:
        """Of the attention of each target token the share on each source token; no links where a text exceeds the model's limit."""
        return [
            words(pieces, tokens(source, self._source), tokens(target, self._target))
            for (source, target), pieces in zip(pairs, self._engine.attention(pairs, self._source, self._target), strict=True)
        ]


def words(pieces: Alignment, source: list[Bounds], target: list[Bounds]) -> Alignment:
    """The alignment of pieces as one of tokens: the sum over the pieces of a source token, the mean over those of a target token.

    A piece belongs to every token that it shares a code point with, so that no token goes without because the two are cut otherwise.
    """
    first, end = _ranges(pieces.source, source)
    summed = _running(pieces.weights)
    columns = summed[end] - summed[first]
    first, end = _ranges(pieces.target, target)
    summed = _running(columns.T)
    mean = (summed[end] - summed[first]) / np.maximum(end - first, 1)[:, None]
    return Alignment(source, target, mean.T.clip(0, 1).round(DIGITS).astype(np.float32))


def _ranges(pieces: list[Bounds], tokens: list[Bounds]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The first piece of each token, and the one after its last; both ascend, so that a search finds them."""
    piece, token = np.array(pieces, int).reshape(-1, 2), np.array(tokens, int).reshape(-1, 2)
    first = np.searchsorted(piece[:, 1], token[:, 0], side="right")
    end = np.searchsorted(piece[:, 0], token[:, 1], side="left")
    return first, np.maximum(first, end)


def _running(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    """Sums of the first 0, 1, 2 ... rows: their differences are the same on every machine, a product of matrices is not."""
    return np.concatenate([np.zeros((1, rows.shape[1])), rows.cumsum(axis=0, dtype=np.float64)])
