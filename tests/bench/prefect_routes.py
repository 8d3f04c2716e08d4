"""What a server answers to whom: `python -m tests.bench.prefect_routes [--json FILE]` calls every route and websocket of it.

Routes are read from the server's own application, so that what stands in no schema is called too, and some by hand (crooked paths,
other methods). Callers: nobody; somebody with a wrong password; somebody without a password, but with a CSRF token; somebody with the right
password, but without the CSRF token that a page of another site cannot have. It ends with 1 if something answers one who has no right
password and is not in OPEN, or changes something without the token.
"""

import argparse
import base64
import json
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount, WebSocketRoute
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.bench.prefect_server import Server, serving

UUID = "00000000-0000-4000-8000-000000000000"
OPEN = {  # answers all: that the server lives, the page that asks for the password, what Prefect publishes of its routes and its version
    "GET /api/health",
    "GET /api/ready",
    "GET /ui-settings",
    *(f"{method} /{page}" for method in ("GET", "HEAD") for page in ("openapi.json", "docs", "docs/oauth2-redirect", "redoc")),
}
PAGES = re.compile(r"^(GET|HEAD) (/|/v2.*|/assets.*|/[a-z-]+\.(ico|png|svg|js|txt))$")
NOBODY = ("nobody", "wrong", "token alone")
ROOTS = ("/", "/v2/", "/v2/dashboard", "/docs", "/redoc", "/openapi.json", "/metrics", "/docs/oauth2-redirect")
UNDER_API = ("docs", "redoc", "openapi.json", "metrics", "admin/settings", "docs/oauth2-redirect")
CROOKED = (
    "/api//admin/settings",
    "//api/admin/settings",
    "/API/admin/settings",
    "/api/admin/settings;/health",
    "/api/health/../admin/settings",
    "/api/health%2f..%2fadmin/settings",
    "/v2/../api/admin/settings",
)
BY_HAND = [
    *[("GET", path) for path in (*ROOTS, *(f"/api/{path}" for path in UNDER_API), *CROOKED)],
    *[(method, "/api/admin/settings") for method in ("HEAD", "OPTIONS", "TRACE", "POST", "BREW")],
    *[(method, "/api/health") for method in ("POST", "DELETE")],
]
READS = ("GET", "HEAD", "OPTIONS", "TRACE")


def routes(app: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Method and path of every route of an application and of those mounted in it; the method of a websocket is WS."""
    for each in iter_route_contexts(app.routes):
        route, path = each.original_route, prefix + (each.path or "")
        if isinstance(route, Mount):
            if hasattr(route.app, "routes"):
                yield from routes(route.app, prefix + route.path)
        elif isinstance(route, WebSocketRoute):
            yield "WS", path
        else:
            yield from ((method, path) for method in sorted(each.methods or ()))


def filled(path: str) -> str:
    """A path with something plausible in place of its parameters."""
    return re.sub(r"{([^}:]+)(:[^}]*)?}", lambda found: "babelmill" if "name" in found[1] or "slug" in found[1] else UUID, path)


def called(client: httpx.Client, method: str, path: str, headers: dict[str, str]) -> str:
    """Status of one call. The path is sent as it stands: httpx would tidy it up."""
    url = client.base_url.copy_with(raw_path=path.encode())
    body: dict[str, Any] = {"json": {}} if method not in READS else {}
    return str(client.request(method, url, headers=headers, **body).status_code)


def spoken(server: Server, path: str, token: str | None, subprotocol: bool = True) -> str:
    """What a websocket said: its answer to the sign-in, or the code it closed with."""
    protocols = [Subprotocol("prefect")] if subprotocol else None
    try:
        with connect(f"ws://127.0.0.1:{server.port}{path}", subprotocols=protocols, open_timeout=30) as socket:
            if subprotocol:
                socket.send(json.dumps({"type": "auth", "token": token} if token is not None else {"type": "filter", "filter": {}}))
            return str(json.loads(socket.recv(timeout=5)).get("type"))
    except ConnectionClosed as closed:
        return str(closed.rcvd.code if closed.rcvd else "closed")
    except InvalidStatus as refused:
        return str(refused.response.status_code)
    except TimeoutError:
        return "open, silent"


def asked(server: Server) -> dict[str, dict[str, str]]:
    """By route: what each caller was answered."""
    from prefect.server.api.server import create_app

    wrong = base64.b64encode(b"admin:wrong").decode()
    token = server.http.get("/csrf-token", params={"client": "trial"}).json()["token"]
    callers = {
        "nobody": {},
        "wrong": {"Authorization": f"Basic {wrong}"},
        "token alone": {"Prefect-Csrf-Client": "trial", "Prefect-Csrf-Token": token},
        "no token": server.signed_in,
    }
    found = dict.fromkeys([*routes(create_app(ignore_cache=True)), *BY_HAND])
    answers: dict[str, dict[str, str]] = {}
    fresh = httpx.Limits(max_keepalive_connections=0)  # the server closes a connection that rests, just as it is used again
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=60, limits=fresh) as client:
        for method, path in found:
            name = f"{method} {path}"
            if method == "WS":
                tokens = {"nobody": None, "empty": "", "wrong": "admin:wrong", "signed in": server.auth}
                answers[name] = {who: spoken(server, filled(path), token) for who, token in tokens.items()}
                answers[name]["no subprotocol"] = spoken(server, filled(path), None, subprotocol=False)
            else:
                answers[name] = {who: called(client, method, filled(path), headers) for who, headers in callers.items()}
    return answers


def faults(answers: dict[str, dict[str, str]]) -> list[str]:
    """What answers that should not."""
    found: list[str] = []
    for name, said in answers.items():
        method, path = name.split(" ", 1)
        if method == "WS":
            found += [f"{name}: {who} was answered {answer}" for who, answer in said.items() if who != "signed in" and not shut(answer)]
        else:
            known = name in OPEN or PAGES.match(name)
            found += [f"{name}: {who} was answered {said[who]}" for who in NOBODY if said[who] < "300" and not known]
            if method not in READS and path.startswith("/api") and said["no token"] < "400":
                found.append(f"{name}: answered {said['no token']} without a CSRF token")
    return found


def shut(answer: str) -> bool:
    return answer in ("1002", "1008", "403", "401", "404")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.prefect_routes", description=__doc__.split("\n")[0])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "server") as server:
        answers = asked(server)
    print(f"{len(answers)} routes")
    for who in (*NOBODY, "no token"):
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for name, said in answers.items():
            if who in said:
                counts[name.split(" ")[0]][said[who]] += 1
        print(f"{who:9}", "; ".join(f"{method} {dict(count)}" for method, count in sorted(counts.items())))
    print("answered nobody:", ", ".join(name for name, said in answers.items() if said["nobody"][:1] == "2" and name[:2] != "WS"))
    for name, said in answers.items():
        if name.startswith("WS"):
            print(name, said)
    wrong = faults(answers)
    print("\n".join(["should not answer:", *wrong]) if wrong else "nothing answers that should not")
    if options.json:
        options.json.write_text(json.dumps(answers, indent=1) + "\n", "utf-8")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
