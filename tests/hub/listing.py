"""Lists of datasets: GET /api/datasets with its filters, sorting and pages.

As on the Hub: `filter` may be repeated and all must hold; a sort is descending; `expand` gives these fields and no others. A page goes on
after the last dataset of the one before, not after a number of datasets, so that what is created or deleted meanwhile shifts nothing.
"""

import base64
import json
from collections.abc import Callable
from functools import cache
from typing import Any, get_args
from urllib.parse import urlencode

from tests.hub.records import datasets, expanded
from tests.hub.wire import Answer, RefusedError, Request

SORTS = ("createdAt", "lastModified", "downloads", "likes", "trendingScore")
HEAVY = {"cardData", "siblings"}  # make pages small, as does full
MOST, MOST_HEAVY = 1000, 100  # datasets of a page, and of one with heavy fields


def listed(request: Request) -> Answer:
    """One page; the link to the next is absolute and repeats the query."""
    wanted, sort = request.query.get("expand", []), request.value("sort", "trendingScore")
    if strange := [name for name in wanted if name not in _fields()]:
        raise RefusedError(400, message=f"Invalid expand: {strange[0]}")
    if sort not in SORTS:
        raise RefusedError(400, message=f"Invalid sort: {sort}")
    if wanted and request.flag("full"):
        raise RefusedError(400, message="expand and full exclude each other")
    found = [fields for fields in datasets(request) if _fits(request, fields)]
    found.sort(key=lambda fields: _place(fields, sort), reverse=True)
    if cursor := request.value("cursor"):
        after = _place_of(cursor)
        found = [fields for fields in found if _place(fields, sort) < after]
    most = MOST_HEAVY if request.flag("full") or HEAVY & set(wanted) else MOST
    size = min(int(request.value("limit", str(most))), most)
    page = [_shown(request, fields, wanted) for fields in found[:size]]
    if size >= len(found):
        return Answer(page)
    follow = {**request.query, "cursor": _cursor(_place(found[size - 1], sort))}
    return Answer(page, headers={"Link": f'<{request.hub.url}{request.path}?{urlencode(follow, doseq=True)}>; rel="next"'})


@cache
def _fields() -> tuple[str, ...]:
    """Imported late: the client reads its environment when it is imported, and who starts a Hub sets HF_ENDPOINT afterwards."""
    from huggingface_hub.hf_api import ExpandDatasetProperty_T

    return get_args(ExpandDatasetProperty_T)


def _fits(request: Request, fields: dict[str, Any]) -> bool:
    author, words, gated = request.value("author"), request.query.get("search", []), request.value("gated")
    return (
        all(tag in fields["tags"] for tag in request.query.get("filter", []))
        and (not author or fields["author"] == author)
        and all(word.lower() in fields["id"].lower() for word in words)
        and (not gated or bool(fields["gated"]) == (gated.lower() == "true"))
    )


def _shown(request: Request, fields: dict[str, Any], wanted: list[str]) -> dict[str, Any]:
    if wanted or request.flag("full"):
        return expanded(fields, wanted)
    return {key: value for key, value in fields.items() if key not in HEAVY}


def _place(fields: dict[str, Any], sort: str) -> tuple[Any, str]:
    return fields.get(sort) or ("" if sort in ("createdAt", "lastModified") else 0), fields["id"]


def _cursor(place: tuple[Any, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _place_of(cursor: str) -> tuple[Any, str]:
    try:
        value, name = json.loads(base64.urlsafe_b64decode(cursor))
    except ValueError:
        raise RefusedError(400, message="Invalid cursor") from None
    return value, name


ROUTES: list[tuple[str, str, Callable[..., Answer]]] = [("GET", "/api/datasets", listed)]
