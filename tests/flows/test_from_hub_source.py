"""A build from the Hub, against the same build from the same files on the disk."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from schemas.errors import SourceError
from tests.flows.building import digests, run

SHARDS = 4
CARD = "---\nlicense: cc-by-sa-4.0\nconfigs:\n- {config_name: eng, data_files: eng/train-*}\n---\n"


def shard(number, form):
    rows = [{"id": f"{number}-{i}", "text": f"Sentence {i} of shard {number}.", "kept": i} for i in range(10)]
    if form == "parquet":
        sink = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows), sink)
        return sink.getvalue()
    if form == "csv":
        return "id,text,kept\n" + "".join(f"{r['id']},{r['text']},{r['kept']}\n" for r in rows)
    return "".join(str(row).replace("'", '"') + "\n" for row in rows)


def build(tmp_path, source, **options):
    values = {"name": "small", "title": "Small", "language": "eng_Latn", "fields": ["text"], "chunk_rows": 15, "source": source}
    recipe = tmp_path / f"{source['format']}.yaml"
    recipe.write_text(yaml.safe_dump(values | {"license": "cc-by-sa-4.0", "translate": {"engine": "echo", "into": ["fin_Latn"]}}))
    return run(recipe, **options).release


def data(release):
    """Path -> sha256 of each Parquet file."""
    return {path: digest for path, digest in digests(release.path).items() if path.endswith(".parquet")}


@pytest.fixture
def published(hub, write):
    """The shards on the Hub and on the disk: publish(form) -> commit, folder."""

    def publish(form):
        shards = {f"eng/train-{i:05d}-of-{SHARDS:05d}.{form}": shard(i, form) for i in range(SHARDS)}
        folder = {write(path, content).parent for path, content in shards.items()}.pop()
        return hub.commit("owner/name", {"README.md": CARD, "load.py": "raise SystemExit", **shards}), folder

    return publish


@pytest.mark.parametrize("form", ["parquet", "jsonl", "csv"])
def test_the_hub_and_the_disk_give_the_same_bytes(hub, published, tmp_path, form):
    sha, folder = published(form)
    there = build(tmp_path, {"format": "hub", "repo": "owner/name"})
    here = build(tmp_path, {"format": form, "path": str(folder)})
    assert data(there) == data(here)
    assert {path.split("/")[0] for path in data(there)} == {"eng_Latn", "fin_Latn"}
    assert there.manifest.configs.keys() == here.manifest.configs.keys()
    assert there.manifest.signature.startswith(f"src:owner/name@{sha}|")
    source = there.manifest.source
    assert (source.name, source.license) == (f"owner/name@{sha}", "cc-by-sa-4.0")
    assert (source.digest == here.manifest.source.digest) == (form == "parquet"), "git and LFS name bytes by other hashes"
    assert f"owner/name@{sha}" in (there.path / "README.md").read_text("utf-8")


def test_a_build_asks_for_what_it_needs_and_for_the_revision_alone_the_next_time(hub, published, tmp_path):
    sha, _ = published("parquet")
    source = {"format": "hub", "repo": "owner/name"}
    build(tmp_path, source, limit=5)
    assert {path for _, path in hub.requests if "/resolve/" in path} == {
        f"/datasets/owner/name/resolve/{sha}/eng/train-00000-of-00004.parquet"
    }
    first = build(tmp_path, source)
    assert hub.asked("/resolve/") == 2 * SHARDS
    assert hub.asked("load.py") == hub.asked("README.md") == 0
    asked = len(hub.requests)
    again = build(tmp_path, source)
    assert hub.requests[asked:] == [("GET", "/api/datasets/owner/name?blobs=true")], "which tells the commit"
    assert digests(again.path) == digests(first.path)
    build(tmp_path, source | {"revision": sha})
    assert len(hub.requests) == asked + 1, "a commit that was built before asks nobody"


def test_a_bomb_leaves_no_release(hub, home, tmp_path):
    sink = io.BytesIO()
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 100, pa.int32()), pa.array(["0" * 1_000_000]))
    pq.write_table(pa.table({"text": text}), sink, store_schema=False)
    hub.commit("owner/name", {"train.parquet": sink.getvalue()})
    with pytest.raises(SourceError, match=r"train\.parquet row 3\d: the source holds more than 19\.\d+ MiB"):
        build(tmp_path, {"format": "hub", "repo": "owner/name", "max_bytes": 20_000_000})
    assert not list(home.glob("previews/*/*/manifest.json"))
