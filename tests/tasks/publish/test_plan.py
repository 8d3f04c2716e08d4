"""What is sent, what is deleted, and what main must not hold for that."""

import hashlib

import pytest
from huggingface_hub.hf_api import BlobLfsInfo, RepoSibling
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import PublishError
from schemas.manifest import Config
from tasks.publish.files import Item
from tasks.publish.plan import Head, Stated, Step, holds, plan
from tests.tasks.publish.making import BASE

PATHS = ["README.md", "fin_Latn/train-00000-of-00001.parquet", "manifest.json", "report.html"]
FINNISH = Config(language="fin_Latn", kind="translation", columns={}, splits={})
MANIFEST = BASE.model_copy(update={"version": "1.2.0", "configs": {"fin_Latn": FINNISH}})


def item(path, content="ours"):
    return Item.of(path, f"{path} {content}".encode())


def there(path, content="ours"):
    """What the Hub says of a file: Parquet lies in LFS."""
    it = item(path, content)
    lfs = BlobLfsInfo(size=it.size, sha256=it.sha256, pointer_size=134) if path.endswith(".parquet") else None
    return RepoSibling(path, size=it.size, blob_id=hashlib.sha1(b"pointer").hexdigest() if lfs else it.blob, lfs=lfs)


def head(*files, version="1.1.0", name="trial", listed=(), tags=()):
    """files: (path, content); version: what the manifest there states, None where it is unreadable."""
    stated = Stated(name, version, frozenset([path for path, _ in files if path != "manifest.json"] + list(listed))) if version else None
    return Head("a" * 40, {path: there(path, content) for path, content in files}, dict.fromkeys(tags, "b" * 40), True, False, stated)


def planned(at):
    return plan(MANIFEST, {path: item(path) for path in PATHS}, at, "owner/trial")


BARE = [(".gitattributes", "x")]
WHOLE = [*BARE, *((path, "ours") for path in PATHS)]
OLDER = [*BARE, *((path, "theirs") for path in PATHS)]
CONFIG = PATHS[1]


@pytest.mark.parametrize(
    ("at", "send", "delete"),
    [
        (head(*BARE, version=None), PATHS, []),
        (head(*BARE, ("README.md", "made at the page"), version=None), PATHS, []),
        (head(*OLDER), PATHS, []),
        (head(*OLDER[:2], (CONFIG, "ours"), *OLDER[3:]), ["README.md", "manifest.json", "report.html"], []),  # the same data
        (head(*OLDER, ("ron_Latn/train-00000-of-00001.parquet", "x")), PATHS, ["ron_Latn/train-00000-of-00001.parquet"]),
        (head(*OLDER, ("fin_Latn/train-00001-of-00002.parquet", "x")), PATHS, ["fin_Latn/train-00001-of-00002.parquet"]),
        (head(*OLDER, ("img/a.png", "of its manifest")), PATHS, ["img/a.png"]),
        (head(*WHOLE, version="1.2.0"), [], []),
        (head(*WHOLE, version="1.2.0", tags=["v1.2.0"]), [], []),
        (head(*WHOLE[:1], ("README.md", "a person's"), *WHOLE[2:], version="1.2.0"), [], []),  # their card since: no new commit
        (head(*WHOLE[:2], *WHOLE[3:], version="1.2.0"), [CONFIG], []),  # a file was removed by hand: it is mended
        (head(*WHOLE[:1], *WHOLE[2:], version="1.2.0"), ["README.md"], []),
        (head(*OLDER, version="0.9.10", tags=["v0.9.10"]), PATHS, []),
        (head(*OLDER, version="1.1.99"), PATHS, []),  # numbers, not letters
    ],
)
def test_what_is_sent_and_deleted(at, send, delete):
    assert planned(at) == Step(tuple(item(path) for path in send), tuple(delete))


SAME = Stated("trial", "1.2.0", frozenset(PATHS), MANIFEST.content())


