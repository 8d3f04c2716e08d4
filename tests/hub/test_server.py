"""The Hub of the tests behaves to the real client as the wire contract says."""

import httpx2
import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import RemoteEntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError


def test_a_tree_comes_in_pages(hub):
    names = [f"data/{i:03d}.csv" for i in range(120)]
    hub.commit("owner/name", dict.fromkeys(["README.md", *names], "a\n"))
    assert sorted(HfApi().list_repo_files("owner/name", repo_type="dataset")) == ["README.md", *names]
    assert hub.asked("cursor=") == 2
    assert [entry.path for entry in HfApi().list_repo_tree("owner/name", repo_type="dataset")] == ["README.md", "data"]
    assert len(list(HfApi().list_repo_tree("owner/name", "data", repo_type="dataset"))) == 120


def test_sizes_and_digests_of_files(hub):
    hub.commit("owner/name", {"a.parquet": b"12345", "b.csv": b""})
    parquet, csv = HfApi().dataset_info("owner/name", files_metadata=True).siblings
    assert (parquet.size, parquet.lfs.size, len(parquet.lfs.sha256)) == (5, 5, 64)
    assert (csv.size, csv.lfs, csv.blob_id) == (0, None, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")  # git's empty blob


@pytest.mark.parametrize(
    ("wanted", "status", "body", "range"),
    [
        (None, 200, b"0123456789", None),
        ("bytes=4-", 206, b"456789", "bytes 4-9/10"),
        ("bytes=2-3", 206, b"23", "bytes 2-3/10"),
        ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_ranges(hub, name, wanted, status, body, range):
    hub.commit("owner/name", {name: b"0123456789"})
    headers = {"Range": wanted} if wanted else {}
    answer = httpx2.get(f"{hub.url}/datasets/owner/name/resolve/main/{name}", headers=headers, follow_redirects=True)
    assert (answer.status_code, answer.content, answer.headers.get("Content-Range")) == (status, body, range)


def test_a_file_has_its_etag_and_the_commit_even_of_a_tag(hub):
    sha = hub.commit("owner/name", {"a.csv": "x", "b.parquet": "y"}, tag="v1")
    for name in ("a.csv", "b.parquet"):
        head = httpx2.head(f"{hub.url}/datasets/owner/name/resolve/v1/{name}")
        assert head.headers["X-Repo-Commit"] == sha
        assert len((head.headers.get("X-Linked-Etag") or head.headers["ETag"]).strip('"')) in (40, 64)


@pytest.mark.parametrize(
    ("repo", "revision", "file", "error"),
    [
        ("owner/none", "main", "a.csv", RepositoryNotFoundError),
        ("owner/name", "none", "a.csv", RevisionNotFoundError),
        ("owner/name", "main", "none.csv", RemoteEntryNotFoundError),
    ],
)
def test_what_is_missing_has_its_error_code(hub, repo, revision, file, error):
    hub.commit("owner/name", {"a.csv": "x"})
    with pytest.raises(error):
        HfApi().hf_hub_download(repo, file, repo_type="dataset", revision=revision)
