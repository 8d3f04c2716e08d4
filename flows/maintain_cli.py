"""The command `babelmill maintain`."""

import json
import sys
from typing import Annotated, Any

import typer

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")]
Previews = Annotated[int, typer.Option(metavar="DAYS", min=1, max=36500, help="Previews older than this go.")]
Runs = Annotated[int, typer.Option(metavar="DAYS", min=1, max=36500, help="Records of builds and publications older than this go.")]
Files = Annotated[int, typer.Option(metavar="DAYS", min=1, max=7, help="Data files that no table has named for so long go.")]
Cache = Annotated[int | None, typer.Option(metavar="DAYS", min=1, max=3650, help="What nobody read for so long in the Hub's cache goes.")]
Engines = Annotated[int | None, typer.Option(metavar="N", min=1, max=1000, help="Of each language the memory keeps the N last engines.")]
Verify = Annotated[bool, typer.Option(help="Compare the newest version of each release, and kept models, with their sha256.")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON on stdout.")]


def maintain(
    dry_run: DryRun = False,
    previews_older: Previews = 30,
    runs_older: Runs = 365,
    files_older: Files = 7,
    cache_older: Cache = None,
    keep_engines: Engines = None,
    verify: Verify = True,
    as_json: Json = False,
) -> None:
    """Compact the memory, remove what is old and left over, verify releases; safe beside running builds. Asks nothing."""
    from flows.maintain import Upkeep, maintain
    from flows.settings import settings

    options = Upkeep(
        dry_run=dry_run,
        previews_older=previews_older,
        runs_older=runs_older,
        files_older=files_older,
        cache_older=cache_older,
        keep_engines=keep_engines,
        verify=verify,
    )
    told = maintain(settings().home, options, _quiet if as_json else print)
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
    else:
        _end(told)
    if told["faults"]:
        raise typer.Exit(1)


def _quiet(_: str) -> None:
    """A machine reads the summary alone."""


def _end(told: dict[str, Any]) -> None:
    freed = f"{told['bytes'] / 1e6:,.1f} MB {'would be ' if told['dry_run'] else ''}freed in {told['seconds']} s"
    print(freed if told["parts"] else "nothing done")
    for fault in told["faults"]:
        print(fault, file=sys.stderr)
