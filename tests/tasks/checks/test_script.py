import polars as pl
import pytest

from tasks.checks.script import is_wrong_script, script_score


@pytest.mark.parametrize(
    ("source", "target", "script", "rejected"),
    [
        ("The plan was good", "แผนนั้นดี", "Thai", False),
        ("The plan was good", "The plan was good", "Thai", True),
        ("Boris Johnson", "Boris Johnson", "Thai", None),  # a name, left as it is
        ("Boris Johnson Visits Old Berlin", "Boris Johnson Visits Old Berlin", "Thai", True),
        ("Elite League: Dundee Stars 5-3 Belfast Giants", "อีลิทลีก: Dundee Stars 5-3 Belfast Giants", "Thai", False),
        ("Netflix buys the plan", "Netflix 買う the plan today", "Jpan", True),  # only the name may stay
        ("Read www.example.org", "อ่าน www.example.org/a/long/address", "Thai", False),
        ("https://example.org", "https://example.org", "Thai", None),
        ("The plan was good", "План был хорош", "Latn", True),
        ("国民经济发展很快", "國民經濟發展很快", "Hant", False),
        ("The economy grows fast", "国民经济发展很快", "Hant", True),  # Chinese, but Simplified
        ("The manager Wang came", "王經理来了", "Hans", False),  # too little to tell
        ("It was 5 to 3", "5 : 3", "Thai", None),
        ("The plan was good", None, "Thai", None),
        (None, "The plan was good", "Thai", True),
    ],
)
def test_rejects_the_wrong_letters(source, target, script, rejected):
    score = script_score(pl.Series([source], dtype=pl.String), pl.Series([target], dtype=pl.String), script=script)
    assert is_wrong_script(score).to_list() == [rejected]
