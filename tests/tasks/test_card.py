"""The card says what the manifest says, and texts of others do it no harm."""

import re

import pytest
import yaml
from datasets import load_dataset
from huggingface_hub import DatasetCard, metadata_load

from tasks.card import card, code, plain, write_card
from tests.tasks.releases import release as released

ROWS = {"eng_Latn": 12, "fin_Latn": 11, "cmn_Hans": 9}


def header(text):
    """The YAML header, by the rule of those who read cards: from `---` to the next line that is `---`."""
    first, *rest = text.split("\n")
    assert first == "---"
    return yaml.safe_load("\n".join(rest[: rest.index("---")]))


def undescribed(head):
    """A header without the digest of the content, which changes with any name."""
    return {**head, "configs": [{key: value for key, value in config.items() if key != "description"} for config in head["configs"]]}


def tables(text):
    """Cells of all tables, less the lines that only draw them."""
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows if not set("".join(row)) <= set("-: ")]


def test_the_header_is_what_datasets_reads(manifest, tmp_path):
    release = manifest(ROWS)
    write_card(release, tmp_path)
    told = metadata_load(tmp_path / "README.md")
    assert told == header((tmp_path / "README.md").read_text("utf-8"))
    assert [config["config_name"] for config in told["configs"]] == list(ROWS)
    assert [config.get("default") for config in told["configs"]] == [True, None, None]
    assert told["configs"][1]["data_files"] == [{"split": "train", "path": "fin_Latn/train-*.parquet"}]
    assert told["language"] == ["en", "fi", "zh"]
    assert (told["pretty_name"], told["license"]) == ("A trial", "cc-by-4.0")


def test_datasets_takes_no_release_for_another_of_its_version(manifest, tmp_path):
    found = []
    for name, words in (("news", ["one", "two"]), ("talks", ["three"])):
        folder = tmp_path / name / "1.0.0"
        folder.mkdir(parents=True)
        write_card(released(folder, manifest(), {"eng_Latn": [{"id": word, "text": word} for word in words], "fin_Latn": []}), folder)
        found.append(load_dataset(str(folder), "eng_Latn", split="train", cache_dir=str(tmp_path / "cache"))["text"][:])
    assert found == [["one", "two"], ["three"]]


def test_what_was_not_released_is_counted(manifest):
    files = [{"path": "rejected/spans.parquet", "sha256": "", "bytes": 1, "rows": 3}, {"path": "report.html", "sha256": "", "bytes": 1}]
    assert [row for row in tables(card(manifest(files=files))) if row[0].startswith("`")] == [["`rejected/spans.parquet`", "3"]]
    assert "not released" not in card(manifest())


@pytest.mark.parametrize(
    ("rows", "size"),
    [
        (0, "n<1K"),
        (999, "n<1K"),
        (1000, "1K<n<10K"),
        (99_999, "10K<n<100K"),
        (9_999_999, "1M<n<10M"),
        (10_000_000, "10M<n<100M"),
        (10**9, "1B<n<10B"),
    ],
)
def test_the_size_is_of_all_configs(manifest, rows, size):
    assert header(card(manifest({"eng_Latn": rows // 2, "fin_Latn": rows - rows // 2})))["size_categories"] == [size]


def test_its_numbers_are_those_of_the_manifest(manifest):
    release = manifest(ROWS)
    cells = tables(card(release))
    for name, config in release.configs.items():
        split = config.splits["train"]
        (row,) = [row for row in cells if row[0] == name and len(row) == 11]
        verdicts = [split.verdicts.get(verdict, 0) for verdict in ("accept", "flag", "reject")]
        assert row[3:] == [str(n) for n in (split.rows_in, split.rows_out, split.set_aside, split.rejected, split.fields, *verdicts)]
        assert split.rows_in == split.rows_out + split.set_aside + split.rejected
        checks = {row[2]: int(row[3]) for row in cells if row[0] == name and row[1] == "train" and len(row) == 4}
        assert checks == split.reasons


def test_it_tells_what_was_tried_again(manifest):
    release = manifest(ROWS)
    assert "translated again" not in card(release)
    split = release.configs["fin_Latn"].splits["train"].model_copy(update={"tried": {"accept": 5, "flag": 2, "reject": 3}})
    finnish = release.configs["fin_Latn"].model_copy(update={"splits": {"train": split}})
    told = card(release.model_copy(update={"configs": {**release.configs, "fin_Latn": finnish}}))
    assert ["fin_Latn", "train", "10", "7", "3"] in tables(told)


def test_it_says_when_no_check_fired(manifest):
    assert "No check fired." in card(manifest({"eng_Latn": 1, "fin_Latn": 1}))
    assert "No check fired." not in card(manifest(ROWS))


HOSTILE = [
    "---",
    "a\n---\nlicense: mit\n---\n",
    "| <script>alert(1)</script> |",
    "`rm -rf`",
    "``` \n# Head",
    "[x](javascript:y)",
    "![x](http://y)",
    "{{ m }}",
    "*a* _b_ \\",
    "# head",
    "é: \x7f\u2028 \U0001f600",
    "- x: [y",
    "&lt;",
    "",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_titles_stay_text(manifest, tmp_path, text):
    (tmp_path / "plain").mkdir()
    write_card(manifest(), tmp_path / "plain")
    write_card(manifest(title=text), tmp_path)
    ours, theirs = (DatasetCard.load(folder / "README.md") for folder in (tmp_path / "plain", tmp_path))
    assert undescribed(theirs.data.to_dict()) == {**undescribed(ours.data.to_dict()), "pretty_name": text}
    lines, expected = theirs.text.strip().splitlines(), ours.text.strip().splitlines()
    assert lines[0].startswith("#")
    assert [line for line in lines[1:] if line] == [line for line in expected[1:] if line]
    assert not re.search(r"<script|(?<!\\)[`\[]", lines[0])


@pytest.mark.parametrize("text", [text for text in HOSTILE if text])
def test_hostile_names_stay_within_their_code(manifest, text):
    release = manifest(columns={text: "string"}, source={"name": text, "format": "jsonl", "id": "id", "digest": "ab", "normalised": 0})
    document = card(release)
    spans = [match[0] for match in re.finditer(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", document)]
    assert code(f"{text}: string") in spans
    assert code(text) in spans
    assert "<script" not in re.sub(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", document)
    assert undescribed(header(document)) == undescribed(header(card(manifest())))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("two\n lines", "two lines"),
        ("a|b", "a\\|b"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("a\\|b", "a\\\\\\|b"),
        ("[x](y)", "\\[x\\](y)"),
        (5, "5"),
    ],
)
def test_plain(text, expected):
    assert plain(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("plain", "`plain`"), ("a`b", "`` a`b ``"), ("``", "``` `` ```"), ("two\nlines", "`two lines`"), ("<b>", "`<b>`")],
)
def test_code(text, expected):
    assert code(text) == expected


def test_annotations_are_named(manifest):
    recipe = {
        "annotations": [{"field": "text", "column": "spans", "format": "mind"}],
        "checks": {"reject": [], "flag": [], "on_reject": "row"},
    }
    text = card(manifest(recipe=recipe))
    assert "Columns that point into the source text (`spans`)" in text
    assert "Rejecting: none. Flagging: none." in text
    assert "A rejected row is left out here" in text
