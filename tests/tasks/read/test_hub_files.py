import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import SourceError
from schemas.sources import HubSource
from tasks.read.hub_files import choose, glob


def chosen(names, configs=None, **source):
    return choose(HubSource(format="hub", repo="owner/name", **source), names, configs)


XMIND = [f"data/{code}/{split}.parquet.gzip" for code in ("fin", "swa") for split in ("train", "dev")]
OURS = ["README.md", "manifest.json", "fin_Latn/dev-00000-of-00001.parquet", "fin_Latn/train-00000-of-00001.parquet"]
CARD = [
    {"config_name": "fin", "data_files": [{"split": "train", "path": "data/fin/train*"}, {"split": "dev", "path": ["data/fin/dev*"]}]},
    {"config_name": "swa", "data_files": "data/swa/*.parquet.gzip"},
]


@pytest.mark.parametrize(
    ("names", "configs", "source", "form", "splits"),
    [
        # by the names of the files
        (["a.jsonl", "README.md", "b.jsonl", "load.py"], None, {}, "jsonl", {"train": ["a.jsonl", "b.jsonl"]}),
        (
            ["test.csv", "train.csv", "valid.csv"],
            None,
            {},
            "csv",
            {"train": ["train.csv"], "validation": ["valid.csv"], "test": ["test.csv"]},
        ),
        (["data/train/1.tsv", "data/test/1.tsv"], None, {}, "tsv", {"train": ["data/train/1.tsv"], "test": ["data/test/1.tsv"]}),
        (["training.csv", "contest.csv"], None, {}, "csv", {"train": ["training.csv"]}),  # no word of a split in contest
        (["test/train.csv"], None, {}, "csv", {"train": ["test/train.csv"]}),
        (["data/extra-00000-of-00002.parquet", "data/extra-00001-of-00002.parquet"], None, {}, "parquet", None),
        (OURS, None, {}, "parquet", {"dev": [OURS[2]], "train": [OURS[3]]}),
        (["rows.jsonl", "dataset_infos.json", "x.json.gz"], None, {}, "jsonl", {"train": ["rows.jsonl"]}),
        (["train.jsonl.gz", "test.jsonl.zst"], None, {}, "jsonl", {"train": ["train.jsonl.gz"], "test": ["test.jsonl.zst"]}),
        (["data/train-00000-of-00001.csv.gz"], None, {}, "csv", {"train": ["data/train-00000-of-00001.csv.gz"]}),
        # by the card
        (XMIND, CARD, {"config": "fin"}, "parquet", {"train": [XMIND[0]], "dev": [XMIND[1]]}),
        (XMIND, CARD, {"config": "swa"}, "parquet", {"train": XMIND[3:1:-1]}),
        (XMIND, CARD, {"config": "fin", "split": "dev"}, "parquet", {"dev": [XMIND[1]]}),
        (XMIND, [CARD[0], CARD[1] | {"default": True}], {}, "parquet", {"train": XMIND[3:1:-1]}),
        (XMIND, CARD[:1], {}, "parquet", {"train": [XMIND[0]], "dev": [XMIND[1]]}),
        (["a/x.csv", "b/x.csv"], [{"config_name": "b", "data_dir": "b"}], {}, "csv", {"train": ["b/x.csv"]}),
        (["a/x.csv", "b/x.csv"], [{"config_name": "b", "data_dir": "./b/", "data_files": "*.csv"}], {}, "csv", {"train": ["b/x.csv"]}),
        (["x.json"], [{"config_name": "default", "data_files": "x.json"}], {}, "jsonl", {"train": ["x.json"]}),
        (["x.csv"], "nonsense", {}, "csv", {"train": ["x.csv"]}),
        (["x.csv"], [None, 5], {}, "csv", {"train": ["x.csv"]}),
        # by the recipe
        (XMIND, CARD, {"files": {"dev": "data/*/dev.*"}}, "parquet", {"dev": XMIND[1::2]}),
        (["a.csv", "b.jsonl"], None, {"files": {"train": "*.csv"}}, "csv", {"train": ["a.csv"]}),
    ],
)
def test_the_recipe_says_then_the_card_then_the_names(names, configs, source, form, splits):
    if splits is None:
        splits = {"extra": names}
    assert chosen(names, configs, **source) == (form, {split: sorted(files) for split, files in splits.items()})


