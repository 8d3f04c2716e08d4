"""The library datasets publishes to the Hub of the tests and loads from it; Polars and DuckDB read its files."""

import duckdb
import polars as pl
import pytest
from huggingface_hub import HfApi, HfFileSystem, constants
from huggingface_hub.errors import HfHubHTTPError

from tests.hub.faults import Fault

NAME = "owner/name"


@pytest.fixture(params=["xet", "lfs"])
def way(request, monkeypatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", request.param == "lfs")


def rows(count: int, text: str):
    return {"id": list(range(count)), "text": [f"{text} {i}" for i in range(count)]}


def test_two_configs_are_pushed_and_loaded_at_main_and_at_a_tag(hub, writer, datasets, way):
    for config, count in (("fin_Latn", 20), ("swh_Latn", 10)):
        datasets.Dataset.from_dict(rows(count, config)).push_to_hub(NAME, config, private=True)
    HfApi().create_tag(NAME, tag="v1", repo_type="dataset")
    datasets.Dataset.from_dict(rows(30, "again")).push_to_hub(NAME, "fin_Latn")
    loaded = [datasets.load_dataset(NAME, config, split="train", revision=rev) for config, rev in CASES]
    assert [(len(each), each[3]["text"]) for each in loaded] == [(30, "again 3"), (20, "fin_Latn 3"), (10, "swh_Latn 3")]
    streamed = [datasets.load_dataset(NAME, config, split="train", revision=rev, streaming=True) for config, rev in CASES]
    assert [list(each) for each in streamed] == [each.to_list() for each in loaded]
    assert datasets.get_dataset_config_names(NAME) == ["fin_Latn", "swh_Latn"]


CASES = [("fin_Latn", "main"), ("fin_Latn", "v1"), ("swh_Latn", "main")]


def test_the_same_push_again_makes_no_commit(hub, writer, datasets, way):
    for _ in range(2):
        datasets.Dataset.from_dict(rows(20, "x")).push_to_hub(NAME)
    assert hub.asked("/commit/main") == 1


def test_a_push_that_meets_another_is_not_tried_again(hub, writer, datasets):
    """datasets 5.2 does not retry a 412 with huggingface_hub 2.4: a publisher has to bring its own loop."""
    hub.faults.append(Fault("POST", "/commit/", 412))
    with pytest.raises(HfHubHTTPError, match="412"):
        datasets.Dataset.from_dict(rows(20, "x")).push_to_hub(NAME)
    assert hub.asked("/commit/") == 1


def test_polars_and_duckdb_read_the_files(hub, writer, datasets, way):
    datasets.Dataset.from_dict(rows(20, "x")).push_to_hub(NAME)
    address = f"{hub.url}/datasets/{NAME}/resolve/main/data/train-00000-of-00001.parquet"
    assert pl.scan_parquet(address).select(pl.col("text").max()).collect().item() == "x 9"
    connection = duckdb.connect()
    connection.register_filesystem(HfFileSystem(endpoint=hub.url))
    query = f"select count(*), max(text) from read_parquet('hf://datasets/{NAME}/data/*.parquet')"
    assert connection.sql(query).fetchall() == [(20, "x 9")]
