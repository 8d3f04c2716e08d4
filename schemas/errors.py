"""Everything Babelmill raises on purpose.

BabelmillError
 |- RecipeError      the recipe or the command is wrong: path, what was expected, near matches
 |- SourceError      the source cannot be read: file, row, column
 |- EngineError      a model or library failed: which, with what, how to go on
 |- IntegrityError   a checksum, row count or schema did not match
 |- WarehouseError   the warehouse cannot be written or read: full, read-only, permission
 |- PublishError     the store refused: conflict, quota, licence, permission

Each message says what, where (dataset, language, row id) and the way out.
"""

import difflib
from collections.abc import Iterable


class BabelmillError(Exception):
    """Base of all errors a user can mend; the command line prints its message without a traceback."""

    exit_code = 1


class RecipeError(BabelmillError):
    """The recipe or the command is wrong."""

    exit_code = 2


class SourceError(BabelmillError):
    """The source cannot be read."""


class EngineError(BabelmillError):
    """A model or library failed."""


class IntegrityError(BabelmillError):
    """A checksum, row count or schema did not match."""


class WarehouseError(BabelmillError):
    """The warehouse cannot be written or read."""


class PublishError(BabelmillError):
    """The store refused."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The hint " Did you mean ...?" with up to three near matches of `word` among `known`, or an empty string."""
    close = difflib.get_close_matches(word, list(known), n=3, cutoff=0.6)
    return f" Did you mean {', '.join(close)}?" if close else ""
