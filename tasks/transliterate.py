"""Transliterate: a text in another script, its spans carried over."""

from collections.abc import Sequence
from typing import NamedTuple

from schemas.languages import Language
from schemas.spans import Span
from tasks.romanise import Romanised, Romaniser


class Transliterated(NamedTuple):
    """A text in another script."""

    text: str
    spans: list[Span | None]  # the given ones, in their order; None where nothing of one is left


def transliterate(text: str, spans: Sequence[Span], language: Language, romaniser: Romaniser) -> Transliterated:
    """The text in Latin letters.

    spans: inside the text, none empty. Where one begins or ends inside what became Latin letters as a whole (a Thai
    syllable, a number), it takes all of that; white space that came with a punctuation mark at its edge it does not.
    """
    romanised = romaniser.romanise(text, language)
    return Transliterated(romanised.text, [_moved(span, romanised) for span in spans])


def _moved(span: Span, romanised: Romanised) -> Span | None:
    start, end = romanised.places[span.start][0], romanised.places[span.end - 1][1]
    form = romanised.text[start:end]
    start, end = start + len(form) - len(form.lstrip()), start + len(form.rstrip())
    return Span(start, end, span.label, span.reference, span.group) if start < end else None
