"""The registry of languages: every alias leads to one entry, and the table's facts agree with langcodes."""

import subprocess
import sys
from collections import Counter

import langcodes
import pytest

from schemas.errors import RecipeError
from schemas.languages import Language, language, languages

FLORES_200 = """
ace_Arab ace_Latn acm_Arab acq_Arab aeb_Arab afr_Latn ajp_Arab aka_Latn als_Latn amh_Ethi apc_Arab arb_Arab arb_Latn
ars_Arab ary_Arab arz_Arab asm_Beng ast_Latn awa_Deva ayr_Latn azb_Arab azj_Latn bak_Cyrl bam_Latn ban_Latn bel_Cyrl
bem_Latn ben_Beng bho_Deva bjn_Arab bjn_Latn bod_Tibt bos_Latn bug_Latn bul_Cyrl cat_Latn ceb_Latn ces_Latn cjk_Latn
ckb_Arab crh_Latn cym_Latn dan_Latn deu_Latn dik_Latn dyu_Latn dzo_Tibt ell_Grek eng_Latn epo_Latn est_Latn eus_Latn
ewe_Latn fao_Latn fij_Latn fin_Latn fon_Latn fra_Latn fur_Latn fuv_Latn gaz_Latn gla_Latn gle_Latn glg_Latn grn_Latn
guj_Gujr hat_Latn hau_Latn heb_Hebr hin_Deva hne_Deva hrv_Latn hun_Latn hye_Armn ibo_Latn ilo_Latn ind_Latn isl_Latn
ita_Latn jav_Latn jpn_Jpan kab_Latn kac_Latn kam_Latn kan_Knda kas_Arab kas_Deva kat_Geor kaz_Cyrl kbp_Latn kea_Latn
khk_Cyrl khm_Khmr kik_Latn kin_Latn kir_Cyrl kmb_Latn kmr_Latn knc_Arab knc_Latn kon_Latn kor_Hang lao_Laoo lij_Latn
lim_Latn lin_Latn lit_Latn lmo_Latn ltg_Latn ltz_Latn lua_Latn lug_Latn luo_Latn lus_Latn lvs_Latn mag_Deva mai_Deva
mal_Mlym mar_Deva min_Arab min_Latn mkd_Cyrl mlt_Latn mni_Beng mos_Latn mri_Latn mya_Mymr nld_Latn nno_Latn nob_Latn
npi_Deva nso_Latn nus_Latn nya_Latn oci_Latn ory_Orya pag_Latn pan_Guru pap_Latn pbt_Arab pes_Arab plt_Latn pol_Latn
por_Latn prs_Arab quy_Latn ron_Latn run_Latn rus_Cyrl sag_Latn san_Deva sat_Beng scn_Latn shn_Mymr sin_Sinh slk_Latn
slv_Latn smo_Latn sna_Latn snd_Arab som_Latn sot_Latn spa_Latn srd_Latn srp_Cyrl ssw_Latn sun_Latn swe_Latn swh_Latn
szl_Latn tam_Taml taq_Latn taq_Tfng tat_Cyrl tel_Telu tgk_Cyrl tgl_Latn tha_Thai tir_Ethi tpi_Latn tsn_Latn tso_Latn
tuk_Latn tum_Latn tur_Latn twi_Latn tzm_Tfng uig_Arab ukr_Cyrl umb_Latn urd_Arab uzn_Latn vec_Latn vie_Latn war_Latn
wol_Latn xho_Latn ydd_Hebr yor_Latn yue_Hant zho_Hans zho_Hant zsm_Latn zul_Latn
"""
FLORES = FLORES_200.split()

each = pytest.mark.parametrize("entry", languages(), ids=lambda entry: entry.code)


