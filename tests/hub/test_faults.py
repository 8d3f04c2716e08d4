"""Faults strike the requests they are meant for, and the real client sees them as it would see the Hub's."""

import socket
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from huggingface_hub import CommitOperationAdd as Add
from huggingface_hub import HfApi, get_session
from huggingface_hub.errors import HfHubHTTPError

from tests.hub.faults import Fault, retry_after, retry_at, used_up
from tests.hub.windows import Window

NAME = "owner/name"


@pytest.fixture
def api(writer) -> HfApi:
    api = HfApi()
    api.create_repo(NAME, repo_type="dataset")
    return api


@pytest.fixture
def waited(monkeypatch) -> list[float]:
    """The seconds that the client would have slept."""
    slept: list[float] = []
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", slept.append)
    return slept


def commit(api, text="x", **more):
    return api.create_commit(NAME, [Add("a.txt", text.encode())], commit_message=text, repo_type="dataset", **more).oid


def texts(hub) -> list[str]:
    """The titles of main, oldest first."""
    return [each.title for each in reversed(HfApi().list_repo_commits(NAME, repo_type="dataset"))]


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, used_up(7), 8.0),  # the client adds a second
        (429, retry_after(3), 4.0),
        (429, retry_at(4_000_000_000), 1.0),  # a date, which this client does not read
        (429, {}, 1.0),
        (500, {}, 1.0),
        (503, retry_after(2), 3.0),
    ],
)
def test_a_status_is_answered_once_and_the_client_waits_as_it_is_told(hub, api, waited, status, headers, wait):
    hub.faults.append(Fault("GET", "/tree/", status, headers=headers))
    assert api.list_repo_files(NAME, repo_type="dataset") == [".gitattributes"]
    assert (waited, hub.faults[0].struck, hub.asked("/tree/")) == ([wait], 1, 2)


@pytest.mark.parametrize("kind", [429, 500, 503, "reset"])
def test_a_fault_before_the_commit_leaves_main_as_it_was(hub, api, kind):
    hub.faults.append(Fault("POST", "/commit/", kind))
    with pytest.raises((HfHubHTTPError, httpx2.TransportError)):
        commit(api)
    assert texts(hub) == ["initial commit"]
    commit(api)
    assert texts(hub) == ["initial commit", "x"]


@pytest.mark.parametrize("kind", ["lost", "half"])
def test_a_commit_whose_answer_is_lost_is_made(hub, api, kind):
    hub.faults.append(Fault("POST", "/commit/", kind))
    with pytest.raises(httpx2.TransportError):
        commit(api)
    assert texts(hub) == ["initial commit", "x"]


def test_a_slow_answer_comes(hub, api):
    hub.faults.append(Fault("GET", f"/api/datasets/{NAME}$", "slow", seconds=0.2))
    start = time.perf_counter()
    api.dataset_info(NAME)
    assert time.perf_counter() - start >= 0.2
    hub.faults.append(Fault("GET", f"/api/datasets/{NAME}$", "slow", seconds=0.3))
    with pytest.raises(httpx2.TimeoutException):
        api.dataset_info(NAME, timeout=0.1)


def test_half_a_file_is_fetched_again(hub, api):
    commit(api, "0123456789" * 1000)
    hub.faults.append(Fault("GET", "/resolve/", "half"))
    assert Path(api.hf_hub_download(NAME, "a.txt", repo_type="dataset")).read_text("utf-8") == "0123456789" * 1000
    assert hub.faults[0].struck == 1


@pytest.mark.parametrize("chunked", [False, True])
def test_of_a_commit_that_is_cut_short_nothing_is_made(hub, api, chunked):
    """As when its publisher is killed: each line that came is whole."""
    line = b'{"key": "header", "value": {"summary": "x"}}\n{"key": "file", "value": {"path": "a.txt", "content": "x"}}\n'
    length = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(line) if chunked else b"Content-Length: 999\r\n\r\n"
    head = f"POST /api/datasets/{NAME}/commit/main HTTP/1.1\r\nAuthorization: Bearer write-token\r\n".encode()
    with socket.create_connection(("127.0.0.1", urlsplit(hub.url).port)) as connection:
        connection.sendall(head + length + line)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert texts(hub) == ["initial commit"]


@pytest.mark.parametrize(
    ("nth", "times", "fails"),
    [(1, 1, [1]), (2, 1, [2]), (3, 2, [3, 4]), (9, 1, [])],
)
def test_a_fault_counts_the_requests_that_it_could_strike(hub, nth, times, fails):
    hub.commit(NAME, {"a.txt": "x"})
    fault = Fault("GET", r"/resolve/.*txt\?v=", 500, nth=nth, times=times)
    hub.faults.append(fault)
    seen = []
    for i in range(1, 6):
        get_session().head(f"{hub.url}/datasets/{NAME}/resolve/main/a.txt?v={i}")  # another method
        get_session().get(f"{hub.url}/datasets/{NAME}/resolve/main/a.txt")  # another target
        if get_session().get(f"{hub.url}/datasets/{NAME}/resolve/main/a.txt?v={i}").status_code == 500:
            seen.append(i)
    assert (seen, fault.seen, fault.struck) == (fails, 5, len(fails))