@pytest.mark.parametrize(
    ("names", "configs", "source", "message"),
    [
        (
            ["load.py", "data.pkl"],
            None,
            {},
            r"no Parquet, JSON lines, CSV or TSV file; scripts and pickles are never run.*refs/convert/parquet\. Or name files",
        ),
        (["data.pkl"], None, {"files": {"train": "data.*"}}, "data.pkl is not read: only Parquet"),
        (["data.pkl"], [{"config_name": "a", "data_files": "data.pkl"}], {}, "data.pkl is not read"),
        (["a.csv"], None, {"files": {"train": "b*"}}, r"no file matches b\* \(split train\)\. Data files there: a\.csv\."),
        (
            ["../a.csv", "/a.csv", "a/../b.csv", "a//b.csv", "a\\..\\b.csv"],
            None,
            {},
            r"'\.\./a\.csv' is a name that leads out of the repository",
        ),
        (["../a.csv", "b.csv"], None, {"files": {"train": "**/a.csv"}}, r"no file matches \*\*/a\.csv .*Data files there: b\.csv\."),
        (["train.zip", "load.py"], None, {}, r"archives never unpacked\. .* Unpack train\.zip and read its files by their own format"),
        (
            ["a/x.zip", "b.csv"],
            [{"config_name": "a", "data_dir": "a"}],
            {"config": "a"},
            "no Parquet.* file in the folder of config 'a'; scripts",
        ),
        (
            ["b.csv"],
            [{"config_name": "a", "data_files": "a/*"}],
            {"config": "a"},
            r"no file matches a/\* \(split train\)\. Data files there: b\.csv",
        ),
        (["a.csv", "b.jsonl"], None, {}, r"files of 2 formats \(a\.csv, b\.jsonl\)"),
        (XMIND, CARD, {}, "owner/name has 2 configs and no default: fin, swa. Choose one: source.config"),
        (XMIND, CARD, {"config": "swe"}, r"no config 'swe'; there are fin, swa\. Did you mean swa\?"),
        (XMIND, None, {"config": "swe"}, "no config 'swe'; the card has none; name the files under source.files"),
        (["train.csv"], None, {"split": "trian"}, r"no split 'trian'; there are train\. Did you mean train\?"),
        (["a.csv"], [{"config_name": "a", "data_files": [{"split": "../x", "path": "a.csv"}]}], {}, r"a split cannot be called '\.\./x'"),
        (["a.csv"], [{"config_name": "a", "data_files": [{"split": "all", "path": "a.csv"}]}], {}, "a split cannot be called 'all'"),
        (["a.csv"], [{"config_name": "a", "data_files": "https://example.org/a.csv"}], {}, "no file matches https"),
        (["a.csv"], [{"config_name": "a", "data_files": []}], {}, "files of 0 formats"),
    ],
)
def test_what_cannot_be_chosen_says_the_way_out(names, configs, source, message):
    with pytest.raises(SourceError, match=message):
        chosen(names, configs, **source)


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("data/train-*", ["data/train-0.csv"], ["data/train-0/a.csv", "x/data/train-0.csv"]),
        ("**/train.csv", ["train.csv", "a/train.csv", "a/b/train.csv"], ["a/xtrain.csv"]),
        ("**", ["a", "a/b"], []),
        ("a?[0-9].csv", ["ab1.csv"], ["a/1.csv", "abc.csv"]),
        ("a[!0-9]", ["ab"], ["a1"]),
        ("a.csv", ["a.csv"], ["axcsv"]),
        ("[z-a]", [], ["b"]),  # an empty range
        ("a(b", ["a(b"], []),
        ("[", ["["], []),
    ],
)
def test_patterns_are_globs(pattern, yes, no):
    assert [name for name in yes + no if re.fullmatch(glob(pattern), name)] == yes


@given(st.text(st.sampled_from("ab/*?[]!-\\.^&~|("), max_size=8), st.text(st.sampled_from("ab/[]."), max_size=6))
def test_any_pattern_is_one(pattern, name):
    re.fullmatch(glob(pattern), name)
    if not set(pattern) & set("*?["):
        assert re.fullmatch(glob(pattern), pattern)
