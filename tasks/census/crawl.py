"""Crawl: every page of every listing of a query, once, from newest to oldest dataset.

In that order nothing is missed: a dataset's date of creation never changes, so none moves from a page to come to one that has been. What
is created meanwhile stands before the first page and is found by the next crawl; what is deleted after its page came, is removed by the
next. A crawl that went on after a kill has pages of two times, which means the same.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import polars as pl
from huggingface_hub import constants, get_session
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.errors import HTTPError as WireError  # type: ignore[attr-defined]  # what its HTTP library raises
from huggingface_hub.utils import build_hf_headers, hf_raise_for_status  # type: ignore[attr-defined]  # public: its documentation has them

from schemas.census import Listing, Query
from schemas.errors import SourceError
from tasks.census.aliases import listings
from tasks.census.budget import Budget
from tasks.census.journal import Journal
from tasks.patience import Patience, passing, patiently, reason, status

FIELDS = ("author", "createdAt", "disabled", "downloads", "downloadsAllTime", "gated", "lastModified", "likes", "private", "sha", "tags")
PAGE = 1_000  # the most that the Hub gives

Say = Callable[[str], None]


def crawl(query: Query, journal: Journal, budget: Budget, patience: Patience, say: Say, page: int = PAGE) -> list[Listing]:
    """Ask for all pages that the journal lacks, and keep them there; what came of each listing.

    A page that does not come ends its listing; those after it are tried once, since the Hub may be down. Raises SourceError where the Hub
    refuses for good, or where not one page came.
    """
    done: list[Listing] = []
    wanted = listings(query)
    for number, filters in enumerate(wanted):
        where = " ".join(filters) or "all datasets"
        down = any(listing.failed for listing in done)
        failed = None
        try:
            _listing(
                query, number, filters, journal, _Client(query.endpoint, budget, replace(patience, tries=1) if down else patience), page
            )
        except (WireError, OSError, ValueError) as error:
            if not passing(error):
                raise SourceError(f"{query.endpoint}: {where}: {_refused(error)}") from None
            failed = reason(error)
        found = sum(each.rows for each in journal.pages(number))
        say(f"{where}: {found:,}{f', then {failed}' if failed else ''}")
        done.append(Listing(filters=filters, found=found, failed=failed))
    if all(listing.failed for listing in done) and not any(listing.found for listing in done):
        raise SourceError(f"{query.endpoint}: no page came: {done[0].failed}. Nothing was changed; run the same command again later.")
    return done


def headers(endpoint: str) -> dict[str, str]:
    """What every request says; the token only to the Hub that HF_ENDPOINT names, whose token it is."""
    found: dict[str, str] = build_hf_headers(token=None if endpoint == constants.ENDPOINT.rstrip("/") else False)
    return found


def together(journal: Journal) -> pl.DataFrame:
    """Every dataset of a crawl once, in no order, `under` the list of what it was found by. Of two pages the later counts."""
    rows = journal.records()
    under = rows.group_by("id").agg(pl.col("under").unique().sort())
    return rows.drop("under").unique("id", keep="last").join(under, on="id").collect()


def _listing(query: Query, number: int, filters: tuple[str, ...], journal: Journal, client: "_Client", page: int) -> None:
    """Ask for the pages of a listing that are not there yet."""
    size = min(page, query.limit or page)
    sort = "downloads" if query.limit else "createdAt"
    author = {"author": query.author} if query.author else {}
    first = {"filter": list(filters), "sort": sort, "limit": size, "expand": list(FIELDS), **author}
    kept = journal.pages(number)
    resumed = bool(kept)
    while not kept or kept[-1].next:
        what = f"{' '.join(filters) or 'all datasets'}, page {len(kept) + 1}"
        try:
            records, following = client.page(kept[-1].next, None, what) if kept else client.page(None, first, what)
        except HfHubHTTPError as error:
            if not resumed or status(error) != 400:
                raise
            journal.restart(number)  # the place in the list that a killed crawl had kept is no longer known
            kept, resumed = [], False
            continue
        left = (query.limit or float("inf")) - sum(each.rows for each in kept)
        if len(records) >= left:
            records, following = records[: int(left)], None
        kept.append(journal.add(number, len(kept), records, " ".join(filters), following))


class _Client:
    """GET of pages, within the budget, again while there is hope."""

    def __init__(self, endpoint: str, budget: Budget, patience: Patience) -> None:
        self._endpoint, self._budget, self._patience = endpoint, budget, patience

    def page(self, link: str | None, query: dict[str, Any] | None, what: str) -> tuple[list[dict[str, Any]], str | None]:
        """The records of a page and the link to the next."""
        url = link or f"{self._endpoint}/api/datasets"

        def call() -> tuple[list[dict[str, Any]], str | None]:
            self._budget.take()
            answer = get_session().get(url, params=query, headers=headers(self._endpoint))
            self._budget.heard(answer.headers)
            hf_raise_for_status(answer)
            records, following = answer.json(), answer.links.get("next", {}).get("url")
            if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
                raise ValueError("not a list of records")
            if following and not following.startswith(f"{self._endpoint}/"):  # it would be given the token
                raise ValueError(f"the next page is elsewhere: {following.partition('?')[0]}")
            return records, following

        return patiently(call, what=what, patience=self._patience)


def _refused(error: Exception) -> str:
    """What will not pass, and the way out."""
    if status(error) in (401, 403):
        return f"the Hub refused the token ({status(error)}). Set HF_TOKEN to one that may read, or unset it."
    if status(error):
        return f"the Hub answered {status(error)}. Check languages, tasks and author; is the endpoint a Hub?"
    if type(error).__name__ == "OfflineModeIsEnabled":
        return "HF_HUB_OFFLINE is set, and a census asks the Hub. Unset it."
    return f"the answer is not a Hub's ({error}). Check --endpoint and HF_ENDPOINT, or a proxy that answers in its place."
