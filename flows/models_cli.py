"""`babelmill models`: list, fetch, remove."""

import enum
import json
import sys
from typing import Annotated

import typer

app = typer.Typer(help="List, fetch and remove the models of the Hub that the warehouse keeps.", no_args_is_help=False)

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]


class Quantization(enum.StrEnum):
    int8 = "int8"
    float16 = "float16"
    bfloat16 = "bfloat16"
    float32 = "float32"


@app.callback(invoke_without_command=True)
def models(context: typer.Context, as_json: Json = False) -> None:
    """List the models that the warehouse keeps: source, licence of the weights, size, languages."""
    if context.invoked_subcommand:
        return
    from flows import models_commands

    rows = models_commands.kept()
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
    elif not rows:
        print("no models yet: a build that names one fetches it, and so does babelmill models fetch OWNER/NAME", file=sys.stderr)
    for row in rows if not as_json else ():
        print(models_commands.line(row))


@app.command()
def fetch(
    repo: Annotated[
        str, typer.Argument(help="OWNER/NAME on the Hub: a CTranslate2 model, or a checkpoint, which is converted.", show_default=False)
    ],
    revision: Annotated[str | None, typer.Option(help="Commit, tag or branch; else main as it is now.")] = None,
    quantization: Annotated[
        Quantization | None, typer.Option(help="Of the stored weights; else int8 for a CPU, float16 for a GPU.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Fetch a model, and from now on use it wherever a recipe names it without a commit."""
    from flows import models_commands

    row = models_commands.fetch(repo, revision, str(quantization) if quantization else None, quiet=as_json)
    print(json.dumps(row, ensure_ascii=False) if as_json else models_commands.line(row))


@app.command()
def remove(name: Annotated[str, typer.Argument(help="As `babelmill models` lists it.", show_default=False)], as_json: Json = False) -> None:
    """Remove a model. A build that names it fetches it again."""
    from flows import models_commands

    row = models_commands.remove(name)
    print(json.dumps(row) if as_json else f"removed {row['name']}, {row['megabytes']:,.1f} MB")
