"""Segment: cut fields into sentences, each translated by itself (NLLB drops sentences from longer input), and join them.

Boundaries are ICU's (UAX #29) with CLDR's abbreviations (`ss=standard`), plus two rules that ICU lacks: a sentence never
ends after an abbreviation of ABBREVIATIONS or a lone capital initial, nor with an opening bracket or quote.
"""

import re
from collections.abc import Iterator, Sequence

import polars as pl
from icu4py.breakers import SentenceBreaker

from schemas.languages import Language

LONGEST = 1000  # code points; NLLB takes 512 tokens, real sentences of news stay below 600 code points

# Titles and the like that stand before a name or number, so that a capital after them starts no sentence. Written by us;
# CLDR's own lists cover months, weekdays, "Mr.", "U.S." and such.
ABBREVIATIONS = {
    "eng": "Dr Drs Prof Gov Sen Sens Rep Reps Gen Col Lt Sgt Capt Cmdr Adm Maj Rev Hon St Ste Jr Sr Mt Ft vs Inc Ltd Co Corp Bros",
    "deu": "Dr Prof St Nr Hr Fr Abs Bd bzw ca z u o d Mio Mrd",
    "fra": "M MM Mme Mlle Dr Pr St Ste no av boul",
    "spa": "Sr Sra Srta Dr Dra Prof Lic Gral Cnel núm Av Ud Uds",
    "por": "Sr Sra Dr Dra Prof Profa Av Gen Cel nº",
    "ita": "Sig Dott Prof Avv Ing On S",
    "ron": "Dl Dna Dr Prof Ing Str nr Sf",
    "fin": "esim mm ns tri prof",
    "rus": "г ул д им проф акад",
}
_ORDINAL = {
    "deu",
    "fin",
    "nob",
    "nno",
    "dan",
    "est",
    "ces",
    "slk",
    "slv",
    "hun",
    "hrv",
    "bos",
    "tur",
}  # write "3." for 3rd
_OPENING = re.compile(r"[\s]*[(\[{«“‘„「『《〈（［｛【¿¡]+\s*$")
_WORD = re.compile(r"([^\s(\[{\"'“”‘’«»]+)\.\s+$")


def sentences(text: str, language: Language) -> list[tuple[str, str]]:
    """(sentence, white space after it), in order; joined, they are `text` exactly.

    The first sentence is empty where the text begins with white space. Longer than LONGEST code points is cut at spaces.
    """
    body = text.lstrip()
    found = [("", text[: len(text) - len(body)])] if len(body) < len(text) else []
    for piece in _pieces(body, language):
        for part in _capped(piece):
            stripped = part.rstrip()
            found.append((stripped, part[len(stripped) :]))
    return found


def _pieces(text: str, language: Language) -> Iterator[str]:
    known = set(ABBREVIATIONS.get(language.iso639_3, "").split())
    ordinals = language.iso639_3 in _ORDINAL
    open_piece = ""
    for piece in SentenceBreaker(text, f"{language.iso639_1 or language.iso639_3}@ss=standard") if text else ():
        piece = open_piece + piece
        open_piece = ""
        opening = _OPENING.search(piece)
        if opening and opening.start():
            piece, open_piece = piece[: opening.start()], piece[opening.start() :]
            spaces = len(open_piece) - len(open_piece.lstrip())
            piece, open_piece = piece + open_piece[:spaces], open_piece[spaces:]
        last = _WORD.search(piece)
        if last and not _ends(last[1], known, ordinals) and "\n" not in last[0]:
            open_piece = piece + open_piece
        else:
            yield piece
    if open_piece:
        yield open_piece


def _ends(word: str, known: set[str], ordinals: bool) -> bool:
    """Whether a full stop after `word` can end a sentence."""
    return not (word in known or (len(word) == 1 and word.isupper()) or (ordinals and word.isdigit() and len(word) < 3))


def _capped(piece: str) -> Iterator[str]:
    while len(piece) > LONGEST:
        cut = max((m.end() for m in re.finditer(r"\s+", piece[:LONGEST])), default=0)
        if not cut:  # scripts without spaces: after the last mark, else wherever the limit falls
            cut = max((m.end() for m in re.finditer(r"[,;:、，；：،؛·]", piece[:LONGEST])), default=LONGEST)
        yield piece[:cut]
        piece = piece[cut:]
    if piece:
        yield piece


def segment(records: pl.DataFrame, fields: Sequence[str], language: Language) -> pl.DataFrame:
    """The segments of the fields of some records, as schemas.frames.SEGMENTS; null fields have none."""
    rows: list[tuple[int, str, int, str, str]] = []
    for field in fields:
        for row, text in enumerate(records[field].to_list()):
            if text is not None:
                for position, (sentence, separator) in enumerate(sentences(text, language)):
                    rows.append((row, field, position, sentence, separator))
    schema = {"row": pl.UInt32, "field": pl.String, "position": pl.UInt32, "text": pl.String, "separator": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def join(segments: pl.DataFrame, column: str = "text", target: Language | None = None) -> pl.DataFrame:
    """Fields from segments: row, field and `column` joined in order of position.

    With a target language, separators are put in its way: runs of spaces become its joiner ("" for Chinese and
    Japanese) and an absent one too, while line breaks, and white space at both ends of a field, stay as they are.
    """
    separator = pl.col("separator")
    if target is not None:
        inner = (pl.col("position") < pl.col("position").max().over("row", "field")) & (pl.col("text") != "")
        plain = ~separator.str.contains(r"[\n\r\u2028\u2029]")
        separator = pl.when(inner & plain).then(pl.lit(target.joiner)).otherwise(separator)
    return (
        segments.sort("row", "field", "position", maintain_order=True)
        .with_columns(separator.alias("separator"))
        .group_by("row", "field", maintain_order=True)
        .agg((pl.col(column) + pl.col("separator")).str.join("").alias(column))
    )
