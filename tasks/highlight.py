"""Highlight: a text as HTML in which spans are marked and stretches of another language carry its tag."""

import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from markupsafe import Markup

COLOURS = 8  # classes c1 to c8 of report.css
_KEPT = "\n\t"  # of the control characters HTML allows these; any other is shown as one code point, so that offsets stay
_PICTURES = {code: 0x2400 + code for code in range(32)} | {127: 0x2421} | dict.fromkeys(range(128, 160), 0xFFFD)
_SHOWN = {code: picture for code, picture in _PICTURES.items() if chr(code) not in _KEPT}
_SWITCHED = Markup('<span class="switch" lang="{}" dir="{}" title="{}">{}</span>')


class Mark(NamedTuple):
    """A span to be seen: code points of the text, [start, end)."""

    start: int
    end: int
    number: int  # from 1: what it is an occurrence of; decides the colour and is written after it
    note: str  # shown on hovering


class Stretch(NamedTuple):
    """A stretch in another language than the text: code points of the text, [start, end)."""

    start: int
    end: int
    lang: str  # BCP 47
    direction: str
    note: str


def visible(text: str) -> str:
    """The text with its control characters as their pictures; as many code points."""
    return text.translate(_SHOWN)


def cut(text: str, longest: int) -> str:
    """The first `longest` code points at most, no letter parted from its marks or joiners."""
    end = min(longest, len(text))
    while 0 < end < len(text) and (_clings(text[end]) or text[end - 1] == "\u200d"):
        end -= 1
    return text[:end]


def highlight(text: str, marks: Sequence[Mark], stretches: Sequence[Stretch] = ()) -> Markup:
    """The text as HTML, whatever stands in it inert.

    Elements never cross: a text is cut wherever a mark begins or ends, each piece is one <mark> in the colour of the
    shortest mark over it (c1 ...), underlined in that of the next (u1 ...), with the numbers of those that end there.
    Marks beyond the text are cut off at its end; empty ones are left out, as are stretches that begin inside another.
    """
    html, at = Markup(), 0
    marks = [mark._replace(end=min(mark.end, len(text))) for mark in marks]
    for stretch in sorted(stretches):
        start, end = stretch.start, min(stretch.end, len(text))
        if start < at or start >= end:
            continue
        html += _marked(text, marks, at, start)
        inner = _marked(text, marks, start, end)
        html += _SWITCHED.format(stretch.lang, stretch.direction, visible(stretch.note), inner)
        at = end
    return html + _marked(text, marks, at, len(text))


def _marked(text: str, marks: Sequence[Mark], start: int, end: int) -> Markup:
    """Part of the text."""
    inside = [m for m in marks if m.start < m.end and m.start < end and m.end > start]
    inside.sort(key=lambda m: (m.end - m.start, m.start, m.number))
    bounds = {bound for m in inside for bound in (m.start, m.end) if start < bound < end}
    html = Markup()
    for a, b in pairwise(sorted({start, end} | bounds)):
        over = [m for m in inside if m.start <= a and b <= m.end]
        piece = visible(text[a:b])
        if not over:
            html += piece
            continue
        classes = " ".join(f"{kind}{(m.number - 1) % COLOURS + 1}" for kind, m in zip("cu", over, strict=False))
        ends = ",".join(str(m.number) for m in over if m.end == b)
        note = "; ".join(dict.fromkeys(m.note for m in over))
        html += Markup('<mark class="{}" title="{}"{}>{}</mark>').format(
            classes, visible(note), Markup(' data-n="{}"').format(ends) if ends else "", piece
        )
    return html


def _clings(character: str) -> bool:
    return unicodedata.category(character).startswith("M") or character in "\u200c\u200d"