@pytest.mark.parametrize(
    ("method", "pattern", "kind"),
    [
        ("GET", "/xet-write-token/", 503),
        ("GET", "/v1/chunks/", 500),
        ("POST", "/v1/xorbs/", 503),
        ("POST", "/v1/xorbs/", "reset"),
        ("POST", "/v1/xorbs/", "lost"),
        ("POST", "/v2/shards", 500),
        ("POST", "/v2/shards", "half"),
        ("POST", "/v2/shards", "lost"),
    ],
)
def test_xet_gets_over_one_fault(hub, api, method, pattern, kind):
    hub.faults.append(Fault(method, pattern, kind))
    api.create_commit(NAME, [Add("a.parquet", b"12345" * 9999)], commit_message="x", repo_type="dataset")
    assert hub.faults[0].struck == 1
    assert (
        next(file for path, file in hub.repos[NAME].commits[api.dataset_info(NAME).sha].files.items() if path == "a.parquet").size == 49995
    )


def test_what_never_gets_better_ends(hub, api):
    hub.faults.append(Fault("POST", "/v1/xorbs/", 503, times=100))
    with pytest.raises(OSError, match="503"):
        api.create_commit(NAME, [Add("a.parquet", b"1" * 99)], commit_message="x", repo_type="dataset")
    assert texts(hub) == ["initial commit"]


def test_of_eighty_commits_at_once_each_is_made_once_and_after_another(hub, api):
    """Every thread asks again where another was first, as a publisher has to."""
    refused = []

    def publish(name: str) -> None:
        for i in range(10):
            while True:
                parent = api.dataset_info(NAME).sha
                operations = [Add(f"{name}-{i}.txt", b"x")]
                try:
                    api.create_commit(NAME, operations, commit_message=f"{name}-{i}", parent_commit=parent, repo_type="dataset")
                    break
                except HfHubHTTPError as error:
                    refused.append(error.response.status_code)

    threads = [threading.Thread(target=publish, args=(f"t{i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(texts(hub)) == sorted(["initial commit", *(f"t{i}-{j}" for i in range(8) for j in range(10))])
    assert len(api.list_repo_files(NAME, repo_type="dataset")) == 81
    assert set(refused) == {412}


def test_a_window_is_told_and_then_used_up(hub):
    hub.commit(NAME, {"a.txt": "x"})
    now = 1000.0
    hub.clock, hub.windows["api"] = lambda: now, Window(3)
    left = [get_session().get(f"{hub.url}/api/datasets/{NAME}").headers["RateLimit"] for _ in range(2)]
    assert left == ['"api";r=2;t=300', '"api";r=1;t=300']
    now += 100
    HfApi().dataset_info(NAME)
    with pytest.raises(
        HfHubHTTPError, match=r"429 Too Many Requests: you have reached your 'api' rate limit.\s+Retry after 200 seconds"
    ) as refused:
        HfApi().dataset_info(NAME)
    assert refused.value.response.headers["RateLimit-Policy"] == '"fixed window";"api";q=3;w=300'
    HfApi().hf_hub_download(NAME, "a.txt", repo_type="dataset")  # files have a window of their own
    now += 200
    HfApi().dataset_info(NAME)


def test_each_caller_has_a_window_of_its_own(hub):
    hub.commit(NAME, {"a.txt": "x"})
    hub.tokens["reads"], hub.windows["api"] = set(), Window(1)
    HfApi(token=False).dataset_info(NAME)
    HfApi(token="reads").dataset_info(NAME)
    with pytest.raises(HfHubHTTPError, match="429"):
        HfApi(token="reads").dataset_info(NAME)


def test_commits_have_a_quota_by_the_hour(hub, api):
    now = 1000.0
    hub.clock, hub.windows["commits"] = lambda: now, Window(2, 3600, "commits")
    for text in ("one", "two"):
        commit(api, text)
    with pytest.raises(HfHubHTTPError, match="exceeded our hourly quotas for action: commit"):
        commit(api, "three")
    now += 3600
    commit(api, "three")
    assert texts(hub) == ["initial commit", "one", "two", "three"]


def test_a_hub_that_has_ended_answers_nobody(hub):
    hub.commit(NAME, {"a.txt": "x"})
    HfApi().dataset_info(NAME)  # the client keeps the connection
    hub.__exit__()
    with pytest.raises(httpx2.TransportError):
        HfApi().dataset_info(NAME)
