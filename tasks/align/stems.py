"""Stems: what a token counts as when words are matched across two languages."""

import unicodedata

from schemas.languages import Language
from tasks.align import Bounds
from tasks.tokens import tokens

PREFIX = 4  # code points; exact spans eng-spa (reviews), -arb, -hin (XQuAD): 3 94/56/75, 4 95/62/76, 5 95/65/74, whole words 93/64/72


def stems(text: str, language: Language) -> tuple[list[Bounds], list[str]]:
    """The tokens of a text and the stem of each: its first letters in lower case, which inflection mostly leaves alone.

    Numbers stay whole and become ASCII digits without separators: 1,200, 1.200 and ١٬٢٠٠ are one. Languages that do not
    space their words do not inflect them either; there a token is its own stem.
    """
    bounds = tokens(text, language)
    return bounds, [_stem(text[start:end], language.spaced) for start, end in bounds]


def _stem(word: str, spaced: bool) -> str:
    if word[0].isdecimal() and word[-1].isdecimal():
        return "".join(str(unicodedata.decimal(letter)) for letter in word if letter.isdecimal())
    lower = word.lower()
    return lower[:PREFIX] if spaced else lower
