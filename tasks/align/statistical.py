"""The statistical aligner: links words by what was learnt from many pairs, by their order and by their form. Needs no model."""

from collections.abc import Sequence

import numpy as np

from schemas.languages import Language
from tasks.align import Alignment
from tasks.align.batches import Batch, batches
from tasks.align.fit import fit
from tasks.align.hmm import Floats, Ids, posteriors
from tasks.align.priors import ALIKE, SPARSE, Priors
from tasks.align.stems import stems

__all__ = ["Priors", "StatisticalAligner", "fit"]

LONGEST = 1000  # tokens of a text; those after it get no links


class StatisticalAligner:
    """Posteriors of both directions; a link weighs as much as their geometric mean."""

    name = "statistical"

    def __init__(self, priors: Priors, source: Language, target: Language) -> None:
        self._languages = source, target
        self._jumps = priors.ahead, priors.back
        linked = np.array([bool(a and b) for a, b in zip(priors.source, priors.target, strict=True)], bool)
        stemmed = [sorted({stem for stem in column if stem}) for column in (priors.source, priors.target)]
        self._ids = [{stem: i for i, stem in enumerate(names, 1)} for names in stemmed]
        self._sizes = [len(names) + 1 for names in stemmed]
        source_ids = np.array([self._ids[0].get(stem, 0) for stem in priors.source], np.int64)
        target_ids = np.array([self._ids[1].get(stem, 0) for stem in priors.target], np.int64)
        keys = source_ids * self._sizes[1] + target_ids
        order = np.argsort(keys[linked], kind="stable")
        self._keys, self._links = keys[linked][order], priors.links[linked][order].astype(np.float64)
        both = source_ids[linked], target_ids[linked]
        self._totals = [np.bincount(ids, priors.links[linked], size) for ids, size in zip(both, self._sizes, strict=True)]
        self._none = [
            np.bincount(ids[~linked], priors.links[~linked], size) for ids, size in zip((source_ids, target_ids), self._sizes, strict=True)
        ]
        for none in self._none:
            none[0] = 0

    def align(self, pairs: Sequence[tuple[str, str]]) -> list[Alignment]:
        """One alignment per (sentence, translation), in their order; each as if it were alone."""
        found = [(stems(a, self._languages[0]), stems(b, self._languages[1])) for a, b in pairs]
        forms: dict[str, int] = {}
        numbered = [
            ([forms.setdefault(s, len(forms) + 1) for s in a[:LONGEST]], [forms.setdefault(s, len(forms) + 1) for s in b[:LONGEST]])
            for (_, a), (_, b) in found
        ]
        names = ["", *forms]
        known = [np.array([ids.get(stem, 0) for stem in names], np.int64) for ids in self._ids]
        weights: list[Floats] = [np.zeros((len(a[0]), len(b[0])), np.float32) for a, b in found]
        for batch in batches(numbered):
            links = self._weigh(batch, known)
            for row, part in zip(batch.rows, links, strict=True):
                ours, theirs = len(numbered[row][0]), len(numbered[row][1])
                weights[row][:ours, :theirs] = part[:ours, :theirs]
        return [Alignment(a[0], b[0], weight) for (a, b), weight in zip(found, weights, strict=True)]

    def _weigh(self, batch: Batch, known: Sequence[Ids]) -> Floats:
        """[pairs, source, target], rounded so that other machines' last digits show nowhere."""
        alive = batch.alive
        ids = known[0][batch.source], known[1][batch.target]
        keys = ids[0][:, :, None] * self._sizes[1] + ids[1][:, None, :]
        at = np.minimum(np.searchsorted(self._keys, keys), max(len(self._keys) - 1, 0))
        links = np.where(self._keys[at] == keys, self._links[at], 0.0) if len(self._keys) else np.zeros(keys.shape)
        alike = batch.source[:, :, None] == batch.target[:, None, :]
        evidence = (links + np.where(alike, SPARSE * ALIKE, SPARSE)) * alive[0][:, :, None] * alive[1][:, None, :]
        ahead = evidence / (self._totals[0][ids[0]] + SPARSE * self._sizes[1])[:, :, None]
        back = evidence / (self._totals[1][ids[1]] + SPARSE * self._sizes[0])[:, None, :]
        none = [
            ((counts[i] + SPARSE) / (counts.sum() + SPARSE * size)).astype(np.float32)
            for counts, i, size in zip(self._none, ids, self._sizes, strict=True)
        ]
        forth, _ = posteriors(ahead.transpose(0, 2, 1).astype(np.float32), none[1], *alive, self._jumps[0])
        other, _ = posteriors(back.astype(np.float32), none[0], alive[1], alive[0], self._jumps[1])
        weights: Floats = np.round(np.sqrt(forth.transpose(0, 2, 1) * other), 3)
        return weights
