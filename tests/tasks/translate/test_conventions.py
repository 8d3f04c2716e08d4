"""How models are told languages: what a vocabulary and a name give away, and what goes in and comes out."""

import pytest

from schemas.errors import EngineError
from schemas.languages import language, languages
from tasks.translate.conventions import convention, pair_of

PIECES = ["</s>", "<unk>", "▁A", "▁dog", ".", "is", "en", "no"]  # some pieces are spelled like codes
FLORES = [entry.flores for entry in languages() if entry.flores]


@pytest.mark.parametrize(
    ("tokens", "target", "source_tokens", "prefix"),
    [
        (["eng_Latn", "zho_Hans"], "cmn_Hans", ["eng_Latn", "▁A", "▁dog", "</s>"], ["zho_Hans"]),
        (["eng_Latn", "cmn_Hans"], "cmn_Hans", ["eng_Latn", "▁A", "▁dog", "</s>"], ["cmn_Hans"]),  # our own code does as well
        (["__en__", "__zh__"], "cmn_Hans", ["__en__", "▁A", "▁dog", "</s>"], ["__zh__"]),
        (["__en__", "__ns__"], "nso_Latn", ["__en__", "▁A", "▁dog", "</s>"], ["__ns__"]),
        (["<2en>", "<2fil>"], "tgl_Latn", ["<2fil>", "▁A", "▁dog", "</s>"], []),
        (["<2en>", "<2iw>"], "heb_Hebr", ["<2iw>", "▁A", "▁dog", "</s>"], []),
        ([">>zho_Hant<<", ">>nob<<"], "cmn_Hant", [">>zho_Hant<<", "▁A", "▁dog", "</s>"], []),
        ([], "deu_Latn", ["▁A", "▁dog", "</s>"], []),  # a bilingual model is told nothing
    ],
)
def test_what_goes_in_and_comes_out(tokens, target, source_tokens, prefix):
    found = convention([*PIECES, *tokens], pair=(["en"], ["de"]))
    source, target = language("eng_Latn"), language(target)
    found.require("m", source, target)
    assert found.source(["▁A", "▁dog"], source, target) == source_tokens
    assert found.prefix(target) == prefix
    assert found.strip([*prefix, "▁Ein", *tokens[:1], "."], target) == ["▁Ein", "."]


@pytest.mark.parametrize(
    ("tokens", "lacks"),
    [
        (["__en__", "__zh__"], "cmn_Hant"),  # zh alone is written in simplified characters
        (["<2en>", "<2sr>"], "srp_Latn"),
        (["eng_Latn", "min_Latn"], "min_Arab"),
        ([">>sr<<", ">>zh<<"], "srp_Latn"),
    ],
)
def test_script_is_part_of_language(tokens, lacks):
    assert lacks not in convention([*PIECES, *tokens], pair=(["en"], ["mul"])).targets


def test_pieces_that_look_like_codes_are_no_languages():
    assert convention(PIECES) is None
    assert convention([*PIECES, "eng_Latn", "deu_Latn"]).targets.keys() == {"eng_Latn", "deu_Latn"}


def test_nllb_has_every_language_of_flores_but_two_tokens_for_none():
    found = convention([*PIECES, *FLORES])
    assert len(found.targets) == len(FLORES) == len(set(found.targets.values()))
    assert found.targets["sat_Olck"] == "sat_Beng"  # as NLLB's tokenizer spells it


@pytest.mark.parametrize(
    ("name", "pair"),
    [
        ("Helsinki-NLP/opus-mt-en-de", (["en"], ["de"])),
        ("Helsinki-NLP/opus-mt-tc-big-en-fi", (["en"], ["fi"])),
        ("opus-mt-en-de-ctranslate2-int8", (["en"], ["de"])),
        ("Helsinki-NLP/opus-mt-tc-bible-big-deu_eng_fra-bat", (["deu", "eng", "fra"], ["bat"])),
        ("Helsinki-NLP/opus-mt-en-zh", (["en"], ["zh"])),
        ("gaudi/opus-mt-zls-zls-ctranslate2", (["zls"], ["zls"])),
        ("facebook/nllb-200-distilled-600M", None),
        ("opus-mt", None),
    ],
)
def test_the_pair_of_a_name(name, pair):
    assert pair_of(name) == pair


@pytest.mark.parametrize(
    ("pair", "spoken", "tokens", "sources", "targets"),
    [
        ((["en"], ["de"]), (), [], {"eng_Latn"}, {"deu_Latn"}),
        ((["mul"], ["en"]), ("de", "fi", "en", "mul"), [], {"deu_Latn", "fin_Latn"}, {"eng_Latn"}),  # a group: what the card names
        ((["mul"], ["en"]), (), [], set(), {"eng_Latn"}),  # no card: nobody knows
        ((["en"], ["gem"]), ("en", "de", "nl"), [">>deu<<", ">>xyz<<"], {"eng_Latn"}, {"deu_Latn"}),
    ],
)
def test_the_languages_of_opus(pair, spoken, tokens, sources, targets):
    found = convention([*PIECES, *tokens], pair=pair, spoken=spoken)
    assert (set(found.sources), set(found.targets)) == (sources, targets)


@pytest.mark.parametrize(
    ("pair", "source", "target", "message"),
    [
        ((["en"], ["de"]), "fin_Latn", "deu_Latn", "model 'm' does not read fin_Latn (Finnish); it reads eng_Latn."),
        ((["en"], ["de"]), "eng_Latn", "fin_Latn", "model 'm' does not write fin_Latn (Finnish); it writes deu_Latn."),
    ],
)
def test_a_pair_that_is_lacking(pair, source, target, message):
    with pytest.raises(EngineError) as error:
        convention(PIECES, pair=pair).require("m", language(source), language(target))
    assert str(error.value) == message


def test_of_two_hundred_languages_the_near_ones_are_named():
    found = convention([*PIECES, *(code for code in FLORES if code != "zho_Hant")])
    with pytest.raises(EngineError) as error:
        found.require("m", language("eng_Latn"), language("cmn_Hant"))
    assert "has no cmn_Hant (Chinese (Traditional)); it has cmn_Hans, yue_Hant, bod_Tibt, " in str(error.value)
    assert f"and {len(FLORES) - 1 - 12} more" in str(error.value)
    assert len(str(error.value)) < 400
