"""Who may see and who may write: as on the Hub, a private repo does not exist for those who may not read it."""

from tests.hub.repos import API, MODEL, Commit, Repo
from tests.hub.wire import Answer, RefusedError, Request


def namespaces(request: Request) -> tuple[str, ...]:
    """The user of the token, then the organisations; empty for those who only read. Raises RefusedError on an unknown token."""
    hub, token = request.hub, request.token
    if token and token not in hub.tokens and token not in hub.writers:
        raise RefusedError(401, message="Invalid credentials in Authorization header")
    names = hub.writers.get(token, ())
    return (names,) if isinstance(names, str) else tuple(names)


def may_read(request: Request, name: str) -> bool:
    """Whether the token opens this repo, should it be private or gated."""
    return name.removeprefix(MODEL).partition("/")[0] in namespaces(request) or name in request.hub.tokens.get(request.token, ())


def readable(request: Request, name: str) -> Repo:
    """A repo, or one without files where only the record is told. Raises RefusedError: 404 with a token, 401 without."""
    repo, opens = request.hub.repos.get(name) or _told(request, name), may_read(request, name)
    if repo is None or (repo.private and not opens):
        raise RefusedError(404 if request.token else 401, "RepoNotFound", "Repository not found")
    return repo


def _told(request: Request, name: str) -> Repo | None:
    told = request.hub.records.get(name)
    if told is None:
        return None
    sha = told.get("sha") or "0" * 40
    return Repo({sha: Commit({})}, {"main": sha}, private=told.get("private", False), gated=told.get("gated", False))


def writable(request: Request, name: str) -> Repo:
    """Raises RefusedError as `readable` does, and 401 or 403 where the token may only read."""
    repo = readable(request, name)
    if not request.token:
        raise RefusedError(401, message="Invalid username or password.")
    if name.removeprefix(MODEL).partition("/")[0] not in namespaces(request):
        raise RefusedError(403, message="You don't have the required permissions: use a token with write access to this repo")
    return repo


def at(repo: Repo, revision: str | None) -> str:
    """The sha of a revision. Raises RefusedError where there is none."""
    sha = repo.sha(revision or "main")
    if sha is None:
        raise RefusedError(404, "RevisionNotFound", f"Invalid rev id: {revision}")
    return sha


def whoami(request: Request) -> Answer:
    """GET /api/whoami-v2: the user of the token and what it may do."""
    names = namespaces(request)
    if not request.token:
        raise RefusedError(401, message="Invalid username or password.")
    user = names[0] if names else "reader"
    orgs = [{"type": "org", "id": name, "name": name, "fullname": name, "roleInOrg": "write"} for name in names[1:]]
    access = {"displayName": "test", "role": "write" if names else "read", "createdAt": "2026-01-01T00:00:00.000Z"}
    auth = {"type": "access_token", "accessToken": access}
    return Answer({"type": "user", "id": user, "name": user, "fullname": user, "isPro": False, "orgs": orgs, "auth": auth})


def check(request: Request, repo: str, write: str | None) -> Answer:
    """GET .../auth-check[/write]: whether the token may."""
    it = writable(request, repo) if write else readable(request, repo)
    opened(request, repo, it)
    return Answer({})


def opened(request: Request, name: str, repo: Repo) -> None:
    """Raises RefusedError where the files of a gated repo are closed to the token."""
    if repo.gated and not may_read(request, name):
        raise RefusedError(403 if request.token else 401, "GatedRepo", "Access to this repo is restricted")


ROUTES = [
    ("GET", r"/api/whoami-v2", whoami),
    ("GET", rf"{API}/auth-check(?P<write>/write)?", check),
]
