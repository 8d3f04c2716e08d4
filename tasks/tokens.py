"""Tokens: words and punctuation marks with their places, of any language."""

import re
import unicodedata
from functools import cache

from icu4py.breakers import WordBreaker

from schemas.languages import Language


def tokens(text: str, language: Language) -> list[tuple[int, int]]:
    """The tokens of a text in order, each [start, end) in code points; white space belongs to none.

    A token is a number with the separators inside it (1,200.5), a word with its marks (vowel signs, joiners), or a single
    other character. Apostrophes and hyphens stand alone, so that what they bind (l'hôtel, İzmir'de) is found by itself.
    Where words are not spaced, ICU's dictionaries cut them.
    """
    found = [match.span() for match in _token().finditer(text)]
    if language.spaced:
        return found
    code = language.iso639_1 or language.iso639_3
    return [part for start, end in found for part in _cut(text[start:end], start, code)]


def _cut(word: str, start: int, code: str) -> list[tuple[int, int]]:
    if len(word) == 1 or word.isascii():
        return [(start, start + len(word))]
    parts = []
    for piece in WordBreaker(word, code):  # its own offsets count UTF-16 units
        parts.append((start, start + len(piece)))
        start += len(piece)
    return parts


@cache
def _token() -> re.Pattern[str]:
    marks = {c for c in range(0x300, 0xE01F0) if unicodedata.category(chr(c))[0] == "M"}  # `re` has them not in \w
    firsts, lasts = sorted(c for c in marks if c - 1 not in marks), sorted(c for c in marks if c + 1 not in marks)
    ranges = "".join(f"{chr(a)}-{chr(b)}" for a, b in zip(firsts, lasts, strict=True))  # `re` looks at single astral ones one by one
    inside = rf"\w{ranges}\u200c\u200d"
    return re.compile(rf"\d+(?:[.,٫٬]\d+)*(?![{inside}])|[{inside}]+|\S")
