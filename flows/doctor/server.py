"""The Prefect server: that it answers, to whom, and what it is set to keep."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from flows.doctor.finding import Finding, absent, bad, ok
from flows.server import LOCAL, RefusedError, Server, known
from schemas.errors import EngineError

SECONDS = 5.0  # for one answer; SQLite under a build takes 1-3 s on two busy cores
NONE = "none: builds run in this process; babelmill serve starts one, with a UI, schedules and a worker"
FILE = "deploy/server.env"  # has every setting that our servers run with


def look() -> Iterator[Finding]:
    """The server that builds and commands would use."""
    server = known()
    if server is None:
        yield absent("server", NONE)
        return
    try:
        theirs = server.ask("/admin/version", timeout=SECONDS)
    except EngineError as error:
        yield bad("server", str(error))
        return
    yield same_version(server.api, str(theirs), version("prefect"))
    yield from guarded(server)
    settings = server.ask("/admin/settings", timeout=SECONDS)
    yield retention(settings)


def same_version(api: str, theirs: str, ours: str) -> Finding:
    """A client that is newer than its server may be refused."""
    if theirs != ours:
        return bad("server", f"{api} is Prefect {theirs}, and this is {ours}: calls may fail. Install the same on both, the server first.")
    return ok("server", f"{api} answers, Prefect {theirs} as here")


def guarded(server: Server) -> Iterator[Finding]:
    """Whether it asks who calls, and whether a page of another site could make it act."""
    local = urlsplit(server.api).hostname in LOCAL
    open_door = absent if local else bad
    if _refuses(Server(server.api), "/admin/version", (401, 403)):
        yield ok("sign-in", "asked for, and given")
    else:
        yield open_door(
            "sign-in", "not asked for: whoever reaches it may run anything as you. Set PREFECT_SERVER_API_AUTH_STRING (user:password)."
        )
    if _refuses(server, f"/csrf-token?client={uuid.uuid4()}", (404, 422)):
        yield open_door("csrf", f"off: a page of another site can make it act. Set PREFECT_SERVER_CSRF_PROTECTION_ENABLED=true ({FILE}).")
    else:
        yield ok("csrf", "changes from pages of other sites are refused")


def retention(settings: dict[str, Any]) -> Finding:
    """What the database forgets. settings: of /admin/settings."""
    vacuum = settings["server"]["services"]["db_vacuum"]
    kept = [f"events {_days(settings['server']['events']['retention_period'])} days"] if "events" in vacuum["enabled"] else []
    kept += [f"runs {_days(vacuum['retention_period'])} days"] if "flow_runs" in vacuum["enabled"] else []
    if len(kept) < 2:
        told = f"keeps {kept[0]} and the rest for ever" if kept else "keeps everything for ever"
        return bad("database", f"{told}, so it grows. Set PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED=events,flow_runs ({FILE}).")
    return ok("database", f"keeps {' and '.join(kept)}")


def _refuses(server: Server, path: str, statuses: tuple[int, ...]) -> bool:
    try:
        server.ask(path, timeout=SECONDS)
    except RefusedError as refused:
        if refused.status in statuses:
            return True
        raise
    return False


def _days(told: Any) -> float:
    """Of a duration in seconds or as ISO 8601."""
    from pydantic import TypeAdapter

    days = TypeAdapter(timedelta).validate_python(told) / timedelta(days=1)
    return round(days, 1) if days % 1 else int(days)
