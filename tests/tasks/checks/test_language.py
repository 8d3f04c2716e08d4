import polars as pl
import pytest

from schemas.languages import language
from tasks.checks.language import is_wrong_language, language_score
from tasks.identify import identifier

ENGLISH = "The prime minister said on Monday that the plan was good."
FINNISH = "Pääministeri sanoi maanantaina, että suunnitelma oli hyvä."
INDONESIAN = "Perdana menteri mengatakan pada hari Senin bahwa rencana itu baik."


@pytest.mark.parametrize(
    ("text", "target", "name", "flagged"),
    [
        (FINNISH, "fin", "py3langid", False),
        (FINNISH, "fin", "langdetect", False),
        (ENGLISH, "fin", "py3langid", True),
        (ENGLISH, "fin", "langdetect", True),
        (FINNISH, "swh", "py3langid", True),  # neither source nor target
        (INDONESIAN, "ind", "py3langid", False),  # though Malay is near
        ("Angela Merkel", "fin", "py3langid", None),  # too short
        ("5 : 3", "fin", "py3langid", None),
        (ENGLISH, "grn", "langdetect", None),  # no profile of Guarani: nothing is said of it
        (ENGLISH, "grn", "py3langid", True),
        (ENGLISH, "kat", "py3langid", True),
        ("总理星期一在北京的会议上对记者说这个新的计划很好。", "cmn_Hans", "py3langid", False),
        ("总理星期一在北京的会议上对记者说这个新的计划很好。", "cmn_Hant", "py3langid", True),
        ("总理星期一在北京的会议上对记者说这个新的计划很好。", "jpn", "py3langid", True),
        (None, "fin", "py3langid", None),
    ],
)
def test_flags_other_languages(text, target, name, flagged):
    entry = language(target)
    score = language_score(pl.Series([text], dtype=pl.String), target_language=entry, identifier=identifier(name))
    assert is_wrong_language(score).to_list() == [flagged]
