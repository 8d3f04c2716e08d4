"""Records of datasets, of which lists and info are two views: what the files say, and what hub.records says."""

from collections.abc import Iterator
from typing import Any

from tests.hub.access import may_read
from tests.hub.repos import MODEL
from tests.hub.wire import Request

BARE = {"private": False, "gated": False, "disabled": False, "downloads": 0, "likes": 0, "tags": []}


def record(request: Request, name: str, sha: str | None = None) -> dict[str, Any] | None:
    """All fields of a repo at a commit of it (default: main), as the API names them; None where the token sees no such repo.

    What hub.records says stands over what the files say, but for the sha of a repo that has files.
    """
    hub = request.hub
    repo, told = hub.repos.get(name), hub.records.get(name)
    if repo is None and told is None:
        return None
    shown = name.removeprefix(MODEL)
    fields = {"id": shown, "author": shown.partition("/")[0], **BARE}
    if repo:
        derived = repo.record(sha or repo.branches["main"])
        fields |= {**derived, **(told or {}), "sha": derived["sha"]}
    else:
        fields |= told or {}
    return None if fields["private"] and not may_read(request, name) else fields


def datasets(request: Request) -> Iterator[dict[str, Any]]:
    """The record of every dataset that the token may see."""
    hub = request.hub
    for name in dict.fromkeys((*hub.repos, *hub.records)):
        if not name.startswith(MODEL) and (found := record(request, name)):
            yield found


def expanded(fields: dict[str, Any], wanted: list[str]) -> dict[str, Any]:
    """The fields that `expand` asks for, beside the id; all of them where it asks for none."""
    return {key: value for key, value in fields.items() if key in ("id", "_id", *wanted)} if wanted else fields
