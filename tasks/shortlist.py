"""Shortlist: the part of a model's vocabulary that a language needs, and whether it says the same with it.

Scoring every token of a large vocabulary is most of the work of writing one (of NLLB's 256,206: 60 % of all multiplications). A list
for each language, wide enough for any text of its script, costs no quality (Bogoychev & Chen 2021, arXiv 2109.06679); lists for each
sentence do, with idioms (arXiv 2205.06618).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl
import xxhash

from schemas.languages import Language
from tasks.identify.script import letters

RULE = "1"  # of which pieces are on a list: another rule is another memory key
MULTIPLE = 64  # CTranslate2 4.8 pads a list to a multiple of up to 16, and may then choose what it padded with: an index out of range
SPACE = "▁"  # stands for a space in pieces
ALWAYS = ("<s>", "</s>", "<unk>", "<pad>")  # allowed by CTranslate2 itself


@dataclass(frozen=True)
class Shortlist:
    """The pieces that may be written in a language, in order of their ids."""

    pieces: tuple[str, ...]

    @cached_property
    def digest(self) -> str:
        """xxh3-64 over rule and pieces."""
        return xxhash.xxh3_64_hexdigest("\0".join((RULE, *self.pieces)).encode())

    def vmap(self) -> str:
        """CTranslate2's vocabulary map: one line, its source n-gram empty, so that it is for every sentence."""
        return f"\t{' '.join(self.pieces)}\n"


def shortlist(vocabulary: Sequence[str], language: Language, always: Iterable[str], seen: Iterable[str] | None = None) -> Shortlist:
    """The shortlist of a language.

    vocabulary: the model's tokens. always: those it cannot do without, as the language's own. seen: pieces of text in the language:
    these are listed, whatever their script, and no others of several letters. Without such text all pieces of the script are. Pieces
    without letters and single letters, of the script and of Latin, are always listed: any text of the script can be written, and names
    can be copied. Then the first of the vocabulary, up to a multiple of MULTIPLE.
    """
    pieces = pl.DataFrame({"piece": pl.Series(list(vocabulary), dtype=pl.String)}).filter(~pl.col("piece").str.contains(r"\s|^$"))
    text = pieces["piece"].str.replace_all(SPACE, "", literal=True)
    pieces = pieces.with_columns(
        letters(text).alias("letters"),
        letters(text, language.script).alias("own"),
        letters(text, "Latn").alias("latin"),
        text.str.len_chars().alias("length"),
    )
    ours = pl.col("letters") == pl.col("own")
    single = (pl.col("length") <= 1) & (ours | (pl.col("latin") == 1))
    listed = (pl.col("letters") == 0) | single | (ours if seen is None else pl.col("piece").is_in(list(seen)))
    pieces = pieces.with_columns((listed | pl.col("piece").is_in([*ALWAYS, *always])).alias("listed"))
    lacking = -int(pieces["listed"].sum()) % MULTIPLE
    more = (~pl.col("listed")) & ((~pl.col("listed")).cum_sum() <= lacking)
    return Shortlist(tuple(pieces.filter(pl.col("listed") | more)["piece"].to_list()))
