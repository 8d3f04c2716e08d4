"""The command `babelmill run`."""

import json
import sys
from typing import Annotated, Any

import typer

Flow = Annotated[
    str | None,
    typer.Argument(metavar="[FLOW]", help="As build-dataset; without it what there is to run, and with what.", show_default=False),
]
Values = Annotated[list[str] | None, typer.Argument(metavar="[NAME=VALUE ...]", help="As limit=20 languages=fin,swh.", show_default=False)]
Detach = Annotated[bool, typer.Option("--detach", help="Only start it; say its id and page.")]
Cancel = Annotated[str | None, typer.Option(metavar="RUN", help="No start: end the run of this id.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON on stdout, no progress.")]


def run(flow: Flow = None, values: Values = None, detach: Detach = False, cancel: Cancel = None, as_json: Json = False) -> None:
    """Start a flow on the server, as its form in the browser does, and follow it; 0 if it completed."""
    from flows import run_commands
    from flows.follow import Lines, Quiet

    at = run_commands.server()
    if cancel:
        state = run_commands.cancel(at, cancel)
        _say({"run": cancel, "state": state}, as_json, f"{cancel}: {state}")
        return
    if flow is None:
        found = run_commands.listed(at)
        print(json.dumps(found, ensure_ascii=False) if as_json else "\n\n".join(map(_listed, found)))
        return
    started = run_commands.start(at, flow, values or [])
    id_, url = started["id"], at.run_url(started["id"])
    if detach:
        _say({"run": id_, "name": started["name"], "url": url}, as_json, f"{id_}\n{url}")
        return
    lines = Quiet() if as_json else Lines()
    lines.say(f"{flow}: {url}")
    try:
        told = run_commands.follow(at, id_, lines)
    except KeyboardInterrupt:
        print(f"\nThe run goes on: {url}\nTo end it: babelmill run --cancel {id_}", file=sys.stderr)
        raise typer.Exit(130) from None
    message = f": {told['message']}" if told["ok"] and told["message"] else ""
    text = f"{told['state']}{message} ({told['seconds']:.0f} s, {url})"
    _say(told, as_json, "\n".join(filter(None, [told.pop("text"), text])))
    if not told["ok"]:
        print(told["message"] or told["state"], file=sys.stderr)
        raise typer.Exit(1)


def _say(values: dict[str, Any], as_json: bool, text: str) -> None:
    print(json.dumps(values, ensure_ascii=False) if as_json else text)


def _listed(each: dict[str, Any]) -> str:
    wide = max(map(len, each["parameters"]), default=0)
    rows = [f"  {name:{wide}}  {_one(told)}" for name, told in each["parameters"].items()]
    return "\n".join([f"{each['flow']}: {each['description'] or ''}", *rows])


def _one(told: dict[str, Any]) -> str:
    return f"{told['description'] or told['takes']}  [{json.dumps(told['default'], ensure_ascii=False)}]"
