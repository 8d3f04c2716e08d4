"""Lists of the loopback Hub, read by the real client."""

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils import get_session, hf_raise_for_status


@pytest.fixture
def five(hub):
    for i, tags in enumerate((["language:ko"], ["language:ko", "modality:text"], ["language:kor"], ["language:ko", "license:mit"], [])):
        name = f"{'ab'[i % 2]}/Data-{i}"
        hub.records[name] = {"createdAt": f"2025-01-0{i + 1}T00:00:00.000Z", "tags": tags, "downloads": i * 10 % 40, "sha": f"{i}" * 40}
    return hub


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"language": "ko", "sort": "created_at"}, ["Data-3", "Data-1", "Data-0"]),
        ({"filter": ["language:ko", "modality:text"]}, ["Data-1"]),
        ({"author": "b", "sort": "downloads"}, ["Data-3", "Data-1"]),
        ({"search": "data-4"}, ["Data-4"]),
        ({"sort": "downloads", "limit": 2}, ["Data-3", "Data-2"]),
        ({"language": "swh"}, []),
    ],
)
def test_filters_and_order(five, query, names):
    assert [info.id.partition("/")[2] for info in HfApi(endpoint=five.url).list_datasets(**query)] == names


def test_expand_gives_these_fields_alone(five):
    [info] = HfApi(endpoint=five.url).list_datasets(search="data-3", expand=["sha", "downloads"])
    assert (info.id, info.sha, info.downloads, info.tags, info.author) == ("b/Data-3", "3" * 40, 30, None, None)


def test_pages_are_linked_and_what_comes_meanwhile_shifts_nothing(five):
    answer = get_session().get(f"{five.url}/api/datasets", params={"sort": "createdAt", "limit": 2})
    assert [each["id"] for each in answer.json()] == ["a/Data-4", "b/Data-3"]
    five.records["new/one"] = {"createdAt": "2025-02-01T00:00:00.000Z"}
    rest = get_session().get(answer.links["next"]["url"])
    assert answer.links["next"]["url"].startswith(five.url)
    assert [each["id"] for each in rest.json()] == ["a/Data-2", "b/Data-1"]
    assert "next" in rest.links


@pytest.mark.parametrize("query", [{"expand": "nonsense"}, {"sort": "nonsense"}, {"cursor": "nonsense"}])
def test_nonsense_is_refused(five, query):
    with pytest.raises(HfHubHTTPError, match=r"Invalid (expand|sort|cursor)"):
        hf_raise_for_status(get_session().get(f"{five.url}/api/datasets", params=query))
