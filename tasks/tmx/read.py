"""Read TMX of any tool, a unit at a time and in bounded memory. Nothing outside the file is opened, and no entity is declared."""

import json
import unicodedata
import xml.parsers.expat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from schemas.errors import SourceError
from schemas.languages import Language, code_of
from tasks.tmx import Unit
from tasks.tmx.write import readable

PIECE = 1 << 16  # bytes handed to the parser at once
LONGEST = 1 << 24  # code points of one unit; no tool writes such, and a parser would keep it whole
DEEPEST = 64  # elements
CODES = {"bpt", "ept", "ph", "it", "ut"}  # what they hold is mark-up of another format; <hi> holds text


@dataclass
class Account:
    """What became of the units of a file, counted."""

    units: int = 0
    refused: Counter[str] = field(default_factory=Counter)  # by reason
    noted: Counter[str] = field(default_factory=Counter)  # of those that were read


def read_tmx(path: Path, source: Language, target: Language, account: Account) -> Iterator[Unit]:
    """The units of a file that have both languages, in any regional form; `account` counts all, also while it is read.

    Mark-up inside a segment is left out. A unit with several translations into the language gives the first.
    Raises SourceError with the line where the file is not XML, not TMX or declares entities.
    """
    units = _Units()
    try:
        with path.open("rb") as stream:
            while piece := stream.read(PIECE):
                units.feed(piece, path)
                yield from _chosen(units, source, target, account)
            units.feed(b"", path, last=True)
            yield from _chosen(units, source, target, account)
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror or error}.") from None


@dataclass
class _Side:
    """One <tuv>."""

    language: str
    text: str = ""
    marked: bool = False
    props: dict[str, str] = field(default_factory=dict)


class _Units:
    """Expat's events, gathered into units."""

    def __init__(self) -> None:
        self.done: list[tuple[dict[str, str], list[_Side]]] = []
        self._path: list[str] = []
        self._props: dict[str, str] = {}
        self._sides: list[_Side] = []
        self._text: list[str] = []
        self._prop = ""
        self._length = 0
        self._parser = parser = xml.parsers.expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = self._entity

    def feed(self, piece: bytes, path: Path, last: bool = False) -> None:
        """Parse on. Raises SourceError."""
        try:
            self._parser.Parse(piece, last)
        except (xml.parsers.expat.ExpatError, LookupError, ValueError) as error:  # the latter two: an encoding nobody knows
            line = self._parser.CurrentLineNumber
            raise SourceError(f"{path} line {line:,}: {error}. Mend the file and run again; what is there is stored once.") from None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._path and name != "tmx":
            _fault(f"expected <tmx>, found <{name}>")
        self._path.append(name)
        if len(self._path) > DEEPEST:
            _fault(f"elements nested {DEEPEST} deep")
        if name == "tu":
            self._props, self._sides, self._length = {}, [], 0
        elif name == "tuv":
            self._sides.append(_Side(attributes.get("xml:lang", attributes.get("lang", ""))))
        elif name in ("seg", "prop") and "tu" in self._path:
            self._text, self._prop = [], attributes.get("type", "")
        elif "seg" in self._path:
            self._sides[-1].marked = True

    def _end(self, name: str) -> None:
        self._path.pop()
        parent = self._path[-1] if self._path else ""
        if name == "seg" and parent == "tuv":
            self._sides[-1].text = "".join(self._text)
        elif name == "prop" and parent in ("tu", "tuv"):
            (self._props if parent == "tu" else self._sides[-1].props)[self._prop] = "".join(self._text)
        elif name == "tu":
            self.done.append((self._props, self._sides))

    def _characters(self, text: str) -> None:
        if "tu" not in self._path or not {"seg", "prop"} & set(self._path) or CODES & set(self._path):
            return
        self._length += len(text)
        if self._length > LONGEST:
            _fault(f"a unit longer than {LONGEST:,} characters")
        self._text.append(text)

    def _entity(self, name: str, *_: object) -> None:
        _fault(f"it declares the entity {name!r}, which a translation memory has no use for and an attack has")


def _fault(what: str) -> NoReturn:
    raise ValueError(what)


def _chosen(units: _Units, source: Language, target: Language, account: Account) -> Iterator[Unit]:
    for props, sides in units.done:
        account.units += 1
        ours = [side for side in sides if code_of(side.language) == source.code]
        theirs = [side for side in sides if code_of(side.language) == target.code]
        reason = _reason(ours, theirs, source, target)
        if reason:
            account.refused[reason] += 1
            continue
        read = _unit(props, ours[0], theirs[0], source, target)
        if isinstance(read, str):
            account.refused[read] += 1
            continue
        account.noted["mark-up inside a segment left out"] += ours[0].marked or theirs[0].marked
        account.noted["more than one text of a language, the first taken"] += len(ours) > 1 or len(theirs) > 1
        yield read
    units.done.clear()


def _reason(ours: list[_Side], theirs: list[_Side], source: Language, target: Language) -> str | None:
    for sides, wanted in ((ours, source), (theirs, target)):
        if not sides:
            return f"no text in {wanted.code}"
        if not sides[0].text.strip():
            return f"empty in {wanted.code}"
    return None


def _unit(props: dict[str, str], ours: _Side, theirs: _Side, source: Language, target: Language) -> Unit | str:
    """The unit, or why there is none."""
    known = {name.removeprefix("x-babelmill:"): value for name, value in props.items() if name.startswith("x-babelmill:")}
    try:
        score = float(known["score"]) if "score" in known else None
        tried = tuple(map(str, json.loads(known.get("tried", "[]"))))
        texts = [_text(side) for side in (ours, theirs)]
    except (ValueError, TypeError):
        return "a prop of Babelmill's that it cannot have written"
    return Unit(source.code, texts[0], target.code, texts[1], known.get("engine"), score, known.get("truncated") == "true", tried)


def _text(side: _Side) -> str:
    """The text: what the prop says, unless somebody has changed the segment since."""
    whole = json.loads(side.props["x-babelmill:text"]) if "x-babelmill:text" in side.props else None
    text = whole if isinstance(whole, str) and readable(whole) == side.text else side.text
    text.encode()  # JSON spells lone surrogates, which no text of ours has
    return unicodedata.normalize("NFC", text)
