import hashlib

import pytest

from tasks.census.budget import Budget
from tasks.census.cards import LONGEST, SECTIONS, read_cards, section, taken
from tasks.patience import Patience
from tests.hub.faults import Fault
from tests.tasks.census.records import record

QUICK = Patience(tries=2, first=0.01, longest=0.01)
TEMPLATE = """---
language: ko
---

# Dataset Card for Name

## Dataset Details

### Dataset Description

<!-- Provide a longer summary. -->

- **Curated by:** [More Information Needed]
- **License:** [More Information Needed]

## Bias, Risks, and Limitations

Users should be made aware of the risks, biases and limitations of the dataset. More information needed for further recommendations.

## Dataset Card Contact

[More Information Needed]
"""


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        (TEMPLATE, []),  # the template as it is says nothing
        (TEMPLATE.replace("<!-- Provide a longer summary. -->", "News of 2024."), ["description"]),
        (TEMPLATE.replace("**License:** [More Information Needed]", "**License:** MIT"), ["description"]),
        ("## 📚 Citation [optional]\n\n```\n@misc{a}\n```\n", ["citation"]),
        ("### Data Fields\n- text: a string\n## Citation Information\n", ["structure"]),  # the older template; nothing cited
        ("## Uses\n\n한국어\n", ["uses"]),
        ("## How to train\n\nDo it.\n", []),  # a heading of their own
        ("```\n# Uses\nimport os\n```\n", []),  # a comment in a script
        ("Uses\n\nplain text\n", []),
        ("", []),
    ],
)
def test_sections_with_text_of_their_own(text, sections):
    assert taken(text)["card_sections"] == sections


@pytest.mark.parametrize(
    ("text", "words"),
    [("---\nlicense: mit\n---\nOne two-three.", 3), ("新闻 news", 3), ("뉴스 기사", 2), ("", 0), ("---\nnot closed", 2), ("a\r\nb", 2)],
)
def test_words(text, words):
    assert taken(text)["card_words"] == words


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("**Out-of-Scope Use**", "uses"),
        ("2. Dataset Structure", "structure"),
        ("[Citation](#citation)", "citation"),
        ("Reuses", None),
        ("데이터 설명", None),
        ("", None),
    ],
)
def test_headings(heading, name):
    assert section(heading) == name


def test_the_template_of_the_client_has_all_sections():
    from pathlib import Path

    import huggingface_hub

    lines = (Path(huggingface_hub.__file__).parent / "templates/datasetcard_template.md").read_text("utf-8").splitlines()
    assert {section(line.lstrip("# ")) for line in lines if line.startswith("##")} - {None} == set(SECTIONS)


def cards(hub, *names):
    wanted = [(name, hub.repos[name].sha("main") if name in hub.repos else "f" * 40) for name in names]
    return {card.pop("id"): card for card in read_cards(hub.url, wanted, Budget(100), QUICK)}


def test_one_call_for_each_card_and_no_text_of_it(hub):
    sha = hub.commit("o/with", {"README.md": "---\nlicense: mit\n---\n# Hi\n## Uses\nMany.\n"})
    hub.commit("o/without", {"a.csv": "x"})
    hub.commit("o/long", {"README.md": "word " * 500_000})
    hub.records["o/gone"] = record()
    found = cards(hub, "o/with", "o/without", "o/gone", "o/long")
    digest = hashlib.sha256(b"---\nlicense: mit\n---\n# Hi\n## Uses\nMany.\n").hexdigest()
    assert found["o/with"] == {"card_sha": sha, "card_digest": digest, "card_words": 3, "card_sections": ["uses"]}
    assert (found["o/without"]["card_digest"], found["o/without"]["card_words"], found["o/without"]["card_sections"]) == (None, 0, [])
    assert (found["o/gone"]["card_words"], found["o/gone"]["card_sections"]) == (None, None)
    assert found["o/long"]["card_words"] < 300_000, "a megabyte is read at most"
    assert hub.asked("/resolve/") == 4


def test_a_gated_card_is_not_asked_for_again(hub):
    hub.commit("o/gated", {"README.md": "# Hi"}, gated=True)
    found = cards(hub, "o/gated")
    assert found["o/gated"]["card_sha"]
    assert found["o/gated"]["card_sections"] is None


def test_what_does_not_come_is_left_for_the_next_crawl(hub):
    for i in range(6):
        hub.commit(f"o/d{i}", {"README.md": "# Hi"})
    hub.faults.append(Fault("GET", "/o/d1/", 500, times=99))
    assert list(cards(hub, *(f"o/d{i}" for i in range(3)))) == ["o/d0", "o/d2"]
    hub.faults[:] = [Fault("GET", "/resolve/", 503, times=99)]
    hub.requests.clear()
    assert cards(hub, *(f"o/d{i}" for i in range(6))) == {}
    assert hub.asked("/resolve/") == 6, "three cards, each tried twice; then it stops"


@pytest.mark.parametrize("part", ["<", "<!--", "## [", "# #", " #", "# a ", "```\n", "---\n", "**", "*:", "\n#", "[x]("])
def test_a_hostile_card_of_full_length_takes_no_longer_than_another(part):
    """With a pattern that goes back at every sign, one of these would take hours."""
    hostile = f"## Uses\n{part * (LONGEST // len(part))}"
    assert set(taken(hostile)["card_sections"]) <= {"uses"}
