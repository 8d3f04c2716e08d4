"""Scripts: which one a text is written in, by the Unicode script of its letters.

A script is named by ISO 15924 as in the language registry: Jpan is Han and kana, Hang and Kore are Hangul, Hans and
Hant are the two Chinese variants of Han. A text in Han letters that shows neither variant is called Hani.
"""

from functools import lru_cache

import polars as pl

UNICODE = {
    "Adlm": "Adlam", "Arab": "Arabic", "Armn": "Armenian", "Beng": "Bengali", "Bopo": "Bopomofo",
    "Cans": "Canadian_Aboriginal", "Cher": "Cherokee", "Cyrl": "Cyrillic", "Deva": "Devanagari", "Ethi": "Ethiopic",
    "Geor": "Georgian", "Grek": "Greek", "Gujr": "Gujarati", "Guru": "Gurmukhi", "Hang": "Hangul", "Hani": "Han",
    "Hebr": "Hebrew", "Hira": "Hiragana", "Java": "Javanese", "Kana": "Katakana", "Khmr": "Khmer", "Knda": "Kannada",
    "Laoo": "Lao", "Latn": "Latin", "Mlym": "Malayalam", "Mong": "Mongolian", "Mtei": "Meetei_Mayek",
    "Mymr": "Myanmar", "Nkoo": "Nko", "Olck": "Ol_Chiki", "Orya": "Oriya", "Sinh": "Sinhala", "Syrc": "Syriac",
    "Taml": "Tamil", "Telu": "Telugu", "Tfng": "Tifinagh", "Thaa": "Thaana", "Thai": "Thai", "Tibt": "Tibetan",
}  # fmt: skip
MIXED = {"Jpan": ("Hani", "Hira", "Kana"), "Kore": ("Hang", "Hani"), "Hans": ("Hani",), "Hant": ("Hani",)}
EAST_ASIAN = ("Hani", "Hira", "Kana", "Hang")

ANY_LETTER = r"[\p{L}&&[^\p{Common}\p{Inherited}]]"
OTHER_LETTER = r"[\p{L}&&[^\p{Latin}]]"
LINK = r"https?://\S+|www\.\S+|\S+@\S+\.\w+"

FOREIGN = 0.25  # in 1,007 Thai and Chinese news lines each, 3 have a smaller share of their own script: all names
KANA = 0.1  # kana among Han and kana: at least 0.18 in 1,007 Japanese lines, 0 in 1,007 Chinese ones
HANGUL = 0.3  # Hangul among East Asian letters: Korean text may quote Han
MARKS = 3  # letters of one Chinese variant alone before a text counts as that variant; fewer may be a name


def without_links(text: pl.Series) -> pl.Series:
    """The text without web and mail addresses, whose letters say nothing about its language."""
    return text.str.replace_all(LINK, "")


def letters(text: pl.Series, script: str | None = None) -> pl.Series:
    """How many letters of a script, or of any, each text has, as UInt32; null for null."""
    return text.str.count_matches(ANY_LETTER if script is None else _letters_of(script))


def script_share(text: pl.Series, script: str) -> pl.Series:
    """The share of each text's letters that are of a script, as Float64; null where there are no letters.

    From three letters on that only one Chinese variant has, Han letters count for a variant in proportion to them:
    a Traditional text has a share near 0 in Hans.
    """
    frame = pl.DataFrame({"own": letters(text, script), "all": letters(text)})
    share = pl.when(pl.col("all") > 0).then(pl.col("own") / pl.col("all")).otherwise(None)
    if script in ("Hans", "Hant"):
        marks = pl.col("Hans") + pl.col("Hant")
        frame = frame.with_columns(han_marks(text))
        share = share * pl.when(marks < MARKS).then(1.0).otherwise(pl.col(script) / marks)
    return frame.select(share.alias("share")).to_series()


