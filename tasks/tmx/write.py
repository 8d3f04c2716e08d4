"""Write TMX, a unit at a time."""

import json
import re
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from schemas.languages import language
from tasks.tmx import FORBIDDEN, Unit

_FORBIDDEN = re.compile(f"[{FORBIDDEN}]")
_RETURN = {"\r": "&#13;"}  # a bare one comes back as a line feed


def tmx(units: Iterable[Unit], version: str) -> Iterator[str]:
    """The file in pieces; the same units give the same file.

    What TMX has no place for stands in props: x-babelmill:engine, :score, :truncated, :tried. A text with characters that
    XML forbids has U+FFFD in their place, and the whole text as JSON in the prop x-babelmill:text of its tuv.
    version: of Babelmill.
    """
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE tmx SYSTEM "tmx14.dtd">\n<tmx version="1.4">\n'
    tool = f'creationtool="babelmill" creationtoolversion={quoteattr(version)} o-tmf="babelmill"'
    yield f'<header {tool} segtype="sentence" adminlang="en" srclang="*all*" datatype="plaintext"/>\n<body>\n'
    for unit in units:
        yield _unit(unit)
    yield "</body>\n</tmx>\n"


def readable(text: str) -> str:
    """The text with U+FFFD for every character that XML 1.0 forbids."""
    return _FORBIDDEN.sub("\ufffd", text)


def _unit(unit: Unit) -> str:
    props = [
        _prop("engine", unit.engine) if unit.engine is not None else "",
        _prop("score", repr(unit.score)) if unit.score is not None else "",
        _prop("truncated", "true") if unit.truncated else "",
        _prop("tried", json.dumps(unit.tried)) if unit.tried else "",
    ]
    both = _side(unit.source_language, unit.source) + _side(unit.target_language, unit.translation)
    return f'<tu srclang="{language(unit.source_language).bcp47}">{"".join(props)}{both}</tu>\n'


def _side(code: str, text: str) -> str:
    shown = readable(text)
    whole = _prop("text", json.dumps(text)) if shown != text else ""
    return f'<tuv xml:lang="{language(code).bcp47}">{whole}<seg>{escape(shown, _RETURN)}</seg></tuv>'


def _prop(name: str, value: str) -> str:
    return f'<prop type="x-babelmill:{name}">{escape(value, _RETURN)}</prop>'
