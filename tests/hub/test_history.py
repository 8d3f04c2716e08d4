"""Commits, tags, branches and the squash, as the real client sees them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd as Add
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError, RevisionNotFoundError

NAME = "owner/name"
KIND = {"repo_type": "dataset"}


@pytest.fixture
def api(writer) -> HfApi:
    api = HfApi()
    api.create_repo(NAME, **KIND)
    return api


def commit(api, text, **more) -> str:
    return api.create_commit(NAME, [Add("a.txt", text.encode())], commit_message=text, **KIND, **more).oid


def text(api, revision) -> str:
    return Path(api.hf_hub_download(NAME, "a.txt", revision=revision, **KIND)).read_text("utf-8")


def test_commits_come_newest_first_and_in_pages(hub, api):
    hub.clock = lambda: 1_800_000_000.0
    made = [commit(api, f"change {i}") for i in range(60)]
    listed = api.list_repo_commits(NAME, **KIND)
    assert [each.commit_id for each in listed[:60]] == made[::-1]
    assert (listed[0].title, listed[0].authors, listed[-1].title) == ("change 59", ["owner"], "initial commit")
    assert listed[0].created_at == datetime(2027, 1, 15, 8, tzinfo=UTC)
    assert hub.asked("cursor=50") == 1
    assert [each.commit_id for each in api.list_repo_commits(NAME, revision=made[1], **KIND)][:2] == [made[1], made[0]]


def test_a_tag_keeps_what_it_names(api):
    first = commit(api, "first")
    api.create_tag(NAME, tag="v1.0.0", revision=first, **KIND)
    second = commit(api, "second")
    assert [text(api, revision) for revision in ("v1.0.0", first, "main", second)] == ["first", "first", "second", "second"]
    refs = api.list_repo_refs(NAME, **KIND)
    assert [(each.name, each.ref, each.target_commit) for each in refs.tags] == [("v1.0.0", "refs/tags/v1.0.0", first)]
    assert [(each.name, each.ref, each.target_commit) for each in refs.branches] == [("main", "refs/heads/main", second)]


def test_a_tag_is_made_once(api):
    api.create_tag(NAME, tag="v1.0.0", **KIND)
    with pytest.raises(HfHubHTTPError, match="already exists") as refused:
        api.create_tag(NAME, tag="v1.0.0", **KIND)
    assert refused.value.response.status_code == 409
    api.create_tag(NAME, tag="v1.0.0", exist_ok=True, **KIND)
    api.delete_tag(NAME, tag="v1.0.0", **KIND)
    assert api.list_repo_refs(NAME, **KIND).tags == []
    for attempt in (lambda: api.delete_tag(NAME, tag="v1.0.0", **KIND), lambda: api.create_tag(NAME, tag="v2", revision="none", **KIND)):
        with pytest.raises(RevisionNotFoundError):
            attempt()


def test_a_branch_goes_its_own_way(api):
    first = commit(api, "first")
    api.create_branch(NAME, branch="staging/two", revision=first, **KIND)
    commit(api, "second", revision="staging/two")
    assert (text(api, "main"), text(api, "staging/two")) == ("first", "second")
    with pytest.raises(HfHubHTTPError, match="already exists"):
        api.create_branch(NAME, branch="staging/two", **KIND)
    api.delete_branch(NAME, branch="staging/two", **KIND)
    with pytest.raises(RevisionNotFoundError):
        text(api, "staging/two")


def test_a_squash_leaves_one_commit_and_what_tags_name(hub, api):
    first = commit(api, "first")
    api.create_tag(NAME, tag="v1", revision=first, **KIND)
    second, third = commit(api, "second"), commit(api, "third")
    created, hub.clock = api.dataset_info(NAME).created_at, lambda: 4_000_000_000.0
    api.super_squash_history(NAME, commit_message="one", **KIND)
    assert [each.title for each in api.list_repo_commits(NAME, **KIND)] == ["one"]
    assert (text(api, "main"), text(api, "v1"), text(api, first)) == ("third", "first", "first")
    assert api.dataset_info(NAME).created_at == created < api.dataset_info(NAME).last_modified
    for gone in (second, third):
        with pytest.raises(RevisionNotFoundError):
            api.dataset_info(NAME, revision=gone)


def test_a_commit_to_no_branch_is_refused(api):
    first = commit(api, "first")
    for revision in ("none", first):
        with pytest.raises(RevisionNotFoundError):
            commit(api, "second", revision=revision)


def test_a_tree_tells_the_last_commit_of_each_file(api):
    first = commit(api, "first")
    api.create_commit(NAME, [Add("sub/b.txt", b"x")], commit_message="second", **KIND)
    entries = api.list_repo_tree(NAME, recursive=True, expand=True, **KIND)
    assert {each.path: each.last_commit.title for each in entries if each.path != ".gitattributes"} == {
        "a.txt": "first",
        "sub": "second",
        "sub/b.txt": "second",
    }
    assert api.get_paths_info(NAME, ["a.txt"], expand=True, **KIND)[0].last_commit.oid == first
