"""A census as a flow run."""

from typing import Any

from prefect import flow

from flows import census_commands
from flows.census_commands import Asked
from flows.deployed import pages
from flows.deployed.choices import Language, Modality, TaskCategory
from flows.deployed.reports import done, explained, given, key_of, several, show_table, show_text, tag
from flows.deployed.runner import Logged


def _name() -> str:
    asked = given()
    parts = [several(asked.get(name) or []) for name in ("languages", "tasks")]
    parts += [str(asked.get(name) or "") for name in ("modality", "author")]
    return " ".join(filter(None, [*parts, "(trial)" if asked.get("limit") else ""])) or "census"


@flow(name="crawl-hub", flow_run_name=_name, persist_result=False)
@explained
def crawl_hub(
    languages: list[Language] = [],  # noqa: B006  # read only; the form wants a list
    tasks: list[TaskCategory] = [],  # noqa: B006
    modality: Modality | None = None,
    author: str | None = None,
    limit: int | None = None,
    cards: int = 500,
    calls: int = 500,
    endpoint: str | None = None,
) -> Any:
    """Count the datasets of a Hub in some languages and release the census; safe to run again after any interruption.

    Args:
        languages: Which languages; every tag of the Hub that means them is asked for. Languages, tasks or an author are needed.
        tasks: Only these task categories.
        modality: Only this modality.
        author: Only datasets of this user or organisation of the Hub.
        limit: Only so many of the most downloaded of each list, for a trial. Writes a preview, no snapshot.
        cards: README cards read at most, the most downloaded first; the next census reads on.
        calls: Calls for pages in five minutes; the Hub's own limit holds if it is lower.
        endpoint: Address of another Hub than HF_ENDPOINT.
    """
    return crawl_here(Asked(",".join(languages), ",".join(tasks), modality, author or None, endpoint or None, limit, cards, calls))


def crawl_here(asked: Asked) -> Any:
    """Count in this flow run, and show what was found."""
    told = census_commands.run(asked, Logged())
    tag(told["name"])
    what = f"{told['datasets']:,} datasets, {len(told['new'])} new, {len(told['removed'])} removed: {told['path']}"
    found = [{"tags": tags, "datasets": count} for tags, count in told["found"].items()]
    show_table(found, key_of(told["name"], "found"), what)
    show_text(pages.counted(told), key_of(told["name"], "summary"), what)
    return done(what, told)
