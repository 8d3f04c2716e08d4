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
    "deu": "Dr Prof St Nr Hr Fr Abs Bd bzw ca z u o d Mio Mrd Jan Feb Aug Sept Okt Nov Dez Mo Di Mi Do Sa usw evtl ggf vgl Str Tel",
    "fra": "M MM Mme Mlle Dr Pr St Ste no av boul",
    "spa": "Sr Sra Srta Dr Dra Prof Lic Gral Cnel núm Av Ud Uds",
    "por": "Sr Sra Dr Dra Prof Profa Av Gen Cel nº",
    "ita": "Sig Dott Prof Avv Ing On S",
    "ron": "Dl Dna Dr Prof Ing Str nr Sf",
    "fin": "esim mm ns tri prof",
    "rus": "г ул д им проф акад",
}
_OWN_LIST = {"deu"}  # CLDR's German list matches ends of words ("Wasser."): it lost 89 of 979 boundaries between captions
# Languages that write "3." for 3rd.
_ORDINAL = {"deu", "fin", "nob", "nno", "dan", "est", "ces", "slk", "slv", "hun", "hrv", "bos", "tur"}
_OPENING = "([{«“‘„「『《〈（［｛【¿¡"
_NO_WORD = re.compile(r"[\s(\[{\"'“”‘’«»]")
_SEGMENTS = {"row": pl.UInt32, "field": pl.String, "position": pl.UInt32, "text": pl.String, "separator": pl.String}
_BETWEEN, _AT_ONCE = "\u2029", 1000
_TAIL = 12  # longer than any abbreviation: looking further back makes long unspaced text take quadratic time


def sentences(text: str, language: Language) -> list[tuple[str, str]]:
    """(sentence, white space after it), in order; joined, they are `text` exactly.

    Only the first sentence may be empty: where the text begins with white space. No sentence begins or ends with white
    space; what is longer than LONGEST code points is cut at spaces.
    """
    [pieces] = _broken([text], language)
    return _sentences(text, pieces, language)


def _sentences(text: str, broken: list[str], language: Language) -> list[tuple[str, str]]:
    """As `sentences`; `broken` is the text without its leading white space, as ICU breaks it."""
    if len(broken) == 1 and broken[0] == text and len(text) <= LONGEST and not (text[-1] in _OPENING or text[-1].isspace()):
        return [(text, "")]  # most titles: what follows would say the same, in six times the time
    start = len(text) - len(text.lstrip())
    found = [("", text[:start])] if start else []
    for piece in _pieces(broken, language):
        for part in _capped(piece):
            sentence = part.strip()
            lead = len(part) - len(part.lstrip())
            if lead:  # an empty line, or a cut within a run of spaces: the sentence before has it as its separator
                found[-1] = (found[-1][0], found[-1][1] + part[:lead])
            if sentence:
                found.append((sentence, part[lead + len(sentence) :]))
    return found


def _broken(texts: Sequence[str], language: Language) -> Iterator[list[str]]:
    """Each text without its leading white space, as ICU breaks it.

    Many texts go through one breaker, for making one with its list of abbreviations takes longer (0.2 ms) than breaking
    a text. A paragraph separator stands between them: ICU breaks there and does not look across.
    """
    code = language.iso639_1 or language.iso639_3
    locale = code if language.iso639_3 in _OWN_LIST else f"{code}@ss=standard"
    for start in range(0, len(texts), _AT_ONCE):
        slab = [text.lstrip() for text in texts[start : start + _AT_ONCE]]
        if any(_BETWEEN in text for text in slab) and len(slab) > 1:
            for text in slab:
                yield from _broken([text], language)
            continue
        pieces = list(SentenceBreaker(_BETWEEN.join(slab), locale)) if any(slab) or len(slab) > 1 else []
        if len(slab) == 1:
            yield pieces
            continue
        one: list[str] = []
        for piece in pieces:
            if not piece.endswith(_BETWEEN):
                one.append(piece)
                continue
            if len(piece) > 1:
                one.append(piece[:-1])
            yield one
            one = []
        yield one


