"""A version lands whole, in one commit, under its tag; what is there is not sent again; what people added stays."""

import pytest
from huggingface_hub import constants

from schemas.errors import IntegrityError, PublishError, RecipeError
from tasks.publish import Target, propose
from tasks.publish.plan import title
from tests.hub.repos import Repo
from tests.tasks.publish.making import REPO, TOKEN, before, content, edit, made, on_hub, send, tags, titles, version_at, whole

MORE = {"eng_Latn": 8, "fin_Latn": 12, "ron_Latn": 8}


def test_a_first_version(hub, store, release):
    first = release()
    done = send(store, first)
    assert whole(hub, first)
    assert titles(hub) == ["initial commit", title(first.manifest)]
    assert tags(hub) == {"v1.0.0": hub.repos[REPO].branches["main"]}
    assert hub.repos[REPO].private
    assert (done.change, done.commit, done.tag) == ("published", hub.repos[REPO].branches["main"], "v1.0.0")
    assert done.new.keys() == set(on_hub(hub))
    assert hub.repos[REPO].commits[done.commit].message.startswith(f"content sha256:{first.manifest.content()}\n")


def test_the_same_again_sends_nothing(hub, store, release):
    first = release()
    done = send(store, first)
    hub.requests.clear()
    again = send(store, first)
    assert (again.change, again.commit, again.new, len(titles(hub))) == ("unchanged", done.commit, {}, 2)
    assert {method for method, _ in hub.requests} == {"GET"}


def test_the_next_version_replaces_all_that_was_of_the_last_one(hub, store, release):
    first, second = release(rows={"eng_Latn": 8, "fin_Latn": 8, "hin_Deva": 4}), release("1.1.0", rows=MORE)
    send(store, first)
    done = send(store, second)
    assert whole(hub, second)
    assert whole(hub, first, "v1.0.0")
    assert done.deleted == ("hin_Deva/train-00000-of-00001.parquet",)
    assert "eng_Latn/train-00000-of-00001.parquet" not in done.new, "it is there"
    assert len(titles(hub)) == 3


def test_of_a_longer_file_only_what_is_new_is_sent(hub, store, release):
    send(store, release(rows={"eng_Latn": 8, "fin_Latn": 20_000}))
    done = send(store, release("1.1.0", rows={"eng_Latn": 8, "fin_Latn": 20_100}))
    path = "fin_Latn/train-00000-of-00001.parquet"
    assert 0 < done.new[path] < 0.5 * done.items[path].size


def test_what_people_wrote_is_kept(hub, store, release):
    send(store, release())
    card = content(hub, "README.md").decode()
    edit(hub, {"README.md": f"{card}\n## Thanks\n", "LICENSE": "CC"})
    assert send(store, release()).change == "unchanged", "what they added is no reason for a commit"
    edit(hub, {"fin_Latn/stray.parquet": "would be loaded"})
    second = release("1.1.0")
    send(store, second)
    files = hub.repos[REPO].commits[hub.repos[REPO].branches["main"]].files
    assert files["README.md"].read().decode().endswith("<!-- babelmill: end -->\n\n## Thanks\n")
    assert files["LICENSE"].read() == b"CC"
    assert on_hub(hub).keys() - {"LICENSE"} == set(send(store, second).items)


def test_what_was_removed_by_hand_is_mended(hub, store, release):
    first = release()
    send(store, first)
    edit(hub, {"fin_Latn/train-00000-of-00001.parquet": None})
    assert send(store, first).change == "mended"
    assert whole(hub, first)


def test_a_missing_tag_is_added_even_where_main_has_gone_on(hub, store, release):
    first, second = release(), release("1.1.0")
    one, _ = send(store, first), send(store, second)
    hub.repos[REPO].tags.clear()
    assert send(store, second).change == "tagged"
    assert send(store, first).change == "tagged"
    assert tags(hub) == {"v1.0.0": one.commit, "v1.1.0": hub.repos[REPO].branches["main"]}
    assert len(titles(hub)) == 3


def test_an_older_version_is_refused_and_both_are_named(hub, store, release):
    first = release()
    send(store, release("1.1.0"))
    with pytest.raises(PublishError, match=r"owner/trial holds trial 1\.1\.0 which is newer; this one is 1\.0\.0\. Nothing was published"):
        send(store, first)


def test_another_content_of_the_same_version_is_refused(hub, store, release, tmp_path):
    send(store, release())
    other = type(store)(tmp_path / "others")
    with pytest.raises(PublishError, match=r"holds trial 1\.0\.0 with other content; this one is 1\.0\.0"):
        send(other, made(other, release().manifest.model_copy(update={"files": ()}), "1.0.0", {"eng_Latn": 3}))


def test_a_tag_at_another_content_is_refused(hub, store, release):
    first, second = release(), release("1.1.0")
    send(store, first)
    hub.repos[REPO].tags["v1.1.0"] = tags(hub)["v1.0.0"]
    with pytest.raises(PublishError, match=r"has a tag v1\.1\.0 at .*Nothing was published"):
        send(store, second)
    del hub.repos[REPO].tags["v1.1.0"]
    send(store, second)
    hub.repos[REPO].tags["v1.1.0"] = tags(hub)["v1.0.0"]
    with pytest.raises(PublishError, match=r"its tag v1\.1\.0 is at .*another content"):
        send(store, second)