def main_script(text: pl.Series) -> pl.DataFrame:
    """The script of each text as String, and its share of the letters; both null where there are no letters.

    From a quarter of the letters on, another script goes before Latin: foreign names stand in Latin letters in texts
    of every script, while a Latin text rarely holds more than a word of another one.
    """
    clean = without_links(text)
    latin, other = clean.str.contains(_letters_of("Latn")), clean.str.contains(OTHER_LETTER)
    told = pl.DataFrame({"latin": latin}).select(
        script=pl.when("latin").then(pl.lit("Latn")),
        share=pl.when("latin").then(1.0),
    )
    rows = other.fill_null(False).arg_true()
    mixed = _main_script(clean.gather(rows))
    return pl.DataFrame([told[name].scatter(rows, mixed[name]) for name in told.columns])


def _main_script(text: pl.Series) -> pl.DataFrame:
    clean = text.rename("text").to_frame()
    counts = clean.select(pl.col("text").str.count_matches(_letters_of(name)).alias(name) for name in UNICODE)
    alone = [name for name in UNICODE if name not in (*EAST_ASIAN, "Latn")]
    kana = pl.col("Hira") + pl.col("Kana")
    counts = counts.with_columns(east=pl.sum_horizontal(*EAST_ASIAN), total=pl.sum_horizontal(*UNICODE))
    counts = counts.with_columns(most=pl.max_horizontal("east", *alone)).with_columns(han_marks(clean["text"]))
    latin = pl.col("most") < FOREIGN * pl.col("total")
    east = (
        pl.when(pl.col("Hang") >= HANGUL * pl.col("east")).then(pl.lit("Kore"))
        .when(kana >= KANA * (kana + pl.col("Hani"))).then(pl.lit("Jpan"))
        .when(pl.col("Hans") > pl.col("Hant")).then(pl.lit("Hans"))
        .when(pl.col("Hans") < pl.col("Hant")).then(pl.lit("Hant"))
        .otherwise(pl.lit("Hani"))
    )  # fmt: skip
    named = pl.coalesce(pl.when(pl.col(name) == pl.col("most")).then(pl.lit(name)) for name in alone)
    script = pl.when(latin).then(pl.lit("Latn")).when(pl.col("east") == pl.col("most")).then(east).otherwise(named)
    amount = pl.when(latin).then("Latn").otherwise("most")
    return counts.select(
        script=pl.when(pl.col("total") > 0).then(script),
        share=pl.when(pl.col("total") > 0).then(amount / pl.col("total")),
    )


def permits(written: str, script: str) -> bool:
    """Whether a text whose main script is `written` may be of a language written in `script`."""
    if written in ("Hani", "Hans", "Hant"):
        return script in (written, "Jpan") or (written == "Hani" and script in ("Hans", "Hant"))
    return script == written or (written == "Kore" and script == "Hang")


def han_marks(text: pl.Series) -> pl.DataFrame:
    """How many letters of each text only Simplified (column Hans) or only Traditional Chinese (Hant) has."""
    return pl.DataFrame(
        {name: text.str.count_matches(f"[{only}]") for name, only in zip(("Hans", "Hant"), _variants(), strict=True)},
        schema_overrides={"Hans": pl.Int64, "Hant": pl.Int64},
    )


def _letters_of(script: str) -> str:
    scripts = "".join(rf"\p{{{UNICODE[name]}}}" for name in MIXED.get(script, (script,)))
    return rf"[{scripts}&&\p{{L}}]"


@lru_cache(maxsize=1)
def _variants() -> tuple[str, str]:
    """The letters of Simplified Chinese alone, and of Traditional Chinese alone.

    They are what only one of the national character sets GB 2312 and Big5 has, without 着, which Hong Kong writes too.
    Of 1,007 Simplified news lines, none holds a Traditional letter by this, and 5 hold no mark of either variant.
    """

    def has(charset: str, letter: str) -> bool:
        return bool(letter.encode(charset, errors="ignore"))

    han = [chr(point) for point in range(0x4E00, 0x9FA6) if chr(point) != "着"]
    simplified = (letter for letter in han if has("gb2312", letter) and not has("big5", letter))
    traditional = (letter for letter in han if has("big5", letter) and not has("gb2312", letter))
    return "".join(simplified), "".join(traditional)
