"""A refresh as a flow run: census, build, publication, of which only what is needed is done."""

from pathlib import Path
from typing import Any

from prefect import flow

from flows import refresh as plain
from flows.census_commands import Asked
from flows.deployed.build import build_here
from flows.deployed.choices import Language, Recipe
from flows.deployed.crawl import crawl_here
from flows.deployed.publish import show_publication
from flows.deployed.reports import done, explained, given, tag
from flows.deployed.runner import Logged
from flows.locks import alone, lock_of
from flows.options import Options, request
from flows.options import workers as at_once
from flows.settings import settings
from schemas.errors import RecipeError
from schemas.recipe_file import load


def _name() -> str:
    asked = given()
    where = f" to {asked['repo']}" if asked.get("repo") else ""
    return f"{Path(str(asked.get('recipe'))).name}{where}"


@flow(name="refresh", flow_run_name=_name, persist_result=False)
@explained
def refresh(
    recipe: Recipe = "xmind-sample",
    repo: str | None = None,
    public: bool = False,
    census: list[Language] = [],  # noqa: B006  # read only; the form wants a list
    accept_licence: str | None = None,
    workers: int | None = None,
) -> Any:
    """Look whether source, recipe or model changed; if so build a new version, and publish what the Hub lacks. Meant for a schedule.

    Args:
        recipe: Which dataset: a recipe that came with Babelmill, or one of the folder of recipes.
        repo: Dataset on the Hub, as OWNER/NAME, to publish to; a recipe that names one itself is published there, others nowhere.
        public: Let everybody read it, where the licences allow that and the recipe does not say who may.
        census: First count the datasets of the Hub in these languages; none named means no census.
        accept_licence: Who permits what the licences alone do not, and where; goes onto the card.
        workers: Chunks in work at once; changes nothing but the time.
    """
    logged, now = Logged(), settings()
    name = load(recipe, added=now.added).name  # of the release: a recipe goes by its name or by its file
    lock = lock_of(now.home, "refresh", name)
    with alone(lock, f"refresh of {name}", logged.say):  # who waits pins the source afterwards, else an old state could follow a new one
        options = Options(recipe, workers=workers)
        wanted, count = request(options), at_once(options)
        if wanted.preview is not None:
            raise RecipeError(f"recipe {wanted.recipe.name} translates by the echo engine, which makes no versions. Name another in it.")
        target = plain.target_of(wanted.recipe, repo or None, public, accept_licence or None)
        tag(wanted.recipe.name)
        if census:
            crawl_here(Asked(",".join(census)))
        found = plain.refresh(wanted, target, lambda asked: build_here(asked, count), logged.say)
    if found.published and not (found.built and "published" in found.built.run):
        show_publication(found.published)
    return done(plain.told(found, wanted.recipe, target), found, None if found.changed else "Unchanged")
