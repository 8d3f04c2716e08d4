import polars as pl
import pytest

from schemas.languages import language
from tasks.identify.decide import decide


class Eager:
    """A model that takes any text for the first candidate in the alphabet, and knows no Guarani."""

    def supports(self, entry):
        return entry.code not in ("grn_Latn", "kat_Geor", "tir_Ethi", "ydd_Hebr")

    def classify(self, texts, candidates):
        return [(min(entry.code for entry in candidates), 0.9)] * len(texts)


@pytest.mark.parametrize(
    ("text", "expected", "answer"),
    [
        ("გამარჯობა", "kat eng fin", ("kat_Geor", 1.0)),  # the script leaves one, and no other language has it
        ("hyvää päivää", "kat eng fin", ("eng_Latn", 0.9)),  # the model chooses among those of the script
        ("hyvää päivää", "kat fin", ("fin_Latn", 1.0)),
        ("hyvää päivää", "kat tha", (None, None)),  # none of them is written so
        ("mba'éichapa", "grn", (None, None)),  # the model can't tell, and many languages are written so
        ("mba'éichapa", "grn eng", (None, None)),  # asked among all, the model says Achinese
        ("שלום", "heb ydd", ("heb_Hebr", 0.5)),  # all the model has in this script; the other one is possible
        ("大人小心", "cmn_Hant eng", ("cmn_Hant", 1.0)),
        ("大人小心", "cmn_Hant cmn_Hans", ("cmn_Hans", 0.5)),  # no letter tells
        ("國民經濟", "cmn_Hant cmn_Hans", ("cmn_Hant", 1.0)),
        ("國民經濟", "cmn_Hans eng", (None, None)),
        ("國民經濟", "jpn eng", ("jpn_Jpan", 1.0)),  # old letters, but Japanese may be written in Han alone
        ("123", "eng", (None, None)),
        (None, "eng", (None, None)),
    ],
)
def test_the_script_goes_first(text, expected, answer):
    entries = tuple(language(code) for code in expected.split())
    assert decide(pl.Series([text], dtype=pl.String), entries, Eager()).rows() == [answer]


def test_rows_keep_their_place():
    text = pl.Series(["ข่าว", None, "news", "ข่าววันนี้", "", "новости"])
    found = decide(text, (), Eager())
    assert found["language"].to_list() == ["tha_Thai", None, "ace_Latn", "tha_Thai", None, "bak_Cyrl"]
    assert found.schema == {"language": pl.String, "language_score": pl.Float64}


def test_no_text_no_rows():
    assert decide(pl.Series([], dtype=pl.String), (), Eager()).height == 0
