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
    assert (parquet.lfs.pointer_size, parquet.blob_id) == (126, "66d5ca3628a1eada1eed2e0df6ddec2eaadb2ddd")  # git's, of the pointer
    assert (csv.size, csv.lfs, csv.blob_id) == (0, None, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")  # git's empty blob


@pytest.mark.parametrize(
    ("wanted", "status", "body", "range"),
    [
        (None, 200, b"0123456789", None),
        ("bytes=4-", 206, b"456789", "bytes 4-9/10"),
        ("bytes=2-3", 206, b"23", "bytes 2-3/10"),
        ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-99", 206, b"0123456789", "bytes 0-9/10"),
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


def test_a_record_without_files_is_a_dataset_without_files(hub):
    hub.records["owner/name"] = {"tags": ["language:sw"], "sha": "ab" * 20, "gated": "manual", "downloads": 7}
    info = HfApi().dataset_info("owner/name")
    (listed,) = HfApi().list_datasets(filter="language:sw")
    assert (info.sha, info.gated, info.downloads) == (listed.sha, listed.gated, listed.downloads) == ("ab" * 20, "manual", 7)
    assert HfApi().list_repo_files("owner/name", repo_type="dataset") == []
    hub.records["owner/name"]["gated"] = False
    with pytest.raises(RemoteEntryNotFoundError):
        HfApi().hf_hub_download("owner/name", "README.md", repo_type="dataset")


def test_a_record_stands_over_what_the_files_say_but_for_the_sha(hub):
    hub.records["owner/name"] = {"sha": "ab" * 20, "downloads": 7, "likes": 3}
    sha = hub.commit("owner/name", {"README.md": "---\nlicense: mit\n---\n"})
    info = HfApi().dataset_info("owner/name", expand=["downloads", "sha", "tags", "cardData"])
    assert (info.sha, info.downloads, info.tags, info.card_data.license, info.likes) == (sha, 7, ["license:mit"], "mit", None)


def test_each_commit_is_later_than_the_one_before(hub):
    hub.commit("owner/name", {"a.csv": "x"})
    first = HfApi().dataset_info("owner/name").last_modified
    hub.commit("owner/name", {"a.csv": "y"})
    assert HfApi().dataset_info("owner/name").last_modified > first
    assert HfApi().dataset_info("owner/name").created_at == first
