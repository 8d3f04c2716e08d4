"""The installation: Python, packages, what ships with Babelmill, recipes."""

import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

from flows.doctor.finding import Finding, bad, ok
from flows.settings import settings
from schemas.errors import RecipeError
from schemas.languages import languages
from schemas.recipe_file import load, named
from schemas.resources import data_root


def python() -> Iterator[Finding]:
    """Python, Babelmill, the shipped data."""
    yield ok("python", f"{sys.version.split()[0]}, babelmill {version('babelmill')}")
    yield ok("data", f"{len(languages())} languages in {data_root()}")


def packages() -> Iterator[Finding]:
    """What Babelmill needs, in versions that are known to work."""
    needed = [need for need in map(Requirement, requires("babelmill") or []) if need.marker is None or need.marker.evaluate({"extra": ""})]
    there: dict[str, str] = {}
    for need in needed:
        try:
            there[need.name] = version(need.name)
        except PackageNotFoundError:
            continue
    yield known_to_work(needed, there)


def known_to_work(needed: list[Requirement], there: Mapping[str, str]) -> Finding:
    """Whether each package is there (name -> version) in a version that the requirement takes."""
    wrong = [need for need in needed if need.name not in there or not need.specifier.contains(there[need.name], prereleases=True)]
    if not wrong:
        return ok("packages", f"{len(needed)}, all in versions that are known to work")
    told = "; ".join(f"{need.name} is {there.get(need.name, 'missing')}, known to work is {need.specifier or 'any'}" for need in wrong)
    return bad("packages", f"{told}. pip install {' '.join(repr(f'{need.name}{need.specifier}') for need in wrong)}")


def recipes() -> Iterator[Finding]:
    """Each recipe that has a name loads; what lies in the folder of added recipes and cannot be called is named."""
    added = settings().added
    known, broken = named(added), set()
    for name, path in known.items():
        try:
            load(path)
        except RecipeError as error:
            broken.add(name)
            yield bad(f"recipe {name}", str(error).replace("\n", "; "))
    own = sum(path.parent == added for name, path in known.items() if name not in broken)
    where = f"; {own} of them in {added}" if own else f"; put your own into {added}"
    yield ok("recipes", f"{len(known) - len(broken)} can be built{where}")
    if added.is_dir():
        for path in sorted(set(added.iterdir()) - set(known.values())):
            if path.suffix in (".yaml", ".yml"):
                yield bad(
                    f"recipe {path.stem}", f"{path} cannot be called by its name: rename it to NAME.yaml, of letters, digits and . _ -"
                )
