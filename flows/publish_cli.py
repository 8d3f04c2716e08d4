"""The command `babelmill publish`."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

Name = Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="A release; without @VERSION the newest.", show_default=False)]
Repo = Annotated[str, typer.Option(metavar="OWNER/NAME", help="Dataset on the Hub; made, private, if it is not there.", show_default=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be sent, and whether the licences allow it.")]
Public = Annotated[bool, typer.Option("--public", help="Everybody may read it, where the licences allow that.")]
Accept = Annotated[str | None, typer.Option(metavar="REASON", help="Who permits what the licences alone do not; goes onto the card.")]
Store = Annotated[Path | None, typer.Option(help="Where releases lie, if not in the warehouse.")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON on stdout, no progress.")]


def publish(
    name: Name,
    repo: Repo,
    dry_run: DryRun = False,
    public: Public = False,
    accept_licence: Accept = None,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Put a version on the Hub: one commit, then its tag; safe to run again after any interruption."""
    from flows import publish_commands
    from tasks.publish import Target

    target = Target(repo, public, accept_licence)
    try:
        told = publish_commands.publish_named(name, target, store, dry_run, _quiet if as_json else _say)
    except KeyboardInterrupt:
        _say("Stopped. main is as it was, or complete; run the same command again: what is there is not sent twice.")
        raise
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
    else:
        print("\n".join(rehearsal(told) if dry_run else lines(told)))
    if told.get("refused"):
        print(f"PublishError: {told['refused']}", file=sys.stderr)
        raise typer.Exit(1)


def lines(told: dict[str, Any]) -> list[str]:
    """What was done, as a person reads it."""
    cost = f"{len(told['sent'])} of {told['files']} files sent, {told['new_bytes']:,} of {told['bytes']:,} bytes new"
    return [
        f"{told['name']} {told['version']} ({told['change']}): {told['url']}/tree/{told['tag']}",
        f"commit {told['commit']}, tag {told['tag']}, {'private' if told['private'] else 'public'}; {cost}; {told['seconds']:.1f} s",
        f'\n  datasets.load_dataset("{told["repo"]}", CONFIG, revision="{told["tag"]}")',
    ]


def rehearsal(told: dict[str, Any]) -> list[str]:
    """What would be done, as a person reads it."""
    wide = max(len(file["path"]) for file in told["files"])
    rows = [f"{'file':{wide}} {'state':8} {'bytes':>14} {'new bytes':>14}"]
    rows += [f"{f['path']:{wide}} {f['state']:8} {f['bytes']:>14,} {f['new_bytes']:>14,}" for f in told["files"]]
    return [
        *rows,
        f"{'':{wide}} {'':8} {told['bytes']:>14,} {told['new_bytes']:>14,} ({told['new_bytes_are']})",
        f"\n{told['name']} {told['version']} to {told['repo']} ({'private' if told['private'] else 'public'}) would {told['would']}",
        *(f"licences: {told['level']}: {reason}" for reason in told["reasons"]),
    ]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _quiet(_: str) -> None:
    """Says nothing."""
