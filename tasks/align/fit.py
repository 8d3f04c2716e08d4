"""Fit: learn from pairs of texts which words render which, with no other knowledge of the languages.

IBM Model 1 (Brown et al. 1993) starts, the hidden Markov model follows; both directions are learnt together, and only links on
which they agree count (Liang, Taskar & Klein 2006). The words' probabilities are a Dirichlet's, in collapsed form: a link
is judged by what all *other* links say (CVB0, Asuncion et al. 2009), so that a rare word cannot make its own evidence.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray

from schemas.languages import Language
from tasks.align.batches import Batch, batches
from tasks.align.hmm import NONE, REACH, Floats, Ids, learnt_jumps, posteriors, start_jumps
from tasks.align.priors import ALIKE, SPARSE, Priors
from tasks.align.stems import stems

PAIRS = 50_000  # distinct pairs that are learnt from
CELLS = 24_000_000  # source tokens x target tokens of them all; 8 bytes each
LONGEST = 150  # tokens of a text; in longer ones too much goes with too much
MERGED = 20  # batches whose pairs of stems are made distinct at once
LEAST = 0.001  # expected links below which an entry is forgotten
MODEL1, HMM = 5, 5  # rounds; 8 of either change exact spans by at most 1, either way


def fit(pairs: Iterable[tuple[str, str]], source: Language, target: Language) -> Priors:
    """What the pairs (text, translation) teach; the order in which they come changes nothing.

    Learns from at most PAIRS distinct pairs and CELLS products of lengths, those with the smallest hashes: memory stays
    below 1 GB. Pairs with an empty text or one of more than LONGEST tokens are left out.
    """
    chosen = [(a, b) for a, b in _stemmed(pairs, source, target) if 0 < len(a) <= LONGEST and 0 < len(b) <= LONGEST]
    room = np.cumsum([len(a) * len(b) for a, b in chosen]) <= CELLS
    chosen = [pair for pair, fits in zip(chosen, room, strict=True) if fits]
    if not chosen:
        return Priors.empty()
    ours, theirs = (sorted({stem for pair in chosen for stem in pair[side]}) for side in (0, 1))
    ids = [{stem: i for i, stem in enumerate(names, 1)} for names in (ours, theirs)]
    numbered = [([ids[0][stem] for stem in a], [ids[1][stem] for stem in b]) for a, b in chosen]
    names = ["", *ours], ["", *theirs]
    parts, table = _tabulate(list(batches(numbered)), *names)
    return _priors(_learn(parts, table, spaced=source.spaced and target.spaced), table, *names)


def _stemmed(pairs: Iterable[tuple[str, str]], source: Language, target: Language) -> Iterable[tuple[list[str], list[str]]]:
    """The pairs with the smallest hashes, in their order."""
    kept: dict[bytes, tuple[str, str]] = {}
    for a, b in pairs:
        kept[xxhash.xxh3_128_digest(f"{a}\0{b}".encode("utf-8", "surrogatepass"))] = (a, b)
        if len(kept) >= 2 * PAIRS:
            kept = {key: kept[key] for key in sorted(kept)[:PAIRS]}
    for key in sorted(kept)[:PAIRS]:
        yield stems(kept[key][0], source)[1], stems(kept[key][1], target)[1]


@dataclass
class _Part:
    """A batch, where in the table its pairs of stems stand, and what the last round said of its own links."""

    batch: Batch
    at: NDArray[np.int32]  # [pairs, source, target]
    links: Floats  # likewise
    none: tuple[Floats, Floats]  # [pairs, source], [pairs, target]


class _Table(NamedTuple):
    """All pairs of stems that stand in one pair of texts. Entry 0 stands for what fills up."""

    source: Ids
    target: Ids
    prior: Floats
    sizes: tuple[int, int]  # stems of source and target, with the empty one that fills up


class _Learnt(NamedTuple):
    """What a round says."""

    links: NDArray[np.float64]  # of each entry of the table
    none: tuple[NDArray[np.float64], NDArray[np.float64]]  # of each stem of source and of target
    jumps: tuple[Floats, Floats]  # over the source, over the target


def _learn(parts: Sequence[_Part], table: _Table, *, spaced: bool) -> _Learnt:
    learnt = _Learnt(np.zeros(len(table.source)), (np.zeros(table.sizes[0]), np.zeros(table.sizes[1])), (start_jumps(), start_jumps()))
    for step in range(MODEL1 + HMM):
        learnt = _round(parts, table, learnt, hidden=step >= MODEL1, spaced=spaced)
    return learnt


def _round(parts: Sequence[_Part], table: _Table, old: _Learnt, *, hidden: bool, spaced: bool) -> _Learnt:
    """One round of expectation and maximisation; what it says of each link stays with the parts.

    A link counts as often as both directions have it. That starves words rendered by several tokens, of which one direction
    has but one; where words are not spaced there are many such, and the root of it serves better (exact spans eng-cmn: 52.2
    for 48.7 of XQuAD, 95.8 for 91.3 of the demo corpus; eng-spa would fall from 95.3 to 92.9).
    """
    links, none = np.zeros_like(old.links), (np.zeros_like(old.none[0]), np.zeros_like(old.none[1]))
    jumps = np.zeros(2 * REACH + 1), np.zeros(2 * REACH + 1)
    totals = np.bincount(table.source, old.links, table.sizes[0]), np.bincount(table.target, old.links, table.sizes[1])
    for part in parts:
        alive, ids = part.batch.alive, (part.batch.source, part.batch.target)
        evidence = (np.maximum(old.links[part.at] - part.links, 0) + table.prior[part.at]) * (part.at > 0)
        given_source = np.maximum(totals[0][ids[0]][:, :, None] - part.links, 0) + SPARSE * table.sizes[1]
        given_target = np.maximum(totals[1][ids[1]][:, None, :] - part.links, 0) + SPARSE * table.sizes[0]
        alone = [
            (np.maximum(counts[i] - own, 0) + SPARSE) / (counts.sum() + SPARSE * len(counts))
            for counts, i, own in zip(old.none, ids, part.none, strict=True)
        ]
        ahead, over_source = _origins((evidence / given_source).transpose(0, 2, 1), alone[1], *alive, old.jumps[0], hidden)
        back, over_target = _origins(evidence / given_target, alone[0], alive[1], alive[0], old.jumps[1], hidden)
        part.none = _left(back, alive[0]), _left(ahead, alive[1])
        forth = ahead.transpose(0, 2, 1)
        part.links = _agreed(forth * back, spaced) if hidden else (forth + back) * np.float32(0.5)
        np.add.at(links, part.at, part.links)
        for side in (0, 1):
            np.add.at(none[side], ids[side], part.none[side])
        jumps[0][:] += over_source
        jumps[1][:] += over_target
    links[0] = 0
    return _Learnt(links, none, (learnt_jumps(jumps[0]), learnt_jumps(jumps[1])) if hidden else old.jumps)


def _origins(
    words: NDArray[np.float64], none: NDArray[np.float64], states: Floats, steps: Floats, jumps: Floats, hidden: bool
) -> tuple[Floats, NDArray[np.float64]]:
    """As tasks.align.hmm.posteriors; without `hidden`, every origin is as likely as another (IBM Model 1)."""
    chances, alone = np.ascontiguousarray(words, np.float32), none.astype(np.float32)
    if hidden:
        return posteriors(chances, alone, states, steps, jumps)
    chances *= (np.float32(1 - NONE) / states.sum(axis=1))[:, None, None]
    chances /= chances.sum(axis=2, keepdims=True) + np.float32(NONE) * alone[:, :, None]
    return chances, np.zeros(2 * REACH + 1)


def _agreed(product: Floats, spaced: bool) -> Floats:
    agreed: Floats = product if spaced else np.sqrt(product)
    return agreed


def _left(origins: Floats, steps: Floats) -> Floats:
    """The share of each token that comes from none."""
    left: Floats = np.maximum(1 - origins.sum(axis=2), 0) * steps
    return left


def _tabulate(found: Sequence[Batch], ours: Sequence[str], theirs: Sequence[str]) -> tuple[list[_Part], _Table]:
    """ours, theirs: the stems, the empty one first."""
    width = len(theirs)
    table = np.zeros(1, np.int64)
    for start in range(0, len(found), MERGED):
        table = np.unique(np.concatenate([table, *(np.unique(_keys(batch, width)) for batch in found[start : start + MERGED])]))
    parts = []
    for batch in found:
        at = np.searchsorted(table, _keys(batch, width)).astype(np.int32)
        none = np.zeros(batch.source.shape, np.float32), np.zeros(batch.target.shape, np.float32)
        parts.append(_Part(batch, at, np.zeros(at.shape, np.float32), none))
    source, target = np.divmod(table, width)
    place = {stem: i for i, stem in enumerate(theirs) if stem}
    same = np.array([place.get(stem, -1) for stem in ours], np.int64)
    prior = np.where(same[source] == target, SPARSE * ALIKE, SPARSE).astype(np.float32)
    return parts, _Table(source, target, prior, (len(ours), len(theirs)))


def _keys(batch: Batch, width: int) -> Ids:
    """[pairs, source, target]: a number for each two stems, 0 where either fills up."""
    keys: Ids = (
        (batch.source[:, :, None] * width + batch.target[:, None, :]) * (batch.source > 0)[:, :, None] * (batch.target > 0)[:, None, :]
    )
    return keys


def _priors(learnt: _Learnt, table: _Table, ours: Sequence[str], theirs: Sequence[str]) -> Priors:
    """What was learnt in words: links, and what has none, but for what is next to nothing."""
    kept = np.flatnonzero(learnt.links >= LEAST)
    rows = [(ours[table.source[i]], theirs[table.target[i]], learnt.links[i]) for i in kept]
    rows += [(stem, "", count) for stem, count in zip(ours, learnt.none[0], strict=True) if stem and count >= LEAST]
    rows += [("", stem, count) for stem, count in zip(theirs, learnt.none[1], strict=True) if stem and count >= LEAST]
    rows.sort()
    source, target, links = zip(*rows, strict=True)
    return Priors(list(source), list(target), np.asarray(links, np.float32), *learnt.jumps)
