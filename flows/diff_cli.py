"""The command `babelmill diff`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

Place = Annotated[Path | None, typer.Option(help="Where the releases lie, if not in the warehouse.")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON on stdout.")]
Version = Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="Alone: its last two versions.", show_default=False)]
Other = Annotated[str | None, typer.Argument(metavar="NAME@VERSION", help="Without it the newest version of NAME.", show_default=False)]
Examples = Annotated[int, typer.Option(min=0, help="Rows shown of each kind, for each split of a config.")]
SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def diff(old: Version, new: Other = None, examples: Examples = 3, store: Place = None, as_json: Json = False) -> None:
    """Say what differs between two versions: rows by their ids and the columns in which they changed."""
    from flows import diff_commands

    found = diff_commands.compare(old, new, store, examples)
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        print("\n".join(lines(found)))


def lines(found: dict[str, Any]) -> list[str]:
    """As a person reads it on a terminal."""
    from flows.show import cut

    told = [f"{found['old']} -> {found['new']}: {found['level']} ({found['reason']})"]
    if not found["configs"]:
        return [*told, "no row differs"]
    wide = max(len(name) for name in found["configs"])
    told.append(f"\n{'config':{wide}} {'added':>10} {'removed':>10} {'changed':>10}")
    for name, each in found["configs"].items():
        note = {"both": "", "added": "  new config", "removed": "  config removed"}[each["presence"]]
        told.append(f"{name:{wide}} {each['added']:>10,} {each['removed']:>10,} {each['changed']:>10,}{note}")
    for name, each in found["configs"].items():
        columns = [f"  column {cut(column)}: {was or 'was not there'} -> {now or 'gone'}" for column, (was, now) in each["columns"].items()]
        if each["values"]:
            columns.append("  rows changed, by column: " + ", ".join(f"{cut(column)} {n:,}" for column, n in each["values"].items()))
        kinds = each["examples"].items() if each["presence"] == "both" else ()
        examples = [_example(SIGNS[kind], example) for kind, shown in kinds for example in shown]
        told += [f"\n{name}", *columns, *examples] if columns or examples else []
    return told


def _example(sign: str, example: dict[str, Any]) -> str:
    from flows.show import cut

    place = f"  {sign} {example['split']} {cut(example['id'])}"
    if example["column"] is None:
        return place
    return f"{place} {cut(example['column'])}\n      - {cut(example['old'])}\n      + {cut(example['new'])}"
