"""The card says what the files say, and texts of others do it no harm."""

import re
import shutil

import polars as pl
import pytest
import yaml

from schemas.manifest import Change, Rows
from tasks.card import card, write_card
from tests.tasks.card_numbers import counted, differing, disagreements, tables, told_by
from tests.tasks.releases import EVIL, full, release

ROWS = {"eng_Latn": 12, "fin_Latn": 11, "cmn_Hans": 9}


@pytest.fixture(scope="module")
def sound(manifest, tmp_path_factory):
    """A release with all there is, and its card."""
    folder = tmp_path_factory.mktemp("sound") / "1.0.0"
    folder.mkdir()
    write_card(full(folder, manifest()), folder)
    return folder


def test_its_numbers_are_those_of_the_files(sound):
    assert disagreements(sound, ["text"]) == []


def numbers_in(text):
    """Where each number of the card stands that says something of the files."""
    head = re.match(r"---\n.*?\n---\n", text, re.DOTALL).end()
    for match in re.finditer(r"(?:num_examples|num_bytes|download_size|dataset_size): (\d+)$", text[:head], re.MULTILINE):
        yield match.span(1)
    section = ""
    for line in re.finditer(r"^.*$", text, re.MULTILINE):
        section = line[0].strip("# ") if line[0].startswith("## ") else section
        if line[0].startswith("|") and section in ("Languages", "Rows", "Checks", "Annotations", "Variants"):
            yield from ((line.start() + m.start(1), line.start() + m.end(1)) for m in re.finditer(r"\| (\d[\d,.]*)(?= \|)", line[0]))


def test_every_number_of_the_card_counts(sound):
    text, there = (sound / "README.md").read_text("utf-8"), counted(sound, ["text"], "eng_Latn")
    spots = list(numbers_in(text))
    assert len(spots) > 70
    unnoticed = []
    for start, end in spots:
        altered = f"{text[:start]}{int(float(text[start:end].replace(',', ''))) + 1}{text[end:]}"
        if not differing(told_by(altered), there):
            unnoticed.append(text[text.rfind("\n", 0, start) : text.find("\n", end)])
    assert unnoticed == []


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("fin_Latn/train-00000-of-00001.parquet", lambda frame: frame.head(2)),
        ("eng_Latn/train-00000-of-00001.parquet", lambda frame: frame.with_columns(text=pl.col("text").str.replace("Rome", "Roma"))),
        ("eng_Latn/train-00000-of-00001.parquet", lambda frame: frame.with_columns(text=pl.col("text") + ". One more.")),
        ("arb_Arab/train-00000-of-00001.parquet", lambda frame: frame.with_columns(text_quality=pl.col("text_quality").reverse())),
        (
            "arb_Arab/train-00000-of-00001.parquet",
            lambda frame: frame.with_columns(entities_projection=pl.col("entities_projection").list.head(1)),
        ),
        (
            "arb_Arab.code-switch-entity/train-00000-of-00001.parquet",
            lambda frame: frame.with_columns(text_switches=pl.col("text_switches").list.head(0)),
        ),
        ("rejected/arb_Arab.parquet", lambda frame: frame.head(0)),
    ],
)
def test_every_file_counts(sound, tmp_path, file, change):
    folder = tmp_path / "1.0.0"
    shutil.copytree(sound, folder)
    before = (folder / file).read_bytes()
    change(pl.read_parquet(folder / file)).write_parquet(folder / file)
    numbers = [each for each in disagreements(folder, ["text"]) if not re.match(r"\('(num_bytes|download_size|dataset_size)'", each)]
    assert (folder / file).read_bytes() != before
    assert numbers


def test_what_was_not_released_is_counted(manifest, tmp_path):
    files = [{"path": "rejected/spans.parquet", "sha256": "", "bytes": 1, "rows": 3}, {"path": "report.html", "sha256": "", "bytes": 1}]
    assert tables(card(manifest(files=files), tmp_path))["Rows"][1][1:] == [["`rejected/spans.parquet`", "3"]]
    assert "not released" not in card(manifest(), tmp_path)


def test_languages_are_summed_over_their_splits(manifest, tmp_path):
    made = manifest(ROWS)
    finnish = made.configs["fin_Latn"]
    split = finnish.splits["train"].model_copy(update={"sentences": 20, "tried": {"accept": 5, "flag": 2, "reject": 3}})
    twice = finnish.model_copy(update={"splits": {"train": split, "dev": split}})
    told = tables(card(made.model_copy(update={"configs": {**made.configs, "fin_Latn": twice}}), tmp_path))
    assert told["Languages"][0][1] == ["fin_Latn", "Finnish", "fi", "40", "22", "18", "4", "0", "81.8", "20", "6"]
    assert told["Checks"][0] == [["config", "empty", "language"], ["fin_Latn", "0", "4"], ["cmn_Hans", "0", "2"]]


