"""Markdown: text of others inside a page of ours. Whatever it holds, it stays text: no markup, no link, no HTML, no second line."""

import re
import unicodedata

_MARKS = re.compile(r"([\\`*_\[\]|~$])")  # what begins markup inside a line, in the dialect of the Hub
_LINKS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=@)", re.IGNORECASE)  # where an address becomes a link by itself
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_JOINER = "\u2060"  # takes no room, and no address has it
_KEPT = "\u200c\u200d"  # joiners, which Indic and Persian text is made with
LONGEST = 200  # code points of an example


def tidy(text: object) -> str:
    """Text as one line without what is not seen: no control characters, none that turn the direction of writing."""
    kept = (c for c in str(text) if c.isspace() or c in _KEPT or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))
    return " ".join("".join(kept).split())


def plain(text: object) -> str:
    """Text of others as words in a line or a cell."""
    line = _LINKS.sub(_JOINER, tidy(text))
    return _MARKS.sub(r"\\\1", line).translate(_ENTITIES)


def code(text: object) -> str:
    """Text of others as one span of code, which no backtick of theirs can close; for cells use cell()."""
    line = tidy(text)
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    padded = f" {line} " if line.startswith("`") or line.endswith("`") or not line else line
    return f"{fence}{padded}{fence}"


def cell(text: object, longest: int = LONGEST) -> str:
    """Text of others as a span of code in a table, cut; a bar in it is escaped, which tables take back. Empty for nothing."""
    line = tidy(text)
    line = line if len(line) <= longest else f"{line[: longest - 1]}…"
    return code(line).replace("|", "\\|") if line else ""


def bibtex(text: object) -> str:
    """Text of others as a value of BibTeX, inside a block of code."""
    return re.sub(r"([{}%$&#_^~])", r"\\\1", tidy(text).replace("\\", "/").replace("`", "'"))
