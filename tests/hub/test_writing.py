"""What the real client publishes lands whole or not at all, and comes back as it was sent: over Xet and over LFS."""

import os
import random
from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd as Add
from huggingface_hub import CommitOperationCopy as Copy
from huggingface_hub import CommitOperationDelete as Delete
from huggingface_hub import HfApi, constants
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RemoteEntryNotFoundError, RepositoryNotFoundError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hub.repos import LARGE

NAME = "owner/name"
CARD = b"---\nlanguage: [sw, fi]\nlicense: mit\ntags: [news]\nsize_categories: n<1K\n---\n# A card\n"


@pytest.fixture
def api(writer) -> HfApi:
    api = HfApi()
    api.create_repo(NAME, repo_type="dataset")
    return api


@pytest.fixture(params=["xet", "lfs"])
def way(request, monkeypatch) -> str:
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", request.param == "lfs")
    return request.param


def commit(api, *operations, message="files", **more):
    return api.create_commit(NAME, operations, commit_message=message, repo_type="dataset", **more)


def content(api, path, revision="main") -> bytes:
    return Path(api.hf_hub_download(NAME, path, repo_type="dataset", revision=revision)).read_bytes()


def test_files_come_back_as_they_were_sent(hub, api, way):
    noise = random.Random(1).randbytes(300_000)
    words = " ".join(random.Random(2).choices(["maji", "moto", "baridi"], k=50_000)).encode()
    files = {"README.md": CARD, "fin/a.parquet": noise, "fin/b.parquet": noise[:200_000] + b"x" + noise[200_000:], "c.parquet": words}
    files |= {"empty.parquet": b"", "data.bytes": b"\0\1", "notes.txt": "Ääni\n".encode()}
    done = commit(api, *(Add(path, data) for path, data in files.items()))
    assert {path: content(api, path, done.oid) for path in files} == files
    tree = {entry.path: entry for entry in api.list_repo_tree(NAME, recursive=True, repo_type="dataset") if hasattr(entry, "size")}
    lfs = {"fin/a.parquet", "fin/b.parquet", "c.parquet", "data.bytes"}
    assert {path for path, entry in tree.items() if entry.lfs} == lfs
    assert {path for path, entry in tree.items() if entry.xet_hash} == (lfs if way == "xet" else set())
    assert hub.asked("/lfs/objects/batch") == (way == "lfs")


def test_a_branch_moved_meanwhile_refuses_the_commit(api, way):
    parent = commit(api, Add("a.parquet", b"1" * 100)).oid
    moved = commit(api, Add("b.parquet", b"2" * 100), parent_commit=parent).oid
    with pytest.raises(HfHubHTTPError, match="A commit has happened since") as refused:
        commit(api, Add("c.parquet", b"3" * 100), parent_commit=parent)
    assert refused.value.response.status_code == 412
    assert api.dataset_info(NAME).sha == moved


def test_a_file_that_is_there_already_is_not_sent_and_makes_no_commit(hub, api, way):
    files = {"README.md": CARD, "a.parquet": b"1" * 1000}
    first = commit(api, *(Add(path, data) for path, data in files.items())).oid
    hub.requests.clear()
    assert commit(api, *(Add(path, data) for path, data in files.items())).oid == first
    assert hub.asked("/commit/") == 0
    commit(api, Add("a.parquet", b"1" * 1000), Add("new.txt", b"2"))
    assert len(api.list_repo_commits(NAME, repo_type="dataset")) == 3  # with the first, which the Hub makes


def test_what_a_commit_deletes_and_copies(api, way):
    commit(api, *(Add(path, path.encode() * 50) for path in ("a.parquet", "old/b.parquet", "old/c/d.txt", "e.txt", "older.txt")))
    commit(api, Delete("old/", is_folder=True), Delete("e.txt"), Copy("a.parquet", "copy.parquet"), Copy("older.txt", "copy.txt"))
    assert api.list_repo_files(NAME, repo_type="dataset") == [
        ".gitattributes",
        "a.parquet",
        "copy.parquet",
        "copy.txt",
        "older.txt",
    ]
    assert content(api, "copy.parquet") == b"a.parquet" * 50


@pytest.mark.parametrize("delete", [Delete("none.txt"), Delete("none/", is_folder=True)])
def test_nothing_of_a_commit_lands_that_deletes_what_is_not_there(api, delete):
    before = api.dataset_info(NAME).sha
    with pytest.raises(RemoteEntryNotFoundError, match="with this name doesn't exist"):
        commit(api, Add("a.txt", b"x"), delete)
    assert api.dataset_info(NAME).sha == before


