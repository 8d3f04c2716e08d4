"""A corpus may hold anything: its card parses, and renders without markup, link, picture or HTML of theirs."""

import re

import pytest
from huggingface_hub import DatasetCard
from markdown_it import MarkdownIt

from schemas.manifest import Manifest
from tasks.card import card, write_card
from tests.tasks.card_numbers import front, tables
from tests.tasks.releases import release

HUB = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

HEADINGS = ["Load", "Languages", "Examples", "Rows", "Checks", "Annotations", "Columns", "Limitations", "Licence", "Made of", "Versions"]
HEADINGS += ["Citation"]
HOSTILE = [
    "---",
    "a\n---\nlicense: mit\n---\n",
    "| <script>alert(1)</script> |",
    "`rm -rf`",
    "``` \n# Head",
    "[x](javascript:y)",
    "![x](http://e.org/y)",
    "<img src=http://e.org/x onerror=alert(1)>",
    "{{ m }}{% raw %}",
    "*a* _b_ \\",
    "# head",
    "é: \x7f\u2028 \U0001f600",
    "\u202egnp.exe \u2066",
    "- x: [y",
    "&lt; &#33;",
    "<https://e.org> www.e.org a@e.org",
    "\n\n    indented",
    "[ref]: http://e.org",
    "<!-- babelmill: end -->",
    "}, note = {x",
    "",
]


def hostile(base: Manifest, folder, text):
    """A release in which everything that others write is this text: names, columns, ids, rows, reasons, licences."""
    folder.mkdir(exist_ok=True)
    column = text or "empty"
    quality = {"verdict": "flag", "reasons": [text], "tried": [text]}
    rows = [{"id": f"{i}{text}", "text": f"{text}{i}", column: text} for i in range(3)]
    tables = {"eng_Latn": rows, "fin_Latn": [{**row, "text_quality": quality} for row in rows]}
    made = release(folder, base, tables, project={"aligner": "statistical"})
    values = made.model_dump(mode="json")
    split = values["configs"]["fin_Latn"]["splits"]["train"]
    split["projection"] = {"spans": 1, "projected": 0, "dropped": {text: 1}, "methods": {}}
    split["counts"] = {text: 1}
    values["configs"]["eng_Latn"]["columns"][column] = text
    values["recipe"]["checks"] = {"reject": [text], "flag": ["language"], "on_reject": "field"}
    values |= {"title": text, "license": text, "signature": text, "tools": {text or "x": text}}
    values["source"] |= {"name": text, "license": text, "repo": "owner/name", "revision": text}
    values["engine"] |= {"model": text, "license": text, "library": text, "revision": text}
    values["changes"] = [{"version": "1.0.0", "reason": text, "rows": {text: {"added": 1}}}]
    return Manifest.model_validate(values)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_corpus_yields_a_card_that_parses_and_renders_harmlessly(manifest, tmp_path, text):
    made = hostile(manifest(), tmp_path, text)
    write_card(made, tmp_path)
    document = (tmp_path / "README.md").read_bytes().decode()
    loaded = DatasetCard.load(tmp_path / "README.md")
    head = front(document)
    assert loaded.data.to_dict() == {key: value for key, value in head.items() if value is not None}
    ours = front(card(hostile(manifest(), tmp_path / "words", "words"), tmp_path / "words"))
    assert set(ours) ^ set(head) <= {"license_name"}  # which no name at all does not need
    assert [each["config_name"] for each in head["configs"]] == ["eng_Latn", "fin_Latn"]
    assert head["license"] in ("other", "unknown")
    tokens = HUB.parse(loaded.text)
    inline = [child for token in tokens for child in token.children or ()]
    assert [token for token in (*tokens, *inline) if token.type in ("html_block", "html_inline", "image", "s_open")] == []
    links = {str(token.attrGet("href")) for token in inline if token.type == "link_open"}
    assert links == {"#limitations"}
    assert not re.search(
        r"(?i)https?://(?!huggingface)|www\.|[a-z]@[a-z]", "".join(t.content for t in inline if t.type == "text")
    )  # linked without asking
    headings = [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"][1:]
    assert headings == HEADINGS
    for table in tables(loaded.text).values():
        assert all(len({len(row) for row in each}) == 1 for each in table)
    assert [token.info for token in tokens if token.type == "fence"] == ["python", "sql", "bibtex"]
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", document)
    assert not re.search(r"^\s*<!--", document, re.MULTILINE)