def test_examples_are_the_first_rows_with_their_translations(sound):
    first, evil, _ = tables((sound / "README.md").read_text("utf-8"))["Examples"]
    assert first[1:] == [
        ["eng_Latn", "English (source)", "`😀 Rome and Paris, Rome`"],
        ["fin_Latn", "Finnish", "`Pariisi ja Rooma 😀 Rooma`"],
        ["arb_Arab", "Modern Standard Arabic", "`روما وباريس`"],
        ["arb_Arab.code-switch-entity", "Modern Standard Arabic (code-switch)", "`😀 <ar>روما</ar> and Paris, Rome`"],
        ["arb_Arab.transliterate-Latn", "Modern Standard Arabic (transliterate)", "`rwma wbarys`"],
    ]
    assert evil[1][2] == f"`{EVIL[:-1]}`"
    assert ["arb_Arab", "Modern Standard Arabic", "*rejected: loop, script*"] in tables((sound / "README.md").read_text("utf-8"))[
        "Examples"
    ][2]


def test_long_examples_are_cut(manifest, tmp_path):
    made = release(tmp_path, manifest(), {"eng_Latn": [{"id": "1", "text": "long " * 100}], "fin_Latn": []})
    (table,) = tables(card(made, tmp_path))["Examples"]
    assert len(table[1][2]) == 202
    assert table[1][2].endswith("…`")


def test_the_licence_and_what_speaks_against_it(manifest, tmp_path):
    told = card(manifest(license="cc-by-4.0"), tmp_path)
    assert "By them it stays in a private repository (private):" in told
    assert "- the licence of the source f.jsonl says nothing that is known" in told
    engine = {"model": "facebook/nllb", "digest": "d", "library": "ct2", "options": {}, "license": "cc-by-nc-4.0"}
    told = card(manifest(engine=engine, license="cc-by-4.0"), tmp_path)
    assert "By them it may not be published (forbidden):" in told
    assert tables(told)["Licence"][0][1:] == [["the source f.jsonl", "Unknown"], ["the weights of facebook/nllb", "cc-by-nc-4.0"]]


def test_the_history_newest_first(manifest, tmp_path):
    changes = [Change(version="1.0.0", reason="first version")]
    changes += [
        Change(version=f"1.{i}.0", reason="rows added to fin_Latn (5)", rows={"a": Rows(added=5), "b": Rows(added=1, changed=2)})
        for i in range(1, 12)
    ]
    told = card(manifest(changes=[each.model_dump() for each in changes]), tmp_path)
    (table,) = tables(told)["Versions"]
    assert table[1] == ["1.11.0", "rows added to fin\\_Latn (5)", "6", "0", "2"]
    assert len(table) == 11
    assert "2 older versions" in told


def test_limitations_name_what_was_not_looked_for(manifest, tmp_path):
    told = card(manifest({"eng_Latn": 4, "fin_Latn": 4, "grn_Latn": 4}), tmp_path)
    assert "Checked by rule: empty (nothing came out), language (another language than was asked for)." in told
    assert "Not looked for: loop (the model repeats itself), " in told
    assert re.search(r'NLLB\'s class "low".*: Guarani\.', told)
    assert "were found by alignment" not in told


def test_annotations_are_named(manifest, tmp_path):
    recipe = {
        "annotations": [{"field": "text", "column": "spans", "format": "mind"}],
        "checks": {"reject": [], "flag": [], "on_reject": "row"},
    }
    text = card(manifest(recipe=recipe), tmp_path)
    assert "Columns that point into the source text (`spans`)" in text
    assert "Checked by rule: nothing." in text
    assert "A rejected row is left out here" in text


def test_same_release_same_bytes(sound, manifest, tmp_path):
    (tmp_path / "1.0.0").mkdir()
    write_card(full(tmp_path / "1.0.0", manifest()), tmp_path / "1.0.0")
    assert (tmp_path / "1.0.0" / "README.md").read_bytes() == (sound / "README.md").read_bytes()


def test_the_header_is_yaml_of_one_document(sound):
    text = (sound / "README.md").read_text("utf-8")
    assert len(list(yaml.safe_load_all(text.split("\n---\n", 1)[0]))) == 1
