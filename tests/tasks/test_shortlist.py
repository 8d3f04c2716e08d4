"""A shortlist can write any text of its script, and holds nothing of other scripts but what the source has."""

import pytest

from schemas.languages import language
from tasks.shortlist import shortlist
from tasks.translate.model import open_model

PIECES = ["<s>", "</s>", "▁", "▁the", "t", "é", "▁Rom", "12", ".", "▁और", "र", "है", "ि", "的", "新闻", "▁мир", "м", "한", "に", "\u2581a b"]


@pytest.mark.parametrize(
    ("code", "seen", "expected"),
    [
        ("fra_Latn", None, "<s> </s> ▁ ▁the t é ▁Rom 12 . ि"),
        ("fra_Latn", ["▁Rom", "▁мир"], "<s> </s> ▁ t é ▁Rom 12 . ि ▁мир"),
        ("hin_Deva", None, "<s> </s> ▁ t é 12 . ▁और र है ि"),
        ("hin_Deva", [], "<s> </s> ▁ t é 12 . र ि"),
        ("cmn_Hans", None, "<s> </s> ▁ t é 12 . ि 的 新闻"),
        ("jpn_Jpan", None, "<s> </s> ▁ t é 12 . ि 的 新闻 に"),
        ("rus_Cyrl", None, "<s> </s> ▁ t é 12 . ि ▁мир м"),
        ("kor_Hang", None, "<s> </s> ▁ t é 12 . ि 한"),
    ],
)
def test_pieces_of_a_language(code, seen, expected, monkeypatch):
    monkeypatch.setattr("tasks.shortlist.MULTIPLE", 1)
    assert " ".join(shortlist(PIECES, language(code), [], seen).pieces) == expected


@pytest.mark.parametrize("size", [3, 10, 63, 64, 65, 200, 1000])
def test_as_many_pieces_as_ctranslate2_can_take(size):
    vocabulary = ["<s>", "</s>", *(f"▁мир{i}" for i in range(size)), *(f"▁the{i}" for i in range(size))]
    pieces = shortlist(vocabulary, language("rus_Cyrl"), []).pieces
    assert len(pieces) % 64 == 0 or len(pieces) == len(vocabulary)
    assert len(pieces) < size + 2 + 64
    assert set(vocabulary[: size + 2]) <= set(pieces)
    assert [piece for piece in vocabulary if piece in pieces] == list(pieces)


def test_the_map_is_one_line_for_every_sentence():
    assert shortlist(["</s>", "है", "x y", ""], language("hin_Deva"), []).vmap() == "\t</s> है\n"


def test_the_digest_is_of_the_pieces(monkeypatch):
    monkeypatch.setattr("tasks.shortlist.MULTIPLE", 1)
    hindi = shortlist(PIECES, language("hin_Deva"), [])
    assert hindi.digest == shortlist(PIECES, language("hin_Deva"), []).digest
    assert hindi.digest != shortlist(PIECES, language("hin_Deva"), [], []).digest


@pytest.mark.parametrize(("code", "share"), [("ron_Latn", 0.5), ("hin_Deva", 0.35), ("cmn_Hans", 0.35)])
def test_of_the_demo_model_a_part_is_enough_for_each_language(code, share):
    vocabulary = open_model("demo").vocabulary
    assert len(shortlist(vocabulary, language(code), [code]).pieces) < share * len(vocabulary)
