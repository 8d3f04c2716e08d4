import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.languages import language
from tasks.align.pieces import pieces

LONG = "The harbour was closed for nine days after the storm, and no ship could leave it."
SHORT = "Nobody slept."


@pytest.mark.parametrize(
    ("target", "code", "expected"),
    [
        ("Le port fut fermé neuf jours après la tempête, et nul navire ne put le quitter. Nul ne dormit.", "fra", [0, 80]),
        ("Le port fut fermé neuf jours après la tempête. Nul navire ne put le quitter. Nul ne dormit.", "fra", [0, 77]),  # two for one
        ("Le port fut fermé neuf jours après la tempête, et nul navire ne put le quitter, et nul ne dormit.", "fra", [0]),
        ("", "fra", [0]),
        (" \n", "fra", [0]),
        ("ท่าเรือปิดเก้าวันหลังพายุ และไม่มีเรือลำใดออกได้ ไม่มีใครหลับ", "tha", [0, 49]),  # spaces are the only marks there are
    ],
)
def test_sentences_that_belong_together(target: str, code: str, expected: list[int]) -> None:
    found = pieces(f"{LONG} {SHORT}", target, language("eng"), language(code))
    assert [piece.target_start for piece in found] == expected
    if len(found) == 2:
        assert [piece.source for piece in found] == [LONG, SHORT]


@given(st.text("ab.?! \n", max_size=60), st.text("ab.?! \n", max_size=60))
def test_pieces_stand_where_they_say(source: str, target: str) -> None:
    found = pieces(source, target, language("eng"), language("fra"))
    assert found
    ends = [0, 0]
    for piece in found:
        assert source[piece.source_start :].startswith(piece.source)
        assert target[piece.target_start :].startswith(piece.target)
        assert not source[ends[0] : piece.source_start].strip()  # nothing but white space is left out
        assert not target[ends[1] : piece.target_start].strip()
        ends = [piece.source_start + len(piece.source), piece.target_start + len(piece.target)]
    assert not source[ends[0] :].strip()
    assert not target[ends[1] :].strip()
