"""Romanise: text in any script in Latin letters. A romaniser is anything that satisfies `Romaniser`; `romaniser` makes one."""

from functools import cache
from threading import Lock
from typing import Literal, NamedTuple, Protocol

from schemas.languages import Language

_making = Lock()


class Romanised(NamedTuple):
    """A text in Latin letters."""

    text: str
    places: list[tuple[int, int]]
    """For each code point of the original: where what it became starts and ends in `text`. Code points that became one
    thing together share its place; of what left no letter the place is empty. Neither bound falls from one to the next."""


class Romaniser(Protocol):
    """Romanises texts; safe to call from several threads."""

    name: str  # with its version: what decides the bytes

    def romanise(self, text: str, language: Language) -> Romanised:
        """The text in Latin letters; the same text and language give the same, whatever was romanised before."""


def romaniser(name: Literal["uroman"]) -> Romaniser:
    """The romaniser of a recipe, loaded once a process. Raises EngineError if its library is missing."""
    with _making:
        return _made(name)


@cache
def _made(name: Literal["uroman"]) -> Romaniser:
    from tasks.romanise.uroman import UromanRomaniser

    return UromanRomaniser()
