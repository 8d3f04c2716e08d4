"""The command `babelmill serve`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

Host = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Where to listen; 127.0.0.1 if not given.", show_default=False)]
Port = Annotated[int | None, typer.Option(min=0, max=65535, help="4200 if not given; 0 takes a free one.", show_default=False)]
File = Annotated[Path | None, typer.Option(metavar="PREFECT.YAML", help="Deployments and schedules, if not the shipped ones.")]
NoWorker = Annotated[bool, typer.Option("--no-worker", help="Only the server and its deployments; runs wait for a worker elsewhere.")]
Check = Annotated[bool, typer.Option("--check", help="Only say what is wrong with the file. Starts nothing.")]


def serve(host: Host = None, port: Port = None, file: File = None, no_worker: NoWorker = False, check: Check = False) -> None:
    """Start a Prefect server (or use that of PREFECT_API_URL), the deployments and a worker: forms, schedules, runs."""
    from flows import serve_commands

    asked = serve_commands.Asked(host, port, file, not no_worker)
    if check:
        found = serve_commands.check(asked.path)
        print(f"{asked.path}: {len(found.deployments)} deployments, nothing wrong")
    else:
        serve_commands.serve(asked, _say)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
