"""uroman: rules for every script of Unicode (Hermjakob, May, Knight 2018, ACL demonstrations).

This project uses the universal romanizer software 'uroman' written by Ulf Hermjakob, USC Information Sciences Institute (2015-2020).

Its tables are loaded once and then only read. Its own cache stays off: it cuts a text at spaces, and of 350 lines of NTREX
each 9 Chinese, 8 Japanese and 5 Thai ones came out different. Here words are remembered only where cutting changes nothing.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.metadata import version
from typing import Any

from schemas.errors import EngineError
from schemas.languages import Language
from tasks.romanise import Romanised

Edges = tuple[tuple[int, str], ...]  # how many code points became what, from left to right

SPACED = (
    *("Arabic", "Armenian", "Bengali", "Cyrillic", "Devanagari", "Ethiopic", "Georgian", "Greek", "Gujarati", "Gurmukhi"),
    *("Hangul", "Hebrew", "Kannada", "Latin", "Malayalam", "Oriya", "Sinhala", "Tamil", "Telugu"),
)  # uroman's rules for these look no farther than the word; those for Thai, Tibetan and Braille do
WORD = 40  # code points; longer ones hardly come again
WORDS = 50_000  # remembered, 56 MB at 1.1 KB each (Tamil and Georgian news)
LONGEST = 4_000  # code points romanised together: Python reads no number of more than 4,300 digits, and time grows with the square


class UromanRomaniser:
    """Romanises with uroman, told the language as ISO 639-3; where its rules name only the macrolanguage, as that."""

    def __init__(self) -> None:
        try:
            import regex
            import uroman.uroman
        except ImportError as error:
            raise EngineError(f"romaniser uroman: {error.name} is not installed. pip install 'uroman>=1.3.1'") from None
        uroman.uroman.regex = _Compiled(regex)
        self._uroman = uroman.uroman.Uroman(cache_size=0)
        self._edges_only = uroman.uroman.RomFormat.EDGES
        self._named = {code for rules in self._uroman.rom_rules.values() for rule in rules for code in rule["lcodes"] or ()}
        for table, absent in (("rom_rules", ()), ("dict_bool", False), ("dict_str", ""), ("num_props", {})):
            setattr(self._uroman, table, _Table(getattr(self._uroman, table), absent))
        scripts = "".join(rf"\p{{{script}}}" for script in SPACED)
        self._cuttable = regex.compile(rf"[{scripts}\p{{Common}}\p{{Inherited}}]*")
        beside = rf"[[{scripts}]&&[\p{{L}}\p{{M}}]||[!-/:-~]]"  # no digits: they may belong together
        self._joint = regex.compile(rf"(?<={beside}) (?={beside})", regex.V1)
        self._word = lru_cache(WORDS)(self._edges)
        self.name = f"uroman {version('uroman')}, Unicode {unicodedata.unidata_version}"

    def romanise(self, text: str, language: Language) -> Romanised:
        """The text in Latin letters, as uroman writes it. Texts in ASCII stay as they are."""
        if text.isascii():
            return Romanised(text, [(i, i + 1) for i in range(len(text))])
        code = language.iso639_3
        if code not in self._named and language.macrolanguage in self._named:
            code = language.macrolanguage or code
        parts: list[str] = []
        places: list[tuple[int, int]] = []
        at = 0
        for piece in self._pieces(text):
            for width, letters in self._word(piece, code) if len(piece) <= WORD else self._edges(piece, code):
                places += [(at, at + len(letters))] * width
                parts.append(letters)
                at += len(letters)
        return Romanised("".join(parts), places)

    def _pieces(self, text: str) -> Iterator[str]:
        """The text in pieces that do not look at each other."""
        if not self._cuttable.fullmatch(text):
            yield from (text[i : i + LONGEST] for i in range(0, len(text), LONGEST))
            return
        done = 0
        for joint in self._joint.finditer(text):
            yield from (text[i : min(i + LONGEST, joint.start())] for i in range(done, joint.start(), LONGEST))
            yield " "
            done = joint.end()
        yield from (text[i : i + LONGEST] for i in range(done, len(text), LONGEST))

    def _edges(self, piece: str, code: str) -> Edges:
        if piece.isascii():
            return tuple((1, letter) for letter in piece)
        found = self._uroman.romanize_string(piece, code, self._edges_only)
        return tuple((edge.end - edge.start, edge.txt) for edge in found)


class _Table(dict[Any, Any]):
    """One of uroman's tables, which are defaultdicts: as such they would keep every stretch of text ever looked up."""

    def __init__(self, values: Mapping[Any, Any], absent: Any) -> None:
        super().__init__(values)
        self._absent = absent

    def __missing__(self, key: Any) -> Any:
        return self._absent


class _Compiled:
    """The module `regex` for uroman, which gives it patterns as text: looking each up again is half of its time."""

    def __init__(self, regex: Any) -> None:
        self._regex = regex
        self._compile = cache(regex.compile)

    def match(self, pattern: str, text: str) -> Any:
        return self._compile(pattern).match(text)

    def search(self, pattern: str, text: str) -> Any:
        return self._compile(pattern).search(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._regex, name)
