"""What the Hub and `datasets` read of a card, tried with the library itself."""

import pyarrow as pa
import pytest
from datasets import Features, load_dataset
from datasets.exceptions import NonMatchingSplitsSizesError
from huggingface_hub import metadata_load

from schemas import frames
from tasks.card import write_card
from tasks.card_header import features, header
from tests.tasks.releases import full, release

ROWS = [{"id": str(i), "text": f"row {i}"} for i in range(8)]
SCHEMAS = {name: value for name, value in vars(frames).items() if isinstance(value, pa.Schema)}


@pytest.fixture
def loadable(manifest, tmp_path):
    """A release of 8 English and 8 Finnish rows, the Finnish in two files, with its card."""
    folder = tmp_path / "trial" / "1.0.0"
    folder.mkdir(parents=True)
    finnish = [{**row, "text_quality": {"verdict": "accept", "reasons": [], "tried": []}} for row in ROWS]
    write_card(release(folder, manifest(), {"eng_Latn": ROWS, "fin_Latn": [finnish[:3], finnish[3:]]}), folder)
    return folder


@pytest.mark.parametrize(
    ("how", "rows"),
    [
        ({"name": "fin_Latn"}, 8),
        ({}, 8),  # the source is the default
        ({"name": "fin_Latn", "streaming": True}, 8),
        ({"data_files": "fin_Latn/train-00000-of-00002.parquet"}, 3),
        ({"name": "fin_Latn", "data_files": "fin_Latn/train-00000-of-00002.parquet"}, 3),
        ({"name": "fin_Latn", "data_files": {"train": "fin_Latn/train-00001-of-00002.parquet"}}, 5),
        ({"data_dir": "fin_Latn"}, 8),
        ({"name": "fin_Latn", "columns": ["id"]}, 8),
    ],
)
def test_every_way_of_loading_is_open(loadable, tmp_path, how, rows):
    found = load_dataset(str(loadable), split="train", cache_dir=str(tmp_path / "cache"), **how)
    assert len(list(found)) == rows


def test_a_file_that_is_missing_is_told(loadable, tmp_path):
    (loadable / "fin_Latn/train-00001-of-00002.parquet").unlink()
    with pytest.raises(NonMatchingSplitsSizesError):
        load_dataset(str(loadable), "fin_Latn", split="train", cache_dir=str(tmp_path / "cache"))


def test_datasets_takes_no_release_for_another_of_its_version(manifest, tmp_path):
    found = []
    for name, words in (("news", ["one", "two"]), ("talks", ["three", "four"])):
        folder = tmp_path / name / "1.0.0"
        folder.mkdir(parents=True)
        write_card(release(folder, manifest(), {"eng_Latn": [{"id": word, "text": word} for word in words], "fin_Latn": []}), folder)
        found.append(load_dataset(str(folder), "eng_Latn", split="train", cache_dir=str(tmp_path / "cache"))["text"][:])
    assert found == [["one", "two"], ["three", "four"]]


def test_all_keys_of_a_release(manifest, tmp_path):
    made = full(tmp_path, manifest())
    write_card(made, tmp_path)
    told = metadata_load(tmp_path / "README.md")
    assert told == header(made, tmp_path)
    info = told.pop("dataset_info")
    assert [each["config_name"] for each in info] == list(made.configs)
    configs = told.pop("configs")
    assert configs[1]["data_files"] == [{"split": "train", "path": "fin_Latn/train-*.parquet"}]
    assert [each.get("default") for each in configs] == [True, None, None, None, None]
    assert told == {
        "pretty_name": "A trial",
        "language": ["en", "fi", "ar"],
        "language_details": ["en", "fi", "ar", "ar-Latn"],
        "license": "cc-by-4.0",
        "annotations_creators": ["machine-generated"],
        "language_creators": ["found", "machine-generated"],
        "multilinguality": ["multilingual", "translation"],
        "size_categories": ["n<1K"],
        "source_datasets": ["extended|other-jsonl"],
        "task_categories": ["translation", "token-classification"],
        "tags": ["babelmill", "machine-translated", "code-switching", "transliteration"],
    }