def test_an_object_that_never_came_cannot_be_committed(hub, api, monkeypatch):
    monkeypatch.setattr("huggingface_hub._commit_api._upload_files", lambda **_: None)
    with pytest.raises(HfHubHTTPError, match="does not exist") as refused:
        commit(api, Add("README.md", CARD), Add("a.parquet", b"never sent"))
    assert refused.value.response.status_code == 400
    assert "README.md" not in api.list_repo_files(NAME, repo_type="dataset")


def test_preuploaded_files_wait_for_the_commit(api, way):
    file = Add("a.parquet", os.urandom(5000))
    api.preupload_lfs_files(NAME, [file], repo_type="dataset")
    assert api.list_repo_files(NAME, repo_type="dataset") == [".gitattributes"]
    commit(api, file)
    assert "a.parquet" in api.list_repo_files(NAME, repo_type="dataset")


def test_an_ignored_file_is_not_sent(hub, api, way):
    commit(api, Add(".gitignore", b"*.tmp\n# a remark\nbuild/\n"))
    commit(api, Add("a.tmp", b"\0"), Add("build/b.parquet", b"x"), Add("c.parquet", b"y"))
    assert api.list_repo_files(NAME, repo_type="dataset") == [".gitattributes", ".gitignore", "c.parquet"]


def test_large_objects_go_in_parts(hub, api, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    hub.part_size = 1000
    data = os.urandom(3500)
    commit(api, Add("a.parquet", data))
    assert [path[-2:] for method, path in hub.requests if method == "PUT"] == ["/1", "/2", "/3", "/4"]
    assert content(api, "a.parquet") == data


def test_a_folder_arrives(api, way, tmp_path):
    for name in ("a.parquet", "sub/b.parquet", "README.md"):
        (tmp_path / "up" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "up" / name).write_bytes(CARD if name == "README.md" else name.encode())
    api.upload_folder(repo_id=NAME, folder_path=tmp_path / "up", repo_type="dataset")
    assert api.list_repo_files(NAME, repo_type="dataset") == [".gitattributes", "README.md", "a.parquet", "sub/b.parquet"]


def test_info_and_lists_tell_what_the_card_says(api):
    commit(api, Add("README.md", CARD))
    info = api.dataset_info(NAME)
    (listed,) = api.list_datasets(filter="language:sw")
    assert info.tags == listed.tags == ["language:sw", "language:fi", "license:mit", "size_categories:n<1K", "news"]
    assert info.card_data.to_dict() == {"language": ["sw", "fi"], "license": "mit", "tags": ["news"], "size_categories": "n<1K"}
    assert (info.sha, info.author, info.private, info.gated) == (listed.sha, "owner", False, False)


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ("---\nlanguage: [sw\n---\n", "Invalid YAML"),
        ("---\njust words\n---\n", "must be an object"),
        ("---\nlanguage: [no]\n---\n", "must be a string, not False"),  # YAML 1.1 reads Norwegian as false
    ],
)
def test_a_card_with_broken_metadata_is_refused(hub, api, card, message):
    with pytest.raises(ValueError, match=message):
        commit(api, Add("README.md", card.encode()))
    assert hub.asked("/preupload/") == 0


def test_a_card_without_metadata_only_warns(api):
    with pytest.warns(UserWarning, match="empty or missing yaml metadata"):
        commit(api, Add("README.md", b"# A card"))


def test_the_info_of_some_paths(api, way):
    commit(api, Add("a.parquet", b"x" * 100), Add("sub/b.txt", b"y"))
    parquet, folder, text = api.get_paths_info(NAME, ["a.parquet", "sub", "none.txt", "sub/b.txt"], repo_type="dataset")
    assert (parquet.lfs.size, folder.path, hasattr(folder, "size"), text.size) == (100, "sub", False, 1)


def test_repos_are_made_changed_and_deleted(hub, api):
    with pytest.raises(HfHubHTTPError, match="already created") as refused:
        api.create_repo(NAME, repo_type="dataset")
    assert refused.value.response.status_code == 409
    assert api.create_repo(NAME, repo_type="dataset", exist_ok=True).repo_id == NAME
    assert api.create_repo("name", repo_type="model").repo_id == NAME  # of the user; a model may have the name of a dataset
    api.create_repo("team/hidden", repo_type="dataset", private=True)
    assert (api.dataset_info("team/hidden").private, api.dataset_info(NAME).private) == (True, False)
    api.update_repo_settings(NAME, repo_type="dataset", gated="manual", private=True)
    assert (api.dataset_info(NAME).private, api.dataset_info(NAME).gated) == (True, "manual")
    api.delete_repo(NAME, repo_type="dataset")
    assert not api.repo_exists(NAME, repo_type="dataset")
    assert api.repo_exists(NAME)


