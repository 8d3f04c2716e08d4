"""The sentence of a refresh: look whether anything changed, build, publish what the Hub lacks."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from flows.build import Built, Request
from flows.inputs import inputs, source_state
from schemas.errors import RecipeError
from schemas.recipe import HubRelease, Recipe
from schemas.sources import HubSource
from tasks.materialise import flush, guarded
from tasks.publish import Target
from tasks.store import LocalStore, Release

Say = Callable[[str], None]


class Last(BaseModel):
    """What the last refresh of a release built from: HOME/refresh/NAME.json."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    content: str
    inputs: dict[str, str]


@dataclass(frozen=True)
class Refreshed:
    """The newest version, why it was looked at closely, and what was done; neither built nor published: it was as it is."""

    release: Release
    why: str
    built: Built | None = None
    published: dict[str, Any] = field(default_factory=dict)  # flows.publish_commands' summary

    @property
    def changed(self) -> bool:
        """Whether there is a new version, here or on the Hub."""
        new = self.built is not None and self.built.release.change != "unchanged"
        return new or self.published.get("change", "unchanged") != "unchanged"


def refresh(request: Request, target: Target | None, make: Callable[[Request], Built], say: Say) -> Refreshed:
    """Bring a release up to date, here and at `target`; safe to run again after any interruption.

    request: of a recipe, its source and model pinned; no preview. make: builds a request.
    Nothing is built where all that decides the bytes is as it was; nothing is sent to the Hub where it has the version.
    """
    store, name = LocalStore(request.home / "releases"), request.recipe.name
    why, seen = look(request, store)
    say(f"{name}: {why or 'nothing changed'}")
    built = make(request) if why else None
    release = built.release if built else store.latest(name)
    assert release is not None, "without a version there is a reason to build"
    if built and seen and seen["source"] == source_state(request.recipe.source):  # else it changed under the build
        remember(request, release, seen)
    published = (built.run.get("published") if built else None) or publish_lacking(store, release, target, say)
    return Refreshed(release, why, built, published)


def look(request: Request, store: LocalStore) -> tuple[str, dict[str, str]]:
    """(why a build may make other bytes than the newest version has, what it would read); nothing of the first: it would make the same."""
    release = store.latest(request.recipe.name)
    if release is None:
        return "there is no version yet", {}
    now, last = inputs(request, release.manifest), recall(request)
    version = release.manifest.version
    if last is None:
        return f"{version} was not made by a refresh", now
    if (last.version, last.content) != (version, release.manifest.content()):
        return f"{version} was made since the last refresh", now
    if changed := [name for name, state in now.items() if last.inputs.get(name) != state]:
        return f"changed since {version}: {', '.join(changed)}", now
    if damaged := store.damage(release):
        return f"{damaged} is damaged", now
    return "", now


def publish_lacking(store: LocalStore, release: Release, target: Target | None, say: Say) -> dict[str, Any]:
    """Publish a version unless the Hub has it, whole and tagged; the summary, empty where there was nothing to do."""
    if target is None:
        return {}
    from flows.publish_commands import publish_release  # the Hub's client: 0.3 s
    from tasks.patience import Patience
    from tasks.publish import propose
    from tasks.publish.plan import tag_of

    found = propose(store, release, target, Patience(say=say))
    if found.head and not found.refused and not found.step.commits and tag_of(release.manifest) in found.head.tags:
        return {}
    return publish_release(store, release, target, say)


def target_of(recipe: Recipe, repo: str | None, public: bool, accept_licence: str | None) -> Target | None:
    """Where a refresh publishes: where the recipe says, else `repo`, else nowhere. Raises RecipeError if the two contradict."""
    to = recipe.release
    if isinstance(to, HubRelease):
        if repo and repo != to.repo:
            raise RecipeError(f"repo={repo}: recipe {recipe.name} publishes to {to.repo}. Leave repo out, or write it into the recipe.")
        return Target(to.repo, not to.private, to.accept_licence)
    return Target(repo, public, accept_licence) if repo else None


def told(done: Refreshed, recipe: Recipe, target: Target | None) -> str:
    """What a refresh came to, in a line."""
    version, source = done.release.manifest.version, recipe.source
    if done.changed:
        made = f"{recipe.name} {version} ({done.built.release.change})" if done.built else f"{recipe.name} {version}"
        return f"{made}; {done.published['change']} at {done.published['url']}/tree/{done.published['tag']}" if done.published else made
    at = f"{source.repo} is at {(source.revision or '')[:12]}" if isinstance(source, HubSource) else f"{source.name} is"
    there = f"; {target.repo} has it" if target else ""
    return f"{at} as in {version}{there}"


def recall(request: Request) -> Last | None:
    """What the last refresh noted; None where there is nothing, or nothing that can be read."""
    try:
        return Last.model_validate_json(_place(request).read_bytes())
    except (OSError, ValidationError):
        return None


def remember(request: Request, release: Release, seen: dict[str, str]) -> None:
    """Note what a version was built from: as it was before the build, so that what others changed meanwhile is looked at again."""
    place = _place(request)
    noted = Last(version=release.manifest.version, content=release.manifest.content(), inputs=seen)
    new = place.with_name(f".{place.name}-{os.urandom(4).hex()}")
    with guarded(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps(noted.model_dump(), indent=1) + "\n", "utf-8")
        flush(new)
        new.rename(place)


def _place(request: Request) -> Path:
    return request.home / "refresh" / f"{request.recipe.name}.json"