@pytest.mark.parametrize(
    ("files", "send"),
    [
        ([*BARE, (CONFIG, "ours"), ("README.md", "x"), ("manifest.json", "x"), ("report.html", "x")], []),
        ([*BARE, (CONFIG, "ours"), ("README.md", "x"), ("manifest.json", "x")], ["README.md", "manifest.json", "report.html"]),
        ([*BARE, (CONFIG, "torn"), ("README.md", "x"), ("manifest.json", "x"), ("report.html", "x")], PATHS),
    ],
)
def test_the_same_content_with_other_pages_is_the_same_version(files, send):
    """Another installation words its pages otherwise, and has another history behind it."""
    at = head(*files)
    assert planned(Head(at.sha, at.files, at.tags, True, False, SAME)) == Step(tuple(item(path) for path in send))


def test_what_people_put_beside_a_release_stays():
    at = head(*OLDER)
    strangers = {path: there(path) for path in ("LICENSE", "img/a.png", "finnish/a.parquet")}
    old = Head(at.sha, {**at.files, **strangers, "fin_Latn/stray.parquet": there("x")}, {}, True, False, at.stated)
    assert planned(old).delete == ("fin_Latn/stray.parquet",), "in the folder of a config it would be loaded"


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (head(*BARE, ("model.bin", "x"), version=None), ["holds something else (model.bin, no manifest.json)", "another --repo"]),
        (head(*OLDER, version=None), ["a manifest.json that is none of a release", "another --repo"]),
        (head(*OLDER, name="other"), ["release 'other', not 'trial'", "another --repo"]),
        (head(*OLDER, version="1.2.0"), ["trial 1.2.0 with other content; this one is 1.2.0", "higher version"]),
        (head(*OLDER, version="1.2.1"), ["trial 1.2.1 which is newer; this one is 1.2.0", "higher version"]),
        (head(*OLDER, version="1.10.0"), ["trial 1.10.0 which is newer"]),
        (head(*OLDER, tags=["v1.2.0"]), ["a tag v1.2.0 at bbbbbbb", "Remove the tag"]),
    ],
)
def test_what_is_refused(at, words):
    with pytest.raises(PublishError) as refused:
        planned(at)
    assert "Nothing was published" in str(refused.value)
    for word in words:
        assert word in str(refused.value)


OTHERS = ["ron_Latn/a.parquet", "LICENSE", "rejected/a.parquet"]
CONTENTS = st.dictionaries(st.sampled_from([*PATHS, *OTHERS]), st.sampled_from(["ours", "theirs"]))
OURS = Stated("trial", "1.2.0", frozenset(PATHS))


@given(files=CONTENTS)
def test_after_its_step_main_has_every_file_and_a_second_step_is_none(files):
    at = head(*BARE, *files.items(), version="1.1.0" if "manifest.json" in files else None)
    items = {path: item(path) for path in PATHS}
    if holds(MANIFEST, items, at):
        at = Head(at.sha, at.files, at.tags, True, False, OURS)
    try:
        step = plan(MANIFEST, items, at, "owner/trial")
    except PublishError:
        assert "manifest.json" not in files
        return
    left = {path: file for path, file in at.files.items() if path not in step.delete}
    after = Head("c" * 40, {**left, **{each.path: there(each.path) for each in step.send}}, {}, True, False, OURS)
    assert all(path == "README.md" or it.is_at(after.files[path]) for path, it in items.items())
    assert not plan(MANIFEST, items, after, "owner/trial").commits


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"[]", b"{", b"{}", b"\xff", b'{"name": "a"}'),
        b'{"name": "a", "version": "1.0", "configs": {}, "files": []}',
        b'{"name": "a", "version": "1.0.0", "configs": [], "files": []}',
        b'{"name": "a", "version": 1, "configs": {}, "files": []}',
    ],
)
def test_what_is_no_manifest(text):
    assert Stated.read(text) is None


def test_a_manifest_with_keys_of_another_version_of_babelmill_is_one():
    text = MANIFEST.model_copy(update={"files": ()}).text().replace("{", '{"key of the future": 1,', 1)
    assert Stated.read(text.encode()) == Stated("trial", "1.2.0", frozenset())
    assert Stated.read(MANIFEST.text().encode()) == Stated("trial", "1.2.0", frozenset(), MANIFEST.content())
