"""The command line. Imports nothing heavy before a command runs, so that --help comes at once."""

import enum
import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from flows import census_cli, diff_cli, maintain_cli, memory_cli, models_cli, publish_cli, run_cli, serve_cli

app = typer.Typer(
    help="Build multilingual datasets from monolingual ones.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


NO_THREAD = ("can't start new thread", "Resource temporarily unavailable")  # of Python, and of libraries that start their own


class RunnerName(enum.StrEnum):
    threads = "threads"


class EngineName(enum.StrEnum):
    ctranslate2 = "ctranslate2"
    echo = "echo"


class AlignerName(enum.StrEnum):
    statistical = "statistical"
    attention = "attention"


class IdentifierName(enum.StrEnum):
    py3langid = "py3langid"
    langdetect = "langdetect"


RecipeArgument = Annotated[str, typer.Argument(help="A recipe file, or the name of a shipped recipe.", show_default=False)]
Languages = Annotated[str | None, typer.Option(help="Only these target languages, separated by commas. Writes a preview.")]
Engine = Annotated[EngineName | None, typer.Option(help="Another engine than the recipe's. Writes a preview.")]
Changes = Annotated[list[str] | None, typer.Option("--set", metavar="PATH.TO.KEY=VALUE", help="Change a key. Writes a preview.")]
Limit = Annotated[int | None, typer.Option(help="Read only so many rows of each split. Writes a preview.")]
Store = Annotated[Path | None, typer.Option(help="Where releases go, if not to the warehouse.")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON on stdout, no progress.")]
Field = Annotated[str, typer.Option(help="Column to work on.")]
Input = Annotated[Path, typer.Argument(help="Parquet, JSONL, CSV or TSV.", show_default=False)]
Output = Annotated[Path, typer.Argument(help="Likewise; the ending decides.", show_default=False)]


@app.command()
def build(
    recipe: RecipeArgument,
    languages: Languages = None,
    limit: Limit = None,
    engine: Engine = None,
    changes: Changes = None,
    store: Store = None,
    runner: Annotated[RunnerName, typer.Option(help="What runs the chunks.")] = RunnerName.threads,
    workers: Annotated[int | None, typer.Option(help="Chunks in work at once; changes nothing but the time.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first source row that cannot be read.")] = False,
    as_json: Json = False,
) -> None:
    """Translate, check and release a dataset; safe to run again after any interruption."""
    from flows import commands, show
    from flows.options import Options

    where = str(store) if store else None
    options = Options(recipe, _codes(languages), limit, engine and str(engine), changes, where, strict, workers)
    with _stoppable():
        built = commands.run_build(options, quiet=as_json)
    _show(built.run, as_json, lambda: show.built(built))


@app.command()
def plan(
    recipe: RecipeArgument,
    languages: Languages = None,
    limit: Limit = None,
    engine: Engine = None,
    changes: Changes = None,
    as_json: Json = False,
) -> None:
    """Say what a build would translate: segments, tokens, what the memory has, time. Writes nothing."""
    from flows import show
    from flows.estimate import estimate
    from flows.options import Options, request

    found = estimate(request(Options(recipe, _codes(languages), limit, engine and str(engine), changes)))
    _show(found, as_json, lambda: show.plan(found))


@app.command()
def releases(
    name: Annotated[str | None, typer.Argument(help="Only this release.")] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Check every file's sha256.")] = False,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """List the releases of the warehouse, or of --store."""
    from flows import commands, show

    found = commands.list_releases(name, verify, store)
    _show(found, as_json, lambda: show.releases(found))


@app.command()
def recipes(as_json: Json = False) -> None:
    """List the recipes that have a name: those that come with Babelmill, and those of the folder `recipes` in the warehouse."""
    from flows import commands

    found = commands.list_recipes()
    _show(found, as_json, lambda: [print(f"{r['name']:24} {r['title'] or r['error']}  ({r['path']})") for r in found])


@app.command()
def doctor(as_json: Json = False) -> None:
    """Look at every part: packages, recipes, models, GPU, warehouse, disk, Hub, token, server, worker, runs; say what to do."""
    from flows import doctor as doctors

    findings = doctors.examine()
    _show(findings, as_json, lambda: print(doctors.text(findings)))
    if not all(f["ok"] for f in findings):
        raise typer.Exit(1)


@app.command()
def translate(
    source: Input,
    target: Output,
    source_language: Annotated[str, typer.Option(help="Any alias.")],
    target_language: Annotated[str, typer.Option(help="Any alias.")],
    field: Field = "text",
    model: Annotated[str, typer.Option(help="`demo`, a model folder, or OWNER/NAME on the Hub.")] = "demo",
    engine: Annotated[EngineName, typer.Option(help="echo needs no model.")] = EngineName.ctranslate2,
    beam_size: Annotated[int, typer.Option(help="1 is greedy.")] = 4,
    as_json: Json = False,
) -> None:
    """Add columns translation, score, from_memory."""
    from flows import files

    options = {"model": model, "engine": str(engine), "beam_size": beam_size}
    with _stoppable():
        summary = files.translate(source, target, field, source_language, target_language, options, quiet=as_json)
    _show(summary, as_json, lambda: print(files.sentence(summary)))


@app.command()
def identify(
    source: Input,
    target: Output,
    field: Field = "text",
    expect: Annotated[str | None, typer.Option(help="Only these languages, separated by commas.")] = None,
    identifier: Annotated[IdentifierName, typer.Option(help="Library.")] = IdentifierName.py3langid,
    as_json: Json = False,
) -> None:
    """Add columns language, language_score."""
    from flows import files

    summary = files.identify(source, target, field, expect, str(identifier))
    _show(summary, as_json, lambda: print(files.sentence(summary)))


@app.command()
def check(
    source: Input,
    target: Output,
    source_language: Annotated[str, typer.Option(help="Any alias.")],
    target_language: Annotated[str, typer.Option(help="Any alias.")],
    source_field: Annotated[str, typer.Option(help="Column of the source text.")] = "source",
    field: Annotated[str, typer.Option(help="Column of the translation.")] = "target",
    identifier: Annotated[IdentifierName, typer.Option(help="Library behind the language check.")] = IdentifierName.py3langid,
    as_json: Json = False,
) -> None:
    """Add columns verdict, reasons and one score per check to pairs of source and target."""
    from flows import files

    summary = files.check(source, target, source_field, field, source_language, target_language, str(identifier))
    _show(summary, as_json, lambda: print(files.sentence(summary)))


@app.command()
def project(
    source: Input,
    target: Output,
    source_language: Annotated[str, typer.Option(help="Any alias.")],
    target_language: Annotated[str, typer.Option(help="Any alias.")],
    aligner: Annotated[AlignerName, typer.Option(help="What links words; statistical is fitted on the file.")] = AlignerName.statistical,
    model: Annotated[str, typer.Option(help="Of the attention aligner: `demo`, a model folder, or OWNER/NAME on the Hub.")] = "demo",
    as_json: Json = False,
) -> None:
    """Add column target_spans: the spans of `source`, each at its place in `target`, or dropped with the reason."""
    from flows import files, project_file

    with _stoppable():
        summary = project_file.project_file(source, target, source_language, target_language, str(aligner), model)
    _show(summary, as_json, lambda: print(files.sentence(summary)))


@app.command()
def switch(
    source: Input,
    target: Output,
    source_language: Annotated[str, typer.Option(help="Any alias.")],
    target_language: Annotated[str, typer.Option(help="Any alias.")],
    rate: Annotated[float, typer.Option(min=0, max=1, help="Share of the spans that are switched, drawn for each.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Drawn from with the row's id.")] = 13,
    markers: Annotated[bool, typer.Option(help="Put switched spans in <xx>...</xx>, as EntityCS does.")] = True,
    as_json: Json = False,
) -> None:
    """Add columns switched, switched_tokens, language_tags, switches, switched_spans to what `project` wrote."""
    from flows import files, variant_files

    summary = variant_files.switch(source, target, source_language, target_language, rate, seed, markers)
    _show(summary, as_json, lambda: print(files.sentence(summary)))


@app.command()
def transliterate(
    source: Input,
    target: Output,
    language: Annotated[str, typer.Option(help="Of the text; any alias.")],
    field: Field = "text",
    as_json: Json = False,
) -> None:
    """Add column transliteration (Latin letters, by uroman), and transliteration_spans to rows with spans."""
    from flows import files, variant_files

    summary = variant_files.transliterate(source, target, field, language)
    _show(summary, as_json, lambda: print(files.sentence(summary)))


app.command("census")(census_cli.census)
app.command("diff")(diff_cli.diff)
app.command("publish")(publish_cli.publish)
app.command("serve")(serve_cli.serve)
app.command("run")(run_cli.run)
app.command("maintain")(maintain_cli.maintain)
app.add_typer(memory_cli.app, name="memory")
app.add_typer(models_cli.app, name="models")


def _codes(text: str | None) -> list[str] | None:
    return None if text is None else [code.strip() for code in text.split(",") if code.strip()]


@contextmanager
def _stoppable() -> Iterator[None]:
    """Ctrl-C ends the process at once, after a word: what runs in threads is not waited for."""
    try:
        yield
    except KeyboardInterrupt:
        print("Stopped. What was translated is kept; run the same command again.", file=sys.stderr, flush=True)
        os._exit(130)


def _show(values: Any, as_json: bool, otherwise: Any) -> None:
    if as_json:
        print(json.dumps(values, ensure_ascii=False))
    else:
        otherwise()


def main() -> NoReturn:
    """Run; what a user can mend ends in one message and an exit code, not in a traceback."""
    from schemas.errors import BabelmillError

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter does not fail a finished build
    try:
        app()
    except BabelmillError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(1)
    except BaseException as error:  # a library in Rust that panics raises no Exception
        if not isinstance(error, MemoryError) and not any(sign in str(error) for sign in NO_THREAD):
            raise
        print(
            f"There is not enough memory, or no thread left: {error}. Give this process more (`ulimit -v`, `ulimit -u`, the "
            "limits of its container) or fewer --workers, and run the same command again: what was translated is kept.",
            file=sys.stderr,
        )
        sys.exit(1)
    sys.exit(0)


if __name__ == "__main__":
    main()