@pytest.mark.parametrize(
    ("rows", "codes", "tags"),
    [
        (["eng_Latn", "cmn_Hans", "cmn_Hant"], ["en", "zh"], ["en", "zh-Hans", "zh-Hant"]),  # one language, two scripts
        (["eng_Latn", "swh_Latn", "ace_Arab", "grn_Latn"], ["en", "sw", "ace", "gn"], ["en", "sw", "ace-Arab", "gn"]),
    ],
)
def test_languages_as_the_hub_names_them(manifest, tmp_path, rows, codes, tags):
    told = header(manifest(dict.fromkeys(rows, 4)), tmp_path)
    assert (told["language"], told["language_details"]) == (codes, tags)


@pytest.mark.parametrize(
    ("recipe", "source", "expected"),
    [
        ({}, {}, (["no-annotation"], ["translation"], ["extended|other-jsonl"])),
        (
            {"project": {"aligner": "statistical"}},
            {},
            (["machine-generated"], ["translation", "token-classification"], ["extended|other-jsonl"]),
        ),
        ({}, {"format": "squad"}, (["no-annotation"], ["translation", "question-answering"], ["extended|other-squad"])),
        ({}, {"format": "hub", "repo": "owner/name"}, (["no-annotation"], ["translation"], ["owner/name"])),
    ],
)
def test_what_it_says_of_tasks_and_sources(manifest, tmp_path, recipe, source, expected):
    base = manifest()
    made = manifest(recipe=base.recipe | recipe, source=base.source.model_dump() | source)
    told = header(made, tmp_path)
    assert (told["annotations_creators"], told["task_categories"], told["source_datasets"]) == expected


@pytest.mark.parametrize(
    ("license", "expected"),
    [
        ("CC BY 4.0", {"license": "cc-by-4.0"}),
        ("unknown", {"license": "unknown"}),
        (
            "mind",
            {
                "license": "other",
                "license_name": "mind",
                "license_link": "https://github.com/msnews/MIND/blob/master/MSR%20License_Data.pdf",
            },
        ),
        (
            "cc-by-sa-2.5",
            {"license": "other", "license_name": "cc-by-sa-2.5", "license_link": "https://creativecommons.org/licenses/by-sa/2.5/"},
        ),
        ("cc-by-nc", {"license": "other", "license_name": "cc-by-nc", "license_link": "https://creativecommons.org/licenses/"}),
        ("My *own*\n---\nterms", {"license": "other", "license_name": "my-own-terms"}),
        ("日本", {"license": "other", "license_name": "other"}),
        ("llama3.1", {"license": "llama3.1"}),
    ],
)
def test_licences_as_the_hub_names_them(manifest, tmp_path, license, expected):
    told = header(manifest(license=license), tmp_path)
    assert {key: value for key, value in told.items() if key.startswith("license")} == expected


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
def test_the_size_is_of_all_configs(manifest, tmp_path, rows, size):
    assert header(manifest({"eng_Latn": rows // 2, "fin_Latn": rows - rows // 2}), tmp_path)["size_categories"] == [size]


@pytest.mark.parametrize("name", SCHEMAS)
def test_columns_are_written_as_datasets_writes_them(name):
    assert features(SCHEMAS[name]) == Features.from_arrow_schema(SCHEMAS[name])._to_yaml_list()


def test_nested_columns_and_rare_types():
    struct = pa.struct([("flag", pa.bool_())])
    types = [
        pa.list_(pa.list_(pa.int32())),
        pa.list_(pa.list_(struct)),
        pa.struct([("inner", pa.list_(struct))]),
        pa.large_list(pa.string()),
    ]
    types += [pa.timestamp("us"), pa.date32(), pa.null(), pa.large_string(), pa.binary(), pa.float16(), pa.uint64()]
    schema = pa.schema([(f"c{i}", kind) for i, kind in enumerate(types)])
    assert features(schema) == Features.from_arrow_schema(schema)._to_yaml_list()


@pytest.mark.parametrize(
    "field", [("x", pa.duration("s")), ("x", pa.dictionary(pa.int8(), pa.string())), ("a\n---\nb", pa.string()), ("\u202ex", pa.int8())]
)
def test_columns_without_a_name_there_are_not_listed(field):
    assert features(pa.schema([("id", pa.string()), field])) is None


def test_columns_are_not_listed_where_reading_them_takes_long(manifest, tmp_path):
    names = ["eng_Latn", *(f"fin_Latn.code-switch-{i}" for i in range(60))]
    made = release(tmp_path, manifest(), {name: [{"id": "1", "text": "x"}] for name in names})
    info = header(made, tmp_path)["dataset_info"]
    assert len(info) == 61
    assert not any("features" in each for each in info)
