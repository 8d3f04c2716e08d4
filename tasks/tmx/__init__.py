"""TMX 1.4b (Translation Memory eXchange, LISA OSCAR 2005): how translation memories travel between tools."""

from typing import NamedTuple

FORBIDDEN = "\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff"
"""Characters that XML 1.0 cannot hold in any spelling, as a regular expression has them between brackets."""


class Unit(NamedTuple):
    """A sentence and its translation, NFC."""

    source_language: str  # canonical code
    source: str
    target_language: str
    translation: str
    engine: str | None = None  # fingerprint; null where no machine says that it made it
    score: float | None = None
    truncated: bool = False
    tried: tuple[str, ...] = ()
