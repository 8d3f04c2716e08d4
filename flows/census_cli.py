"""The command `babelmill census`."""

import json
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON on stdout, no progress.")]


def census(
    languages: Annotated[str | None, typer.Option(help="Separated by commas, any alias; with --suggest those to translate into.")] = None,
    tasks: Annotated[str | None, typer.Option(help="Only these task categories, separated by commas.")] = None,
    modality: Annotated[str | None, typer.Option(help="Only this modality: text, audio, image, ...")] = None,
    author: Annotated[str | None, typer.Option(help="Only datasets of this user or organisation.")] = None,
    endpoint: Annotated[str | None, typer.Option(metavar="URL", help="Another Hub than HF_ENDPOINT.")] = None,
    limit: Annotated[int | None, typer.Option(help="So many of the most downloaded of each list. Writes a preview, no snapshot.")] = None,
    cards: Annotated[int, typer.Option(help="README cards read at most, the most downloaded first.")] = 500,
    calls: Annotated[int, typer.Option(help="Calls for pages in five minutes; the Hub's own limit holds if it is lower.")] = 500,
    changes: Annotated[
        str | None, typer.Option(metavar="A..B", help="No crawl: what changed from snapshot A to B; `..` the last two.")
    ] = None,
    suggest: Annotated[bool, typer.Option("--suggest", help="Datasets worth translating, and a recipe for one of them.")] = False,
    source_language: Annotated[str, typer.Option("--from", metavar="LANG", help="With --suggest: the language they are in.")] = "eng",
    source: Annotated[str | None, typer.Option(metavar="OWNER/NAME", help="With --suggest: write the recipe for this one.")] = None,
    as_json: Json = False,
) -> None:
    """Count the datasets of a Hub in some languages, keep the history, release table and report; or suggest sources."""
    from flows import census_commands
    from flows.progress import progress

    asked = census_commands.Asked(languages, tasks, modality, author, endpoint, limit, cards, calls)
    if changes is not None:
        found = census_commands.changes(asked, changes)
        _say(found, as_json, census_commands.changes_text)
    elif suggest:
        found = census_commands.suggest(asked, source_language, source, progress(as_json))
        _say(found, as_json, census_commands.suggest_text)
    else:
        found = census_commands.run(asked, progress(as_json))
        _say(found, as_json, census_commands.census_text)


def _say(found: dict[str, Any], as_json: bool, text: Any) -> None:
    print(json.dumps(found, ensure_ascii=False) if as_json else text(found))
