"""History: commits of a branch, tags, branches, and the squash that makes one commit of all."""

from dataclasses import replace
from typing import Any

from tests.hub.access import at, readable, writable
from tests.hub.repos import API
from tests.hub.wire import Answer, RefusedError, Request, page


def commits(request: Request, repo: str, rev: str) -> Answer:
    """GET .../commits/{rev}: newest first, in pages."""
    it = readable(request, repo)
    sha: str | None = at(it, rev)
    told = []
    while sha in it.commits:
        commit = it.commits[sha]
        words = {"title": commit.title, "message": commit.message}
        formatted = {"formatted": words} if "formatted" in request.query.get("expand[]", []) else {}
        told.append({"id": sha, "authors": [{"user": commit.author}], "date": commit.date, **words, **formatted})
        sha = commit.parent
    return page(request, told)


def refs(request: Request, repo: str) -> Answer:
    """GET .../refs."""
    it = readable(request, repo)

    def told(kind: str, names: dict[str, str]) -> list[dict[str, str]]:
        return [{"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": sha} for name, sha in names.items()]

    answer = {"branches": told("heads", it.branches), "converts": [], "tags": told("tags", it.tags)}
    return Answer(answer | ({"pullRequests": []} if request.flag("include_prs") else {}))


def tag(request: Request, repo: str, rev: str) -> Answer:
    """POST .../tag/{rev}; 409 where the tag exists, wherever it points."""
    return _point(writable(request, repo), "tags", request.json()["tag"], rev)


def branch(request: Request, repo: str, name: str) -> Answer:
    """POST .../branch/{name}, from main unless startingPoint says another revision."""
    return _point(writable(request, repo), "branches", name, (request.json() or {}).get("startingPoint", "main"))


def untag(request: Request, repo: str, name: str) -> Answer:
    """DELETE .../tag/{name}."""
    return _forget(writable(request, repo).tags, name)


def prune(request: Request, repo: str, name: str) -> Answer:
    """DELETE .../branch/{name}; main stays."""
    if name == "main":
        raise RefusedError(403, message="The main branch cannot be deleted")
    return _forget(writable(request, repo).branches, name)


def squash(request: Request, repo: str, name: str) -> Answer:
    """POST .../super-squash/{branch}: one commit of the same files; commits that no branch or tag leads to are gone."""
    it = writable(request, repo)
    if name not in it.branches:
        raise RefusedError(404, "RevisionNotFound", f"Invalid rev id: {name}")
    last = it.commits[it.branches[name]]
    it.add(replace(last, parent=None, title=request.json()["message"], message="", date=request.hub.date()), name)
    kept: set[str] = set()
    for sha in (*it.branches.values(), *it.tags.values()):
        place: str | None = sha
        while place in it.commits and place not in kept:
            kept.add(place)
            place = it.commits[place].parent
    it.commits = {sha: commit for sha, commit in it.commits.items() if sha in kept}
    return Answer({})


def _point(it: Any, kind: str, name: str, rev: str) -> Answer:
    names = getattr(it, kind)
    sha = at(it, rev)
    if name in names:
        raise RefusedError(409, message="Reference already exists")
    names[name] = sha
    return Answer({"name": name, "targetCommit": sha})


def _forget(names: dict[str, str], name: str) -> Answer:
    if name not in names:
        raise RefusedError(404, "RevisionNotFound", f"Invalid rev id: {name}")
    del names[name]
    return Answer({})


ROUTES = [
    ("GET", rf"{API}/commits/(?P<rev>[^/]+)", commits),
    ("GET", rf"{API}/refs", refs),
    ("POST", rf"{API}/tag/(?P<rev>[^/]+)", tag),
    ("DELETE", rf"{API}/tag/(?P<name>[^/]+)", untag),
    ("POST", rf"{API}/branch/(?P<name>[^/]+)", branch),
    ("DELETE", rf"{API}/branch/(?P<name>[^/]+)", prune),
    ("POST", rf"{API}/super-squash/(?P<name>[^/]+)", squash),
]