def test_a_damaged_version_and_a_preview_are_not_published(hub, store, release):
    first = release()
    (first.path / "fin_Latn/train-00000-of-00001.parquet").write_bytes(b"PAR1")
    with pytest.raises(IntegrityError, match="sha256 differs"):
        send(store, first)
    with store.staging() as folder:
        preview = store.replace(folder, first.manifest.model_copy(update={"configs": {}, "files": ()}), "trial/abc", lambda *_: None)
    with pytest.raises(PublishError, match="is a preview, and previews are never published"):
        send(store, preview)
    assert hub.requests == []


def test_a_file_that_changes_while_it_is_sent(hub, store, release):
    first = release()
    path = first.path / "fin_Latn/train-00000-of-00001.parquet"
    before(hub, "xet-write-token", lambda: path.write_bytes(path.read_bytes()[::-1]))
    with pytest.raises(IntegrityError, match=r"changed while it was being published\. Nothing was published"):
        send(store, first)
    assert titles(hub) == ["initial commit"]


def test_a_gitignore_of_the_repository_keeps_nothing_out(hub, store, release):
    hub.repos[REPO] = Repo(private=True)
    hub.commit(REPO, {".gitattributes": "", "README.md": "mine"})
    send(store, release())
    edit(hub, {".gitignore": "*.json\n*.parquet\nrejected/\n"})
    second = release("1.1.0", rows=MORE)
    send(store, second)
    edit(hub, {".gitignore": None})
    assert whole(hub, second)


def test_without_xet_files_go_by_lfs(hub, store, release, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    first = release()
    done = send(store, first)
    assert whole(hub, first)
    assert hub.asked("objects/batch") == 1
    assert done.new["fin_Latn/train-00000-of-00001.parquet"] == done.items["fin_Latn/train-00000-of-00001.parquet"].size


@pytest.mark.parametrize(
    ("visible", "public", "refused"),
    [
        ("private", False, None),
        ("private", True, None),
        ("public", True, None),
        ("public", False, "is public. Nothing was published. Add --public"),
    ],
)
def test_how_open_a_repository_may_be(hub, store, release, visible, public, refused):
    hub.repos[REPO] = Repo(private=visible == "private")
    hub.commit(REPO, {".gitattributes": ""})
    first = release()
    if refused:
        with pytest.raises(PublishError, match=refused):
            send(store, first, public=public)
        assert titles(hub) == ["files"]
    else:
        assert send(store, first, public=public).head.private is (visible == "private")


def test_a_public_repository_is_made_only_when_asked_for(hub, store, release):
    assert not send(store, release(), public=True).head.private
    assert not hub.repos[REPO].private


@pytest.mark.parametrize(
    ("token", "repo", "error", "words"),
    [
        ("hf_reader", REPO, PublishError, "the Hub refused the token (401): Invalid credentials"),
        (TOKEN, "other/trial", PublishError, "the Hub refused the token (403): You don't have the rights"),
        (TOKEN, "owner/a--b", RecipeError, "no name that a dataset can have"),
        (TOKEN, "a/b/c", RecipeError, "no name that a dataset can have"),
        ("", REPO, PublishError, "making it: there is no token. Set HF_TOKEN"),
    ],
)
def test_who_may_not(hub, store, release, monkeypatch, token, repo, error, words):
    monkeypatch.setenv("HF_TOKEN", token)
    with pytest.raises(error) as refused:
        send(store, release(), repo=repo)
    assert words in str(refused.value)


def test_fifteen_configs_are_one_commit_of_few_calls_and_load(hub, store, release, datasets):
    """1,000 calls in five minutes are allowed; whatever the size of a release, it takes about 12."""
    rows = dict.fromkeys(
        [
            "eng_Latn",
            *(
                f"{code}_Latn"
                for code in ["fin", "ron", "deu", "fra", "spa", "ita", "por", "nld", "swe", "dan", "nob", "pol", "ces", "hun"]
            ),
        ],
        4,
    )
    send(store, release(rows=rows))
    calls = [path for _, path in hub.requests if path.startswith(("/api/d", "/api/r", "/api/v"))]
    assert len(calls) <= 12
    assert hub.asked("/commit/") == 1
    assert datasets.get_dataset_config_names(REPO) == list(rows)
    for revision in ("main", "v1.0.0"):
        assert datasets.load_dataset(REPO, "hun_Latn", split="train", revision=revision).num_rows == 4
        assert len(list(datasets.load_dataset(REPO, "ces_Latn", split="train", revision=revision, streaming=True))) == 4


def test_a_rehearsal_changes_nothing_and_says_what_would_be(hub, store, release):
    first, second = release(rows={"eng_Latn": 8, "hin_Deva": 4}), release("1.1.0", rows=MORE)
    found = propose(store, first, Target(REPO))
    assert (found.head, len(found.step.send), found.step.delete) == (None, 6, ())
    assert REPO not in hub.repos
    send(store, first)
    found = propose(store, second, Target(REPO))
    assert found.step.delete == ("hin_Deva/train-00000-of-00001.parquet",)
    assert "eng_Latn/train-00000-of-00001.parquet" not in {item.path for item in found.step.send}
    assert version_at(hub) == "1.0.0"
    assert propose(store, first, Target(REPO)).step.commits is False
    assert hub.asked("/commit/") == 1
