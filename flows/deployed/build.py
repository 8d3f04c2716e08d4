"""A build as a flow run: chunk tasks, progress, the account of the rows, and a summary."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from flows.build import Built, Request, build
from flows.deployed import pages
from flows.deployed.choices import Engine, Language, Recipe
from flows.deployed.reports import done, explained, given, key_of, require_lasting, several, show_link, show_table, show_text, tag
from flows.deployed.runner import Logged, Tasks
from flows.options import Options, request
from flows.options import workers as at_once


def _name() -> str:
    return called(given())


@flow(name="build-dataset", flow_run_name=_name, persist_result=False)
@explained
def build_dataset(
    recipe: Recipe = "xmind-sample",
    languages: list[Language] = [],  # noqa: B006  # read only; the form wants a list
    limit: int | None = None,
    engine: Engine | None = None,
    changes: list[str] = [],  # noqa: B006
    strict: bool = False,
    workers: int | None = None,
    store: str | None = None,
) -> Any:
    """Translate, check and release a dataset; safe to run again after any interruption.

    Args:
        recipe: Which dataset: a recipe that came with Babelmill, or one of the folder of recipes.
        languages: Only these target languages, for a trial; none named means all of the recipe. Writes a preview, not a version.
        limit: Only so many rows of each split, for a trial. Writes a preview, not a version.
        engine: Another engine than the recipe's, for a trial; echo needs no model. Writes a preview, not a version.
        changes: Other values than the recipe's, for a trial, each as PATH.TO.KEY=VALUE. Writes a preview, not a version.
        strict: Stop at the first source row that cannot be read, instead of setting it aside.
        workers: Chunks in work at once; changes nothing but the time.
        store: Folder where the version goes, if not to the warehouse.
    """
    if store:
        require_lasting(Path(store), "store", "Give")
    options = Options(recipe, languages or None, limit, engine, changes or None, store or None, strict, workers)
    built = build_here(request(options), at_once(options))
    return done(sentence(built), built)


def run(options: Options) -> Built:
    """A build of the command line as a flow run of the server at PREFECT_API_URL."""
    return cast(Built, build_dataset(**{name: value for name, value in asdict(options).items() if value is not None}))


def build_here(wanted: Request, workers: int) -> Built:
    """Build in this flow run, each chunk a task run, and show what came of it."""
    logged, name = Logged(), wanted.recipe.name
    tag(name)
    built = build(wanted, Tasks(ThreadPoolTaskRunner(max_workers=workers), name, logged), logged)
    logged.say(logged.summary())
    what = sentence(built)
    show_table(pages.rows(built.release.manifest), key_of(name, "rows"), what)
    show_text(pages.built(built), key_of(name, "summary"), what)
    if published := built.run.get("published"):
        show_published(published)
    return built


def sentence(built: Built) -> str:
    """What came of a build, and where it is."""
    release = built.release
    what = "preview" if release.change == "preview" else f"{release.manifest.version} ({release.change})"
    return f"{release.manifest.name} {what}: {release.path}"


def show_published(told: dict[str, Any]) -> None:
    """The link to a version on the Hub."""
    what = f"{told['name']} {told['version']} ({told['change']}), {'private' if told['private'] else 'public'}"
    show_link(f"{told['url']}/tree/{told['tag']}", f"{told['repo']} {told['tag']}", key_of(told["name"], "hub"), what)


def called(parameters: Mapping[str, Any]) -> str:
    """The name of a run: what is built, and what makes it a preview."""
    recipe, languages, changes = (parameters.get(name) for name in ("recipe", "languages", "changes"))
    trial = [
        several(languages or []),
        "echo" if parameters.get("engine") == "echo" else "",
        f"{len(changes)} {'change' if len(changes) == 1 else 'changes'}" if changes else "",
        f"limit {parameters['limit']}" if parameters.get("limit") is not None else "",
    ]
    parts = [Path(str(recipe)).name, *filter(None, trial)]
    return " ".join([*parts, "(preview)"] if parts[1:] else parts)
