"""A user of a published release: the libraries that load it by config, at main and at a tag, from the Hub of tests/hub.

Polars 2.1 reads hf:// from huggingface.co alone (its compiled part holds that address and no HF_ENDPOINT), so here it reads by web address.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl
import pytest

from tests.flows.building import run

REPO = "owner/small"
ROWS = [{"id": f"r{i}", "text": f"The minister visited Berlin on day {i}.", "kept": i} for i in range(12)]
CONFIGS = ("eng_Latn", "hin_Deva", "hin_Deva.transliterate-Latn", "ron_Latn")
LOAD = """
import json, sys
from datasets import get_dataset_config_names, get_dataset_split_names, load_dataset
from huggingface_hub import snapshot_download

repo, configs = sys.argv[1], sys.argv[2:]
found = {"configs": get_dataset_config_names(repo), "splits": get_dataset_split_names(repo, configs[0]), "rows": {}, "streamed": {}}
for revision in ("main", "v1.0.0"):
    for config in configs:
        found["rows"][f"{revision} {config}"] = load_dataset(repo, config, split="train", revision=revision).to_list()
        streamed = load_dataset(repo, config, split="train", revision=revision, streaming=True)
        found["streamed"][f"{revision} {config}"] = list(streamed)
found["folder"] = snapshot_download(repo, repo_type="dataset", revision="v1.0.0", allow_patterns="*.parquet")
print(json.dumps(found))
"""


@pytest.fixture
def releases(hub, writer, write_recipe, babelmill):
    """Versions 1.0.0 and 1.1.0 on the Hub, of which the second has a row more."""
    made = []
    for count in (len(ROWS) - 1, len(ROWS)):
        made.append(run(write_recipe(ROWS[:count], license="cc-by-4.0", variants=[{"kind": "transliterate"}])).release)
        said = babelmill("publish", "small", "--repo", REPO)
        assert said.code == 0, said.err
    return made


def of_disk(release, config):
    return pl.read_parquet(release.path / config / "*.parquet").to_dicts()


def test_a_release_is_loaded_by_config_at_main_and_at_a_tag(hub, writer, releases, tmp_path):
    first, second = releases
    assert [release.manifest.version for release in releases] == ["1.0.0", "1.1.0"]
    environment = os.environ | {"HF_ENDPOINT": hub.url, "HF_TOKEN": writer, "HF_HOME": str(tmp_path / "hf")}
    done = subprocess.run([sys.executable, "-c", LOAD, REPO, *CONFIGS], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert sorted(found["configs"]) == sorted(CONFIGS)
    assert found["splits"] == ["train"]
    for revision, release in (("main", second), ("v1.0.0", first)):
        for config in CONFIGS:
            rows = of_disk(release, config)
            assert len(rows) == len(ROWS) - (revision != "main")
            assert found["rows"][f"{revision} {config}"] == found["streamed"][f"{revision} {config}"] == rows
    for config in CONFIGS:
        files = f"{found['folder']}/{config}/train-*.parquet"
        assert pl.scan_parquet(files).collect().to_dicts() == of_disk(first, config)
        assert duckdb.sql(f"select id, kept from '{files}' order by kept").fetchall() == [(r["id"], r["kept"]) for r in ROWS[:-1]]


def test_polars_reads_a_public_release_by_web_address(hub, writer, releases):
    hub.repos[REPO].private = False
    for tag, release in zip(("v1.0.0", "v1.1.0"), releases, strict=True):
        files = [path.name for path in (release.path / "hin_Deva").glob("*.parquet")]
        addresses = [f"{hub.url}/datasets/{REPO}/resolve/{tag}/hin_Deva/{name}" for name in files]
        assert pl.scan_parquet(addresses).collect().to_dicts() == of_disk(release, "hin_Deva")


def test_a_release_is_the_source_of_another(hub, writer, releases, babelmill, tmp_path):
    """A user pins the tag of a release, and translates one of its configs on."""
    source = {"format": "hub", "repo": REPO, "revision": "v1.0.0", "config": "eng_Latn"}
    values = {"name": "next", "title": "Next", "language": "eng", "fields": ["text"], "source": source}
    recipe = tmp_path / "next.yaml"
    recipe.write_text(json.dumps(values | {"translate": {"engine": "echo", "into": ["fin"]}}))  # JSON is YAML
    said = babelmill("build", recipe, "--json")
    assert said.code == 0, said.err
    path = json.loads(said.out)["path"]
    manifest = json.loads(Path(path, "manifest.json").read_text("utf-8"))
    assert manifest["source"]["revision"] == hub.repos[REPO].tags["v1.0.0"]
    assert manifest["source"]["license"] == "cc-by-4.0"
    assert pl.read_parquet(f"{path}/eng_Latn/*.parquet").to_dicts() == of_disk(releases[0], "eng_Latn")