@pytest.mark.parametrize(
    ("alias", "code"),
    [
        ("fin_Latn", "fin_Latn"),
        ("FIN_latn", "fin_Latn"),
        ("fin-Latn", "fin_Latn"),
        (" Finnish ", "fin_Latn"),
        ("fin", "fin_Latn"),
        ("fi", "fin_Latn"),
        ("fi-FI", "fin_Latn"),
        # Chinese: simplified unless script or region say otherwise
        ("zh", "cmn_Hans"),
        ("zho", "cmn_Hans"),
        ("chi", "cmn_Hans"),
        ("cmn", "cmn_Hans"),
        ("Chinese", "cmn_Hans"),
        ("Mandarin", "cmn_Hans"),
        ("zho_Hans", "cmn_Hans"),
        ("zh_Hans", "cmn_Hans"),
        ("zh-cn", "cmn_Hans"),
        ("zh-SG", "cmn_Hans"),
        ("zh-Hans-TW", "cmn_Hans"),
        ("zho_Hant", "cmn_Hant"),
        ("zh-TW", "cmn_Hant"),
        ("zh-HK", "cmn_Hant"),
        ("zh-MO", "cmn_Hant"),
        ("zh-Hant-HK", "cmn_Hant"),
        ("cmn-TW", "cmn_Hant"),
        ("Traditional Chinese", "cmn_Hant"),
        ("yue", "yue_Hant"),
        ("zh-yue", "yue_Hant"),
        ("Cantonese", "yue_Hant"),
        # a macrolanguage means its main member
        ("sw", "swh_Latn"),
        ("swa", "swh_Latn"),
        ("Swahili", "swh_Latn"),
        ("fa", "pes_Arab"),
        ("Farsi", "pes_Arab"),
        ("ar", "arb_Arab"),
        ("ara", "arb_Arab"),
        ("no", "nob_Latn"),
        ("ms", "zsm_Latn"),
        ("az", "azj_Latn"),
        ("uz", "uzn_Latn"),
        ("sq", "als_Latn"),
        ("lv", "lvs_Latn"),
        ("mn", "khk_Cyrl"),
        ("mg", "plt_Latn"),
        ("yi", "ydd_Hebr"),
        ("ne", "npi_Deva"),
        ("or", "ory_Orya"),
        ("ps", "pbt_Arab"),
        ("qu", "quy_Latn"),
        ("ay", "ayr_Latn"),
        ("ku", "kmr_Latn"),
        ("om", "gaz_Latn"),
        ("orm", "gaz_Latn"),
        ("et", "est_Latn"),
        ("ekk", "est_Latn"),
        ("gug", "grn_Latn"),
        ("fil", "tgl_Latn"),
        ("tl-PH", "tgl_Latn"),
        # several scripts: the usual one unless told
        ("sr", "srp_Cyrl"),
        ("srp", "srp_Cyrl"),
        ("sr-Latn", "srp_Latn"),
        ("sr-Cyrl-ME", "srp_Cyrl"),
        ("ace", "ace_Latn"),
        ("bjn", "bjn_Latn"),
        ("kas", "kas_Arab"),
        ("ks-Deva", "kas_Deva"),
        ("knc", "knc_Latn"),
        ("min", "min_Latn"),
        ("taq", "taq_Latn"),
        ("arb", "arb_Arab"),
        ("arb-Latn", "arb_Latn"),
        ("crh", "crh_Latn"),
        ("tzm", "tzm_Tfng"),
        ("sat_Beng", "sat_Olck"),  # FLORES' label for text in Ol Chiki
        # regions: dropped, unless they mean another script or language
        ("pt-BR", "por_Latn"),
        ("en-GB", "eng_Latn"),
        ("es-419", "spa_Latn"),
        ("ar-EG", "arb_Arab"),
        ("sr-ME", "srp_Latn"),
        ("az-IR", "azb_Arab"),
        ("ku-IQ", "ckb_Arab"),
        ("fa-AF", "prs_Arab"),
        ("prs-AF", "prs_Arab"),
        ("fa-Arab-AF", "prs_Arab"),
        ("sw-CD", "swc_Latn"),
        # old and bibliographic codes
        ("iw", "heb_Hebr"),
        ("in", "ind_Latn"),
        ("sh", "srp_Latn"),
        ("ger", "deu_Latn"),
        ("de-1996", "deu_Latn"),
        ("Burmese", "mya_Mymr"),
        ("Norwegian Bokma\u030al", "nob_Latn"),  # decomposed, as macOS writes it
        ("ko-Kore", "kor_Hang"),
        ("pcm", "pcm_Latn"),
    ],
)
def test_an_alias_leads_to_its_language(alias, code):
    assert language(alias).code == code


