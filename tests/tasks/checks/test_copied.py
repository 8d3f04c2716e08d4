import polars as pl
import pytest

from schemas.languages import language
from tasks.check import check
from tasks.checks.copied import copied_score, is_copied

LINE = "the minister said on Monday that the plan was good"


@pytest.mark.parametrize(
    ("source", "target", "spaced", "rejected"),
    [
        (LINE, LINE, True, True),
        (LINE, LINE.upper() + ".", True, True),
        (LINE, "[deu_Latn] " + LINE, True, True),
        (LINE, "der Minister said on Monday that the plan was good", True, True),  # but for a word
        (LINE, "der Minister sagte am Monday that the plan was good", True, False),  # half of it: no copy, though no good
        (LINE, "der Minister sagte am Montag, der Plan sei gut", True, False),
        (LINE, "", True, False),
        (LINE, None, True, None),
        (None, LINE, True, None),
        ("Paris 2024", "Paris 2024", True, None),
        ("Stop!", "Stop!", True, None),
        ("Leonardo DiCaprio, Kate Winslet", "Leonardo DiCaprio, Kate Winslet", True, None),
        ("see https://a.org/all-you-need-to-know now", "siehe https://a.org/all-you-need-to-know jetzt", True, None),
        ("1,200 1,300 1,400 1,500 1,600 km", "1,200 1,300 1,400 1,500 1,600 km", True, None),
        ("部长周一表示这个计划很好", "部长周一表示这个计划很好", False, True),
        ("部长周一表示这个计划很好", "大臣は月曜日に計画は良いと述べた", False, False),
        ("日本東京都", "日本東京都", False, None),
    ],
)
def test_rejects_only_what_was_left_as_it_was(source, target, spaced, rejected):
    score = copied_score(*(pl.Series([text], dtype=pl.String) for text in (source, target)), spaced=spaced)
    assert is_copied(score).to_list() == [rejected]


@pytest.mark.parametrize(("source", "target", "verdict"), [("nob", "nno", "accept"), ("hrv", "bos", "accept"), ("eng", "deu", "reject")])
def test_members_of_a_macrolanguage_may_say_it_alike(source, target, verdict):
    pairs = pl.DataFrame({"source": [LINE], "target": [LINE]})
    tongues = {"source_language": language(source), "target_language": language(target)}
    assert check(pairs, **tongues, flag=(), median_ratio=None)["verdict"].to_list() == [verdict]