def _pieces(broken: list[str], language: Language) -> Iterator[str]:
    known = set(ABBREVIATIONS.get(language.iso639_3, "").split())
    ordinals = language.iso639_3 in _ORDINAL
    open_piece = ""
    for piece in broken:
        piece, open_piece = _split_opening(open_piece + piece)
        stem = piece.rstrip()
        space = piece[len(stem) :]
        word = _NO_WORD.split(stem[-_TAIL - 1 : -1])[-1] if stem.endswith(".") and space and "\n" not in space else ""
        if word and not _ends(word, known, ordinals):
            open_piece = piece + open_piece
        else:
            yield piece
    if open_piece:
        yield open_piece


def _split_opening(piece: str) -> tuple[str, str]:
    """The piece without the opening brackets and quotes at its end, and these: they belong to the next."""
    stem = piece.rstrip()
    core = stem.rstrip(_OPENING)
    return (piece[: len(core)], piece[len(core) :]) if len(core) < len(stem) and core.strip() else (piece, "")


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


WORDED = pl.col("text").str.contains(r"\p{L}")
"""Whether a segment is translated. One without a letter stays as it is: of "—", "12345" or an emoji, models invent words."""


def texts(segments: pl.DataFrame) -> pl.Series:
    """The distinct sentences to translate of some segments, in order of first appearance."""
    return segments.filter(WORDED)["text"].unique(maintain_order=True)


def segment(records: pl.DataFrame, fields: Sequence[str], language: Language) -> pl.DataFrame:
    """The segments of the fields of some records, as schemas.frames.SEGMENTS; null fields have none."""
    none = pl.DataFrame(schema=_SEGMENTS)
    return pl.concat([none, *(_segmented(field, records[field], language) for field in fields)])


def _segmented(field: str, values: pl.Series, language: Language) -> pl.DataFrame:
    present = [(row, text) for row, text in enumerate(values.to_list()) if text is not None]
    rows, positions, sentences, separators = list[int](), list[int](), list[str](), list[str]()  # by column: a frame of tuples takes longer
    for (row, text), pieces in zip(present, _broken([text for _, text in present], language), strict=True):
        for position, (sentence, separator) in enumerate(_sentences(text, pieces, language)):
            rows.append(row)
            positions.append(position)
            sentences.append(sentence)
            separators.append(separator)
    columns = {"row": rows, "field": [field] * len(rows), "position": positions, "text": sentences, "separator": separators}
    return pl.DataFrame(columns, schema=_SEGMENTS)


def join(segments: pl.DataFrame, column: str = "text", target: Language | None = None) -> pl.DataFrame:
    """Fields from segments: row, field and `column` joined in order of position.

    With a target language, separators are put in its way: runs of spaces become its joiner ("" for Chinese and
    Japanese) and an absent one too, while line breaks, and white space at both ends of a field, stay as they are.
    """
    return (
        segments.sort("row", "field", "position", maintain_order=True)
        .with_columns(separator(target))
        .group_by("row", "field", maintain_order=True)
        .agg((pl.col(column) + pl.col("separator")).str.join("").alias(column))
    )


def starts(segments: pl.DataFrame, column: str = "text", target: Language | None = None) -> pl.Series:
    """Where each segment begins in its field as `join` makes it, in code points; segments are in order of position."""
    lengths = segments.with_columns(separator(target)).with_columns(
        length=pl.col(column).str.len_chars() + pl.col("separator").str.len_chars()
    )
    return lengths.select(pl.col("length").cum_sum().over("row", "field") - pl.col("length")).to_series().cast(pl.UInt32)


def separator(target: Language | None) -> pl.Expr:
    """What stands behind each segment in the target language; segments are in order of row, field and position."""
    plain = pl.col("separator")
    if target is None:
        return plain
    inner = (pl.col("position").shift(-1, fill_value=0) > 0) & (pl.col("text") != "")  # the next is of the same field
    breaks = plain.str.contains(r"[\n\v\f\r\u0085\u2028\u2029]")
    return pl.when(inner & ~breaks).then(pl.lit(target.joiner)).otherwise(plain).alias("separator")
