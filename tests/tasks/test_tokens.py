from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.languages import language
from tasks.tokens import tokens


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        ("eng", "The U.S. (3rd) don't_x", ["The", "U", ".", "S", ".", "(", "3rd", ")", "don", "'", "t_x"]),
        ("fra", "L'hôtel, 1.200,50 €", ["L", "'", "hôtel", ",", "1.200,50", "€"]),
        ("tur", "İzmir'de 4-5", ["İzmir", "'", "de", "4", "-", "5"]),
        ("hin", "पैंथर्स की डिफ़ेन्स ने १२ में।", ["पैंथर्स", "की", "डिफ़ेन्स", "ने", "१२", "में", "।"]),  # vowel signs are no letters to `re`
        ("pes", "کتاب‌ها ۱٫۵", ["کتاب‌ها", "۱٫۵"]),  # a joiner inside the word, a decimal comma of its own
        ("fin", "e\u0301te\u0301", ["e\u0301te\u0301"]),  # decomposed
        ("cmn", "😀NFL在2015年拦截领先。", ["😀", "NFL", "在", "2015", "年", "拦截", "领先", "。"]),  # offsets after an astral letter
        ("tha", "ทีมรับได้ 308", ["ทีม", "รับ", "ได้", "308"]),
        ("jpn", "カロライナ・パンサーズのCEO", ["カロライナ", "・", "パンサーズ", "の", "CEO"]),
        ("kor", "서울에서 왔다", ["서울에서", "왔다"]),  # spaced
        ("eng", " \n\t", []),
        ("cmn", "", []),
    ],
)
def test_tokens(code: str, text: str, expected: list[str]) -> None:
    assert [text[a:b] for a, b in tokens(text, language(code))] == expected


@given(st.text(max_size=60), st.sampled_from(["eng", "cmn", "tha", "hin", "arb"]))
def test_every_code_point_but_white_space_is_in_one_token(text: str, code: str) -> None:
    found = tokens(text, language(code))
    assert all(a < b for a, b in found)
    assert all(b <= c for (_, b), (c, _) in pairwise(found))
    inside = {i for a, b in found for i in range(a, b)}
    assert all(i in inside or text[i].isspace() for i in range(len(text)))
    assert not any(text[i].isspace() for i in inside)
