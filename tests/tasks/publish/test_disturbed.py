"""Faults on the way, others at work at the same time: main holds the old version or the new one, whole, and no version twice."""

import threading

import pytest

from schemas.errors import PublishError
from tasks.publish.plan import title
from tests.hub.faults import Fault, retry_after
from tests.hub.wire import Answer
from tests.tasks.publish.making import REPO, TOKEN, before, content, edit, send, tags, titles, version_at, whole


def test_what_others_commit_meanwhile_is_kept(hub, store, release):
    first, second = release(), release("1.1.0", rows={"eng_Latn": 8, "ron_Latn": 8})
    send(store, first)
    card = "---\nlicense: mit\n---\nold\n<!-- babelmill: end -->\nby a person\n"
    before(hub, "/commit/", lambda: edit(hub, {"README.md": card}))
    done = send(store, second)
    assert titles(hub) == ["initial commit", title(first.manifest), "by hand", title(second.manifest)]
    assert content(hub, "README.md").endswith(b"<!-- babelmill: end -->\nby a person\n")
    assert whole(hub, second)
    path = "ron_Latn/train-00000-of-00001.parquet"
    assert done.new[path] == done.items[path].size, "new in the first round, though not in the second"


def test_a_newer_version_that_lands_meanwhile_stops_the_older_one(hub, store, release):
    first, second, third = release(), release("1.1.0"), release("1.2.0")
    send(store, first)
    before(hub, "/commit/", lambda: send(store, third))
    with pytest.raises(PublishError, match=r"holds trial 1\.2\.0 which is newer; this one is 1\.1\.0\. Nothing was published"):
        send(store, second)
    assert titles(hub) == ["initial commit", title(first.manifest), title(third.manifest)]
    assert set(tags(hub)) == {"v1.0.0", "v1.2.0"}


def test_a_main_that_never_stands_still(hub, store, release):
    first, second = release(), release("1.1.0")
    send(store, first)
    count = iter(range(100))

    def again():
        edit(hub, {"notes.md": f"note {next(count)}"})
        before(hub, "/commit/", again)

    before(hub, "/commit/", again)
    with pytest.raises(PublishError, match=r"main moved 6 times .*Nothing was published"):
        send(store, second)
    assert whole(hub, first, "v1.0.0")
    assert version_at(hub) == "1.0.0"


FAULTS = [
    ("/refs", 500),
    ("/api/repos/create", "lost"),
    ("/revision/", "half"),
    ("xet-write-token", 429),
    ("/preupload/", "reset"),
    ("/validate-yaml", 503),
    ("/commit/", 429),
    ("/commit/", 503),
    ("/commit/", "reset"),
    ("/commit/", "half"),
    ("/commit/", "lost"),
    ("/tag/", 500),
    ("/tag/", "lost"),
]


@pytest.mark.parametrize(("where", "kind"), FAULTS)
def test_a_fault_on_the_way_changes_nothing_in_the_end(hub, store, release, where, kind):
    first = release()
    hub.faults.append(Fault("", where, kind, headers=retry_after(0) if kind == 429 else {}))
    send(store, first)
    assert hub.faults[0].struck == 1
    assert whole(hub, first)
    assert titles(hub) == ["initial commit", title(first.manifest)], "one commit, even where its answer was lost"
    assert tags(hub) == {"v1.0.0": hub.repos[REPO].branches["main"]}


def test_nobody_says_that_nothing_was_published_once_it_was(hub, store, release):
    first = release()
    before(hub, "/commit/", lambda: hub.faults.append(Fault("GET", "/revision/", 503, times=99)))
    with pytest.raises(PublishError, match=r"main holds the version, its tag may be missing\. Run the same command again") as refused:
        send(store, first)
    assert "Nothing was published" not in str(refused.value)
    hub.faults.clear()
    assert send(store, first).change == "tagged"


@pytest.mark.parametrize(
    ("where", "kind", "words"),
    [
        ("/refs", 503, "looking at its branches and tags: the Hub answered 503"),
        ("/v2/shards", 403, "sending files: the storage of the Hub answered 403"),
        (
            "/commit/",
            403,
            "committing: the Hub refused the token (403): scripted fault. Set HF_TOKEN to one that may write to datasets of owner.",
        ),
        ("/commit/", 503, "Whether the commit landed is not known."),
        ("/commit/", "lost", None),  # every answer of a commit is lost: it is looked for and found
        ("/revision/", 503, "looking at its files: the Hub answered 503: scripted fault. Nothing was published."),
        ("/tag/", 503, "main holds the version, the tag is missing. Run the same command again"),
    ],
)
def test_a_fault_that_stays(hub, store, release, where, kind, words):
    first = release()
    hub.faults.append(Fault("", where, kind, times=99))
    if words:
        with pytest.raises(PublishError) as refused:
            send(store, first)
        assert words in str(refused.value)
        assert TOKEN not in str(refused.value)
    else:
        send(store, first)
    hub.faults.clear()
    send(store, first)
    assert whole(hub, first)
    assert titles(hub) == ["initial commit", title(first.manifest)]


def test_a_hub_without_xet_says_how_to_do_without(hub, store, release):
    answer = hub.answer
    hub.answer = lambda request: Answer({}) if "xet-write-token" in request.path else answer(request)
    with pytest.raises(PublishError, match="sending files: the Hub does not say where its storage is; HF_HUB_DISABLE_XET=1 does without"):
        send(store, release())


def test_a_repository_that_is_made_and_not_seen(hub, store, release):
    hub.faults.append(Fault("GET", "/refs", 404, times=99, headers={"X-Error-Code": "RepoNotFound"}))
    with pytest.raises(PublishError, match=r"owner/trial is there, and the token may not read it\. Nothing was published"):
        send(store, release())


def test_the_quota_of_commits_says_when_to_come_back(hub, store, release):
    hub.faults.append(Fault("", "/commit/", 429, times=99, headers=retry_after(2580)))
    with pytest.raises(
        PublishError, match=r"committing: too many requests \(429\): scripted fault\. The Hub asks to come back in 2,580 seconds"
    ):
        send(store, release())


def test_two_at_once(hub, store, release):
    first, second = release(), release("1.1.0")
    said = {}

    def run(each):
        try:
            said[each.manifest.version] = send(store, each).change
        except PublishError as error:
            said[each.manifest.version] = str(error)

    for _ in range(3):
        hub.repos.clear()
        threads = [threading.Thread(target=run, args=(each,)) for each in (first, second)]
        [each.start() for each in threads]
        [each.join() for each in threads]
        assert whole(hub, second)
        assert whole(hub, second, "v1.1.0")
        assert said["1.1.0"] == "published"
        assert said["1.0.0"] == "published" or "trial 1.1.0 which is newer; this one is 1.0.0" in said["1.0.0"]
        assert said["1.0.0"] != "published" or whole(hub, first, "v1.0.0")
        older = [title(first.manifest)] if said["1.0.0"] == "published" else []
        assert titles(hub) == ["initial commit", *older, title(second.manifest)]