@pytest.mark.parametrize(
    ("alias", "message"),
    [
        ("swahilli", "unknown language 'swahilli'. Did you mean swh_Latn (Swahili), swc_Latn (Congo Swahili)?"),
        ("fin_Cyrl", "unknown language 'fin_Cyrl'. Did you mean fin_Latn (Finnish)?"),
        ("pa-PK", "unknown language 'pa-PK'. Did you mean pan_Guru (Eastern Panjabi)?"),  # Arabic script there
        ("uz-AF", "unknown language 'uz-AF'. Did you mean uzn_Latn (Northern Uzbek)?"),
        ("yue-CN", "unknown language 'yue-CN'. Did you mean yue_Hant (Yue Chinese)?"),
        ("zzz", "unknown language 'zzz'. Write ISO 639-3 and script, as in fin_Latn."),
        ("", "unknown language ''. Write ISO 639-3 and script, as in fin_Latn."),
        ("x-private", "unknown language 'x-private'. Write ISO 639-3 and script, as in fin_Latn."),
    ],
)
def test_an_unknown_alias_is_an_error_with_near_matches(alias, message):
    with pytest.raises(RecipeError) as error:
        language(alias)
    assert str(error.value) == message


def test_flores_200_is_complete():
    assert len(FLORES) == 204
    assert {entry.flores for entry in languages() if entry.flores} == set(FLORES)


@pytest.mark.parametrize("code", FLORES)
def test_a_flores_code_leads_to_the_entry_that_nllb_knows_by_it(code):
    own = {"zho_Hans": "cmn_Hans", "zho_Hant": "cmn_Hant", "sat_Beng": "sat_Olck"}
    assert language(code).flores == code
    assert language(code).code == own.get(code, code)


def test_no_key_leads_to_two_languages():
    claims = Counter(key for entry in languages() for key in entry.known_as())
    assert [key for key, times in claims.items() if times > 1] == []


def test_codes_and_tags_are_unique_and_sorted():
    codes = [entry.code for entry in languages()]
    assert codes == sorted(set(codes))
    assert len({entry.bcp47 for entry in languages()}) == len(codes)


@each
def test_every_code_of_an_entry_leads_back_to_it(entry: Language):
    assert language(entry.code) is entry
    assert language(entry.name) is entry
    assert language(entry.bcp47) is entry
    assert language(f"{entry.iso639_3}-{entry.script}") is entry
    assert language(entry.iso639_3).iso639_3 == entry.iso639_3
    if entry.iso639_1:
        assert language(entry.iso639_1).iso639_3 == entry.iso639_3


@each
def test_facts_agree_with_langcodes(entry: Language):
    assert entry.code == f"{entry.iso639_3}_{entry.script}"
    assert langcodes.tag_is_valid(entry.bcp47)
    assert langcodes.tag_is_valid(f"{entry.iso639_3}-{entry.script}")
    if entry.iso639_1:
        iso639_3 = langcodes.Language.get(entry.iso639_1, normalize=False).to_alpha3()
        assert iso639_3 in (entry.iso639_3, entry.macrolanguage)
    tag = langcodes.Language.get(entry.bcp47, normalize=False)
    likely = tag.maximize()
    guessed = likely.territory == "US" and entry.iso639_3 != "eng"  # langcodes has no data: en-Latn-US
    if not guessed:
        assert {"Kore": "Hang"}.get(likely.script, likely.script) == entry.script
    if tag.script and entry.iso639_3 != "cmn":
        assert langcodes.Language.get(tag.language, normalize=False).maximize().script != entry.script


@each
def test_the_columns_hold_what_they_may(entry: Language):
    assert entry.direction == ("rtl" if entry.script in {"Arab", "Hebr"} else "ltr")
    assert entry.spaced == (entry.script not in {"Hans", "Hant", "Jpan", "Thai", "Laoo", "Khmr", "Mymr", "Tibt"})
    assert entry.joiner == ("" if entry.script in {"Hans", "Hant", "Jpan"} else " ")
    assert entry.macro_area in {"Africa", "Eurasia", "Papunesia", "North America", "South America", "Australia"}
    assert entry.resource in ({"high", "low"} if entry.flores else {None})
    assert entry.family


