"""The command `babelmill memory` and what is under it."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(help="Show the translation memory; export, import and prune it.", invoke_without_command=True)

Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON on stdout.")]
Prefix = Annotated[str | None, typer.Option(metavar="PREFIX", help="Only engines whose name begins so.")]
Target = Annotated[str | None, typer.Option(metavar="LANG", help="Only this target language; any alias.")]


@app.callback()
def show(context: typer.Context, as_json: Json = False) -> None:
    """Show the translation memory: engines, languages, sizes, hit rates of the last builds."""
    if context.invoked_subcommand is not None:
        return
    from flows import memory_commands

    found = memory_commands.show()
    _say(found, as_json, lambda: _shown(found))


@app.command("export")
def export_tmx(
    target_file: Annotated[Path, typer.Argument(metavar="OUT.tmx", help="TMX 1.4b.", show_default=False)],
    engine: Prefix = None,
    target: Target = None,
    source_language: Annotated[str | None, typer.Option(metavar="LANG", help="Only from this language; any alias.")] = None,
    as_json: Json = False,
) -> None:
    """Write the memory, or a part of it, as TMX for other tools; import gives it back whole."""
    from flows import memory_commands

    told = memory_commands.export_tmx(target_file, engine, target, source_language)
    _say(told, as_json, lambda: print(f"{told['units']:,} units of {len(told['engines'])} engines: {told['path']}"))


@app.command("import")
def import_tmx(
    source_file: Annotated[Path, typer.Argument(metavar="IN.tmx", help="TMX of any tool.", show_default=False)],
    source_language: Annotated[str, typer.Option(help="Any alias.")],
    target_language: Annotated[str, typer.Option(help="Any alias.")],
    engine: Annotated[str | None, typer.Option(metavar="NAME", help="Where they go, if not to the engine they name, or `human`.")] = None,
    as_json: Json = False,
) -> None:
    """Add the units of a TMX file to the memory; what cannot be taken is counted with its reason."""
    from flows import memory_commands

    told = memory_commands.import_tmx(source_file, source_language, target_language, engine)
    _say(told, as_json, lambda: _imported(told))


@app.command()
def prune(
    engine: Annotated[str, typer.Option(metavar="PREFIX", help="Engines whose name begins so.", show_default=False)],
    target: Target = None,
    keep_latest: Annotated[bool, typer.Option("--keep-latest", help="Not the engine that wrote last.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: Json = False,
) -> None:
    """Remove what some engines translated, and free its disk. Asks nothing."""
    from flows import memory_commands

    told = memory_commands.prune(engine, target, keep_latest, dry_run)
    _say(told, as_json, lambda: _pruned(told))


def _say(values: Any, as_json: bool, otherwise: Any) -> None:
    if as_json:
        print(json.dumps(values, ensure_ascii=False))
    else:
        otherwise()


def _shown(found: dict[str, Any]) -> None:
    if not found["partitions"]:
        print("the memory is empty: babelmill build RECIPE fills it", file=sys.stderr)
        return
    wide = max(len(each["engine"]) for each in found["partitions"])
    print(f"{'engine':{wide}} {'target':9} {'rows':>12} {'files':>6} {'MB':>10}")
    for each in found["partitions"]:
        size = f"{each['rows']:>12,} {each['files']:>6,} {each['bytes'] / 1e6:>10,.1f}"
        print(f"{each['engine']:{wide}} {each['target']:9} {size}")
    for each in found["builds"]:
        rate = "-" if each["hit_rate"] is None else f"{each['hit_rate']:.1%}"
        print(f"{each['finished']} {each['name']} {each['version']}: {each['from_memory']:,} of {each['sentences']:,} remembered, {rate}")


def _imported(told: dict[str, Any]) -> None:
    places = ", ".join(f"{engine} {count:,}" for engine, count in told["engines"].items())
    print(f"{told['imported']:,} of {told['units']:,} units imported" + (f": {places}" if places else ""))
    for what, count in told["noted"].items():
        print(f"{count:>9,} {what}")
    for reason, count in told["refused"].items():
        print(f"{count:>9,} left out: {reason}")


def _pruned(told: dict[str, Any]) -> None:
    for each in told["removed"]:
        print(f"{each['engine']} {each['target']}: {each['rows']:,} rows")
    print(f"{told['bytes'] / 1e6:,.1f} MB {'would be' if told['dry_run'] else ''} freed".replace("  ", " "))
