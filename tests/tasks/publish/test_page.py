"""The card on the Hub: ours is replaced by every version, what people wrote below our line is kept."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tasks.publish.page import END, own, readme

OURS = "---\nlicense: mit\n---\n# A trial\n\nRows.\n"
THEIRS = "## Thanks\n\nTo all.\n"


@pytest.mark.parametrize(
    ("there", "kept"),
    [
        (None, ""),
        ("", ""),
        (f"{OURS}\n{END}\n", ""),
        (f"{OURS}\n{END}\n{THEIRS}", THEIRS),
        (f"{OURS}\r\n{END}\r\n{THEIRS}", THEIRS),  # an editor of Windows
        (f"{OURS}\n{END}", ""),
        (f"{OURS}\n{END}  \n{THEIRS}", THEIRS),
        (f"{OURS}\n{END}\n{THEIRS}\n{END}\nmore", f"{THEIRS}\n{END}\nmore"),  # the first line is ours
        ("---\nlicense: mit\n---\n", ""),  # as the Hub makes it
        (f"---\nlicense: mit\n---\n{THEIRS}", THEIRS),  # before the first version
        (THEIRS, THEIRS),
        (f"see `{END}` in the text\n", f"see `{END}` in the text\n"),  # not a line of its own
    ],
)
def test_what_is_kept(there, kept):
    assert own(there or "") == kept
    assert readme(OURS, there) == f"{OURS}\n{END}\n{kept}"


def test_our_line_in_the_text_of_others_ends_nothing():
    card = readme(f"{OURS}```\n{END}\n```\n", None)
    assert card.count(END) == 1
    assert own(card) == ""


def test_a_permission_stands_in_our_part_and_only_there():
    once = readme(OURS, f"{OURS}\n{END}\n{THEIRS}", "Ana <b>\nof *Example* permits it")
    assert once.index("## Permission") < once.index(END) < once.index("## Thanks")
    assert "The publisher states: Ana &lt;b&gt; of \\*Example\\* permits it\n" in once
    assert "## Permission" not in readme(OURS, once)


TEXT = st.text(st.characters(exclude_characters="\r"))


@given(kept=TEXT, cards=st.lists(TEXT, min_size=1, max_size=4))
def test_what_people_wrote_outlives_all_versions(kept, cards):
    page = f"{OURS}\n{END}\n{kept}"
    for card in cards:
        page = readme(f"---\nlicense: mit\n---\n{card}", page)
        assert yaml.safe_load(page.split("---\n")[1]) == {"license": "mit"}
    assert own(page) == (kept if kept.strip() else "")
