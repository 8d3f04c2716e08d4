"""The upkeep of the warehouse as a flow run."""

from typing import Any

from prefect import flow
from pydantic import ValidationError

from flows.deployed import pages
from flows.deployed.reports import done, explained, given, show_table, show_text
from flows.deployed.runner import Logged
from flows.maintain import Upkeep
from flows.maintain import maintain as upkeep
from flows.settings import settings
from schemas.errors import RecipeError, WarehouseError


def _name() -> str:
    return "dry run" if given().get("dry_run") else "upkeep"


@flow(name="maintain", flow_run_name=_name, persist_result=False)
@explained
def maintain(
    dry_run: bool = False,
    previews_older: int = 30,
    runs_older: int = 365,
    keep_engines: int | None = None,
    verify: bool = True,
    files_older: int = 7,
    folders_older: int = 30,
    downloads_older: int = 7,
    cache_older: int | None = None,
) -> Any:
    """Keep the warehouse small and whole; safe beside running builds, and to kill at any moment. Releases are never removed.

    Args:
        dry_run: Only say what would go.
        previews_older: Days after which previews go.
        runs_older: Days after which records of builds and publications go.
        keep_engines: Engines of each target language that the translation memory keeps, the last to have written; not given, it keeps all.
        verify: Read the newest version of every release, and every kept model, and compare with its checksums.
        files_older: Days after which data files go that the memory or a census no longer names; what reads them may take so long.
        folders_older: Days without a change after which a work folder of another machine goes.
        downloads_older: Days without a change after which a download that was broken off goes.
        cache_older: Days without use after which what the cache of the Hub holds goes, whoever fetched it; not given, it stays.
    """
    try:
        options = Upkeep(
            dry_run=dry_run,
            previews_older=previews_older,
            runs_older=runs_older,
            keep_engines=keep_engines,
            verify=verify,
            files_older=files_older,
            folders_older=folders_older,
            downloads_older=downloads_older,
            cache_older=cache_older,
        )
    except ValidationError as error:
        raise RecipeError("; ".join(f"{fault['loc'][0]} {fault['input']!r}: {fault['msg']}" for fault in error.errors())) from None
    told = upkeep(settings().home, options, Logged().say)
    what = f"{told['bytes'] / 1e6:,.1f} MB {'would be ' if dry_run else ''}freed in {told['home']}"
    show_table(told["parts"], "upkeep-parts", what)
    show_text(pages.kept_up(told), "upkeep-summary", what)
    if told["faults"]:
        raise WarehouseError("\n".join(told["faults"]))
    return done(what, told)
