"""The languages Babelmill knows, one entry per language and script, and every name by which people call them.

The table is data/languages.csv. A code is ISO 639-3 + ISO 15924 as in FLORES-200, with two corrections: FLORES' zho is
cmn (in ISO 639-3 zho is the macrolanguage), and FLORES' sat_Beng is sat_Olck, for its text is in Ol Chiki (confirmed in
facebookresearch/flores issue 52; NLLB's tokenizer still says sat_Beng). The other macrolanguage codes stay as FLORES
has them: aka, est, grn, kon, srd. Not in FLORES: pcm_Latn, srp_Latn, swc_Latn.

Where the facts come from:
flores          FLORES-200 README (facebookresearch/flores @ 3f26fb0), 204 codes, spelled as in NLLB's tokenizer.
                arb_Latn and min_Arab are in FLORES but no NLLB model was trained on them.
iso639_1        the two-letter code which, written alone or with this script, means this language here; it may be that
                of the macrolanguage (sw, zh, fa). language() takes it back to the same language.
macrolanguage   ISO 639-3 macrolanguage mappings, checked against langcodes; empty where the code is itself one.
bcp47           the two-letter code where CLDR holds it equal, else ISO 639-3; with the script where that is not CLDR's
                likely one, and always for zh. Checked against langcodes.
family,         Glottolog 4.0 (CC BY 4.0): top-level family (Mongolic-Khitan named as in 5) and macro-area; an isolate
macro_area      is its own family. est, grn, kon, srd, twi, nno have none there and take that of ekk, gug, kng, src,
                aka, nob. Acehnese is in Papunesia, as all of Sumatra.
resource        NLLB (arXiv 2207.04672): high from 1 million public sentence pairs up, by the counts that came with it
                (fairseq @ 26d62ae, nllb/.../flores200_public.py): 54 high, 150 low. The classes of xMIND agree.
spaced          whether words are written with spaces between: in Korean and Vietnamese yes, in Thai and Tibetan no.
"""

import csv
import difflib
import unicodedata
from dataclasses import dataclass
from functools import cache

from schemas.errors import RecipeError
from schemas.resources import data_root

NEAR = 0.65  # "swahilli" finds Swahili and Congo Swahili (0.67), not Swati (0.62)
UNJOINED = {"Hans", "Hant", "Jpan"}  # their full stop carries its own space


@dataclass(frozen=True, slots=True)
class Language:
    """One language in one script."""

    code: str
    flores: str | None
    name: str
    iso639_1: str | None
    iso639_3: str
    macrolanguage: str | None
    script: str
    direction: str
    spaced: bool
    bcp47: str
    family: str
    macro_area: str
    resource: str | None
    aliases: tuple[str, ...]

    @property
    def joiner(self) -> str:
        """What stands between two sentences in running text."""
        return "" if self.script in UNJOINED else " "

    def known_as(self) -> set[str]:
        """The keys under which language() finds this entry at once; no two entries share one.

        A bare code belongs to the entry whose tag needs no script (sr, not sr-Latn), else to the one with it as alias.
        """
        names = {self.code, self.flores or self.code, self.name, self.bcp47, *self.aliases}
        if "-" not in self.bcp47:
            names |= {self.iso639_3, self.iso639_1 or self.iso639_3}
        return {_key(name) for name in names}


@cache
def languages() -> tuple[Language, ...]:
    """Every language of the registry, sorted by code."""
    with (data_root() / "languages.csv").open(encoding="utf-8", newline="") as file:
        rows = [_entry(row) for row in csv.DictReader(file)]
    return tuple(sorted(rows, key=lambda entry: entry.code))


def language(alias: str) -> Language:
    """The language that `alias` means, in any case: fin_Latn, fin, fi, fi-FI, Finnish; zho_Hant, zh-TW; sr-ME.

    A code with several scripts means the one it is mostly written in (zh: cmn_Hans, ks: kas_Arab), a macrolanguage its
    main member (ar: arb_Arab). A region counts only where it changes the script (sr-ME: srp_Latn) and is else dropped.
    Raises RecipeError with near matches for what is unknown, also for a known language in a script it lacks here.
    """
    key = _key(alias)
    if found := _index().get(key):
        return found
    if tag := _tag(key):
        likely, script = tag
        near = [entry for entry in languages() if entry.iso639_3 == likely.iso639_3]
        for entry in near:
            if entry.script == script:
                return entry
    else:
        keys = difflib.get_close_matches(key, _index(), n=9, cutoff=NEAR)
        near = list(dict.fromkeys(_index()[k] for k in keys))
    if near:
        way_out = f"Did you mean {', '.join(f'{entry.code} ({entry.name})' for entry in near[:3])}?"
    else:
        way_out = "Write ISO 639-3 and script, as in fin_Latn."
    raise RecipeError(f"unknown language {alias!r}. {way_out}")


@cache
def code_of(tag: str) -> str | None:
    """The code of a language that a text of others names; None where it is none of the registry."""
    try:
        return language(tag).code
    except RecipeError:
        return None


@cache
def _index() -> dict[str, Language]:
    return {key: entry for entry in languages() for key in entry.known_as()}


def _key(alias: str) -> str:
    return unicodedata.normalize("NFC", alias).strip().casefold().replace("_", "-")


def _tag(key: str) -> tuple[Language, str] | None:
    """The language and script that a BCP-47 tag asks for, if it is a tag of a language known here."""
    import langcodes  # here, for it is slow to import and most aliases are plain

    try:
        tag = langcodes.Language.get(key)  # also turns old codes (iw, sh) and ISO 639-2/B (ger) into today's
    except langcodes.LanguageTagError:
        return None
    plain = tag.language or "und"
    entry = _index().get(f"{plain}-{tag.territory}".casefold()) or _index().get(plain)  # fa-AF is Dari
    if entry is None:
        return None
    if tag.script:
        return entry, tag.script
    likely = tag.maximize().script
    by_region = likely != langcodes.Language.get(plain).maximize().script
    return entry, likely if by_region else entry.script


def _entry(row: dict[str, str]) -> Language:
    return Language(
        code=row["code"],
        flores=row["flores"] or None,
        name=row["name"],
        iso639_1=row["iso639_1"] or None,
        iso639_3=row["iso639_3"],
        macrolanguage=row["macrolanguage"] or None,
        script=row["script"],
        direction=row["direction"],
        spaced=row["spaced"] == "true",
        bcp47=row["bcp47"],
        family=row["family"],
        macro_area=row["macro_area"],
        resource=row["resource"] or None,
        aliases=tuple(row["aliases"].split(";")) if row["aliases"] else (),
    )