@pytest.mark.parametrize(
    ("code", "bcp47", "direction", "spaced", "joiner", "family", "macro_area", "resource"),
    [
        ("swh_Latn", "sw", "ltr", True, " ", "Atlantic-Congo", "Africa", "high"),
        ("som_Latn", "so", "ltr", True, " ", "Afro-Asiatic", "Africa", "low"),
        ("cmn_Hans", "zh-Hans", "ltr", False, "", "Sino-Tibetan", "Eurasia", "high"),
        ("cmn_Hant", "zh-Hant", "ltr", False, "", "Sino-Tibetan", "Eurasia", "high"),
        ("jpn_Jpan", "ja", "ltr", False, "", "Japonic", "Eurasia", "high"),
        ("tur_Latn", "tr", "ltr", True, " ", "Turkic", "Eurasia", "high"),
        ("tam_Taml", "ta", "ltr", True, " ", "Dravidian", "Eurasia", "low"),
        ("vie_Latn", "vi", "ltr", True, " ", "Austroasiatic", "Eurasia", "high"),
        ("tha_Thai", "th", "ltr", False, " ", "Tai-Kadai", "Eurasia", "high"),
        ("ron_Latn", "ro", "ltr", True, " ", "Indo-European", "Eurasia", "high"),
        ("fin_Latn", "fi", "ltr", True, " ", "Uralic", "Eurasia", "high"),
        ("kat_Geor", "ka", "ltr", True, " ", "Kartvelian", "Eurasia", "low"),
        ("hat_Latn", "ht", "ltr", True, " ", "Indo-European", "North America", "low"),
        ("ind_Latn", "id", "ltr", True, " ", "Austronesian", "Papunesia", "high"),
        ("grn_Latn", "gn", "ltr", True, " ", "Tupian", "South America", "low"),
        ("arb_Arab", "ar", "rtl", True, " ", "Afro-Asiatic", "Eurasia", "high"),
        ("arb_Latn", "ar-Latn", "ltr", True, " ", "Afro-Asiatic", "Eurasia", "low"),
        ("heb_Hebr", "he", "rtl", True, " ", "Afro-Asiatic", "Eurasia", "high"),
        ("ydd_Hebr", "yi", "rtl", True, " ", "Indo-European", "Eurasia", "low"),
        ("uig_Arab", "ug", "rtl", True, " ", "Turkic", "Eurasia", "low"),
        ("kor_Hang", "ko", "ltr", True, " ", "Koreanic", "Eurasia", "high"),
        ("khm_Khmr", "km", "ltr", False, " ", "Austroasiatic", "Eurasia", "low"),
        ("lao_Laoo", "lo", "ltr", False, " ", "Tai-Kadai", "Eurasia", "low"),
        ("shn_Mymr", "shn", "ltr", False, " ", "Tai-Kadai", "Eurasia", "low"),
        ("dzo_Tibt", "dz", "ltr", False, " ", "Sino-Tibetan", "Eurasia", "low"),
        ("srp_Cyrl", "sr", "ltr", True, " ", "Indo-European", "Eurasia", "low"),
        ("srp_Latn", "sr-Latn", "ltr", True, " ", "Indo-European", "Eurasia", None),
        ("tgl_Latn", "tl", "ltr", True, " ", "Austronesian", "Papunesia", "high"),
        ("prs_Arab", "prs", "rtl", True, " ", "Indo-European", "Eurasia", "low"),
        ("crh_Latn", "crh-Latn", "ltr", True, " ", "Turkic", "Eurasia", "low"),
        ("plt_Latn", "mg", "ltr", True, " ", "Austronesian", "Africa", "low"),
        ("eus_Latn", "eu", "ltr", True, " ", "Basque", "Eurasia", "high"),
        ("pcm_Latn", "pcm", "ltr", True, " ", "Indo-European", "Africa", None),
    ],
)
def test_what_the_registry_says(code, bcp47, direction, spaced, joiner, family, macro_area, resource):
    found = language(code)
    assert (found.bcp47, found.direction, found.spaced, found.joiner) == (bcp47, direction, spaced, joiner)
    assert (found.family, found.macro_area, found.resource) == (family, macro_area, resource)


def test_the_languages_of_xmind_and_masakhanews_are_there():
    xmind = "fin ind kat grn hat jpn cmn ron som swh tam tha tur vie eng"
    masakhanews = "amh eng fra hau ibo lin lug orm pcm run sna som swa tir xho yor"
    for code in f"{xmind} {masakhanews}".split():
        assert language(code)


def test_a_plain_alias_does_not_import_langcodes():
    code = "import sys; from schemas.languages import language; language('sw'); sys.exit('langcodes' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
