"""Attend: what a model looks at while it is made to write given translations."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from tasks.align import Alignment, Bounds
from tasks.translate.conventions import END
from tasks.translate.tokenizer import Located

FORCED = 256  # pairs aligned at a time: bounds memory (at most 512 x 512 weights each); 4,096 were no faster


def attend(
    pairs: Sequence[tuple[str, str]],
    located: Sequence[tuple[Located, Located]],
    *,
    before: list[str],
    prefix: list[str],
    longest: int,
    translate: Callable[..., Sequence[Any]],
) -> list[Alignment]:
    """The first head of the last decoder layer, which is what CTranslate2 shows.

    located: the pieces of both texts of each pair. before, prefix: what the convention puts before them. longest: tokens of a sentence
    that the model takes. translate: CTranslate2's translate_batch, asynchronous. Returns alignments of pieces: over the source pieces
    the weights of each target piece sum to 1, language tokens and </s> left out. No pieces at all where a text has none or the model
    does not take it whole.
    """
    lengths = [(len(ours.pieces), len(theirs.pieces)) for ours, theirs in located]
    most = longest - len(before) - 1, longest - len(prefix)
    fitting = [i for i, (n, m) in enumerate(lengths) if 0 < n <= most[0] and 0 < m <= most[1]]
    fitting.sort(key=lengths.__getitem__)
    found = [Alignment([], [], np.zeros((0, 0), np.float32))] * len(pairs)
    for slab in (fitting[at : at + FORCED] for at in range(0, len(fitting), FORCED)):
        results: list[Any] = []
        # Sentences of one length need no padding, which moves the attention of an int8 model by up to 0.01. So it depends on nothing
        # but the pair: in int8 not a bit changed in 6,500 pairs shuffled, 3,250 in other batches, 650 alone; in float32 the batch
        # still moves it by up to 2e-6.
        for _, group in groupby(slab, key=lambda i: lengths[i][0]):
            same = list(group)
            results += translate(
                [[*before, *located[i][0].pieces, END] for i in same],
                target_prefix=[[*prefix, *located[i][1].pieces] for i in same],
                beam_size=1,
                max_decoding_length=len(prefix) + lengths[same[-1]][1],  # the longest: decoding goes on after shorter ones
                max_input_length=longest,
                return_attention=True,
            )
        for i, result in zip(slab, results, strict=True):
            (ours, theirs), (text, translation) = located[i], pairs[i]
            rows = np.array(result.result().attention[0], np.float32)[len(prefix) : len(prefix) + lengths[i][1], len(before) : -1]
            weights = rows.T / np.maximum(rows.sum(axis=1), np.finfo(np.float32).tiny)
            found[i] = Alignment(_places(text, ours.offsets), _places(translation, theirs.offsets), weights)
    return found


def _places(text: str, offsets: Sequence[Bounds]) -> list[Bounds]:
    """The code points of each piece, without the space before a word; a piece of nothing else, or of the first bytes of a
    character, stands for what follows."""
    starts = [start + len(text[start:end]) - len(text[start:end].lstrip()) for start, end in offsets]
    return [(start, max(start + 1, end)) for start, (_, end) in zip(starts, offsets, strict=True)]
