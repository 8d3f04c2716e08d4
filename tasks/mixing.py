"""Mixing: how much, and how often, a text goes from one language to another."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from tasks.switch import OTHER


class Mixing(NamedTuple):
    """Measures of one text; all are 0 of a text in one language."""

    cmi: float
    """Code-mixing index, 0 to 100: the share of tokens that are not of the main language (Gambäck and Das 2014)."""
    c_u: float
    """The same with the switch points counted in, 0 to 100 (Gambäck and Das 2016)."""
    m_index: float
    """0 to 1: how equal the shares of the languages are (Barnett et al. 2000, after Guzmán et al. 2017)."""
    i_index: float
    """0 to 1: at how many of the places between two tokens the language changes (Guzmán et al. 2017)."""


def mixing(tags: Sequence[str]) -> Mixing:
    """The measures of a text from the tags of its tokens; tokens tagged `other` are left out first."""
    spoken = [tag for tag in tags if tag != OTHER]
    counts = Counter(spoken).values()
    if len(counts) < 2:
        return Mixing(0.0, 0.0, 0.0, 0.0)
    total, most = len(spoken), max(counts)
    switches = sum(before != after for before, after in pairwise(spoken))
    squares = sum((count / total) ** 2 for count in counts)
    return Mixing(
        cmi=100 * (1 - most / total),
        c_u=100 * (total - most + switches) / (2 * total),
        m_index=(1 - squares) / ((len(counts) - 1) * squares),
        i_index=switches / (total - 1),
    )
