import polars as pl
import pytest

from schemas.languages import languages
from tasks.identify.script import UNICODE, letters, main_script, permits, script_share


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("გამარჯობა მსოფლიო", "Geor"),
        ("நாடாளுமன்றம் நேற்று கூடியது", "Taml"),
        ("ประชุมเมื่อวานนี้", "Thai"),
        ("ᱥᱟᱱᱛᱟᱲᱤ", "Olck"),
        ("首相は月曜日に述べた", "Jpan"),
        ("スーパー", "Jpan"),  # the long vowel mark belongs to no script of its own
        ("총리는 월요일에 말했다", "Kore"),
        ("国民经济发展很快", "Hans"),
        ("國民經濟發展很快", "Hant"),
        ("大人小心", "Hani"),  # the same in both
        ("BBC ข่าววันนี้จากกรุงเทพ", "Thai"),  # a Latin name in Thai
        ("The Chinese president (习) said so on Monday", "Latn"),  # a Han name in English
        ("https://example.org/a/very/long/address ข่าว", "Thai"),
        ("…123!", None),
        ("", None),
        (None, None),
    ],
)
def test_main_script(text, script):
    assert main_script(pl.Series([text], dtype=pl.String))["script"].to_list() == [script]


@pytest.mark.parametrize(
    ("text", "script", "share"),
    [
        ("Πρωθυπουργός", "Grek", 1.0),
        ("Reuters: Αθήνα", "Grek", 5 / 12),
        ("niño ʻōlelo", "Latn", 1.0),  # the ʻokina is a letter of no script
        ("国民经济发展很快", "Hans", 1.0),
        ("國民經濟發展很快", "Hans", 0.0),
        ("國民經濟發展很快", "Jpan", 1.0),
        ("王經理", "Hans", 1.0),  # one letter of the other variant, perhaps a name
        ("2019", "Latn", None),
        (None, "Latn", None),
    ],
)
def test_share_counts_letters_alone(text, script, share):
    assert script_share(pl.Series([text], dtype=pl.String), script).to_list() == [pytest.approx(share)]


def test_every_script_of_the_registry_is_counted():
    scripts = {entry.script for entry in languages()}
    assert all(letters(pl.Series(["", None]), script).to_list() == [0, None] for script in scripts)
    assert all(any(permits(written, script) for written in (*UNICODE, "Jpan", "Hans", "Hant")) for script in scripts)