@pytest.mark.parametrize(
    ("token", "create", "write"),
    [
        (False, 401, 401),  # nobody
        ("reads", 403, 403),
        ("another", 403, 403),  # writes, but for itself
        ("mistyped", 401, 401),
    ],
)
def test_who_may_not_write(hub, api, token, create, write):
    hub.tokens["reads"], hub.writers["another"] = {NAME}, "another"
    other = HfApi(token=token)
    for status, attempt in (
        (create, lambda: other.create_repo("owner/second", repo_type="dataset")),
        (write, lambda: commit(other, Add("a.txt", b"x"))),
        (write, lambda: other.create_tag(NAME, tag="v1", repo_type="dataset")),
        (write, lambda: other.delete_repo(NAME, repo_type="dataset")),
    ):
        with pytest.raises(HfHubHTTPError) as refused:
            attempt()
        assert refused.value.response.status_code == status
    assert not other.revision_exists(NAME, "v1", repo_type="dataset") if token != "mistyped" else True


def test_who_the_token_is(hub, api):
    hub.tokens["reads"] = set()
    me, reader = api.whoami(), HfApi(token="reads").whoami()
    assert (me["name"], [org["name"] for org in me["orgs"]], me["auth"]["accessToken"]["role"]) == ("owner", ["team"], "write")
    assert (reader["orgs"], reader["auth"]["accessToken"]["role"]) == ([], "read")
    with pytest.raises(HfHubHTTPError, match="Invalid user token"):
        HfApi(token="mistyped").whoami()


@pytest.mark.parametrize(("kind", "error"), [({"private": True}, RepositoryNotFoundError), ({"gated": "auto"}, GatedRepoError)])
def test_closed_files_open_to_their_owner(api, way, tmp_path, kind, error):
    commit(api, Add("a.parquet", b"x" * 100))
    api.update_repo_settings(NAME, repo_type="dataset", **kind)
    assert content(api, "a.parquet") == b"x" * 100
    with pytest.raises(error):
        HfApi(token=False).hf_hub_download(NAME, "a.parquet", repo_type="dataset", cache_dir=tmp_path)


def test_a_large_file_cannot_go_into_git(hub, api, monkeypatch):
    monkeypatch.setattr("huggingface_hub._commit_api._fetch_upload_modes", lambda additions, **_: _as_regular(additions))
    with pytest.raises(HfHubHTTPError, match="larger than 10 MiB"):
        commit(api, Add("a.txt", b"x" * LARGE))


def _as_regular(additions) -> None:
    for each in additions:
        each._upload_mode, each._should_ignore = "regular", False


PATHS = st.sampled_from(["a.txt", "b/c.txt", "b/d.txt", "b/e/f.parquet"])
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("add"), PATHS, st.sampled_from([b"1", b"2", b"\0\1"])),
        st.tuples(st.just("delete"), PATHS),
        st.tuples(st.just("delete"), st.sampled_from(["b/", "b/e/"])),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CHANGES, max_size=4))
@pytest.mark.filterwarnings("ignore:About to")  # the client remarks on a file that one commit adds and deletes
def test_whatever_is_committed_main_is_what_the_lines_say(hub, writer, commits):
    """A commit with a line that cannot be carried out changes nothing."""
    api, repo = HfApi(), f"owner/n{len(hub.repos)}"
    api.create_repo(repo, repo_type="dataset")
    model = {".gitattributes": None}
    for changes in commits:
        wanted = dict(model)
        sound = True
        for kind, path, *data in changes:
            inside = [name for name in wanted if name == path or (path.endswith("/") and name.startswith(path))]
            sound = sound and (kind == "add" or bool(inside))
            wanted = {name: content for name, content in wanted.items() if name not in inside} | ({path: data[0]} if data else {})
        operations = [Add(path, data[0]) if kind == "add" else Delete(path) for kind, path, *data in changes]
        try:
            api.create_commit(repo, operations, commit_message="x", repo_type="dataset")
            assert sound
            model = wanted
        except RemoteEntryNotFoundError:
            assert not sound
    files = hub.repos[repo].commits[api.dataset_info(repo).sha].files
    assert {path: None if path == ".gitattributes" else file.read() for path, file in files.items()} == model
