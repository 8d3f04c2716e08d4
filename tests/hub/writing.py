"""Writing: repos and their settings, the check of a card, what preupload says of files, and the commit that lands whole or not at all."""

import base64
import fnmatch
import json
import re
from typing import Any

import yaml

from tests.hub.access import namespaces, writable
from tests.hub.repos import API, LARGE, LFS, MODEL, Commit, File, Repo, matter
from tests.hub.wire import Answer, RefusedError, Request

ATTRIBUTES = "".join(f"*{suffix} filter=lfs diff=lfs merge=lfs -text\n" for suffix in LFS)  # what every new repo holds
NAME = re.compile(r"[A-Za-z0-9_](?:[\w.-]{0,94}[\w])?", re.ASCII)


def create(request: Request) -> Answer:
    """POST /api/repos/create; 409 with the address where it exists."""
    asked = request.json()
    name, url = _named(request, asked)
    if not NAME.fullmatch(asked["name"]):
        raise RefusedError(400, message=f"Invalid repo name: {asked['name']}")
    if name in request.hub.repos:
        return Answer({"error": f"You already created this {asked.get('type', 'model')} repo", "url": url}, 409)
    repo = request.hub.repos[name] = Repo(private=asked.get("visibility", "public") == "private")
    repo.add(_commit(request, {".gitattributes": File.of(".gitattributes", ATTRIBUTES.encode())}, None, "initial commit"))
    return Answer({"url": url, "name": name.removeprefix(MODEL), "private": repo.private})


def delete(request: Request) -> Answer:
    """DELETE /api/repos/delete."""
    name, _ = _named(request, request.json())
    writable(request, name)
    del request.hub.repos[name]
    return Answer({})


def settings(request: Request, repo: str) -> Answer:
    """PUT .../settings: gated and visibility."""
    it, asked = writable(request, repo), request.json()
    it.gated = asked.get("gated", it.gated)
    it.private = asked["visibility"] == "private" if "visibility" in asked else it.private
    return Answer({"gated": it.gated, "private": it.private})


def validate(request: Request) -> Answer:
    """POST /api/validate-yaml: 400 with the errors of a card."""
    errors, warnings = _faults(request.json()["content"])
    return Answer({"errors": errors, "warnings": warnings}, 400 if errors else 200)


def preupload(request: Request, repo: str, rev: str) -> Answer:
    """POST .../preupload/{rev}: how each file is to be sent, whether it is ignored, and the oid of what is there."""
    it, asked = writable(request, repo), request.json()
    if len(asked["files"]) > 256:
        raise RefusedError(413, message="Too many files")
    files = it.commits[_head(it, rev)].files
    ignore = asked.get("gitIgnore")
    if ignore is None:
        ignore = files[".gitignore"].read().decode() if ".gitignore" in files else ""
    patterns = [line.strip().rstrip("/") for line in ignore.splitlines() if line.strip() and not line.startswith("#")]
    told = []
    for each in asked["files"]:
        path, there = each["path"], files.get(each["path"])
        lfs = path.endswith(LFS) or each["size"] >= LARGE or b"\0" in base64.b64decode(each["sample"])
        ignored = any(fnmatch.fnmatch(part, pattern) for pattern in patterns for part in (path, *path.split("/")))
        known = {"oid": there.sha256 or there.oid} if there else {}
        told.append({"path": path, "uploadMode": "lfs" if lfs else "regular", "shouldIgnore": ignored, **known})
    return Answer({"files": told, "commitOid": _head(it, rev)})


def commit(request: Request, repo: str, rev: str) -> Answer:
    """POST .../commit/{rev}: all lines or none; 412 where the branch is no longer at parentCommit."""
    it, hub = writable(request, repo), request.hub
    if request.value("create_pr"):
        raise RefusedError(400, message="Pull requests are not part of this Hub")
    head = _head(it, rev)
    try:
        lines = [json.loads(line) for line in request.body.splitlines() if line.strip()]
    except ValueError:
        raise RefusedError(400, message="Invalid JSON") from None
    if not lines or lines[0]["key"] != "header":
        raise RefusedError(400, message="The first line must be the header")
    header = lines[0]["value"]
    if header.get("parentCommit", head) != head:
        raise RefusedError(412, message="A commit has happened since. Please refresh and try again.")
    hub.windows["commits"].spend(request.token, hub.clock())
    files = dict(it.commits[head].files)
    for line in lines[1:]:
        _apply(request, files, line["key"], line["value"])
    sha = it.add(_commit(request, files, head, header["summary"], header.get("description", "")), rev)
    url = f"{hub.url}/{'' if repo.startswith(MODEL) else 'datasets/'}{repo.removeprefix(MODEL)}/commit/{sha}"
    return Answer({"success": True, "commitOid": sha, "commitUrl": url, "hookOutput": ""})


def _apply(request: Request, files: dict[str, File], key: str, value: dict[str, Any]) -> None:
    path = value["path"]
    if path.startswith("/") or not {"", ".", "..", ".git"}.isdisjoint(path.rstrip("/").split("/")):
        raise RefusedError(400, message=f"Invalid path: {path}")
    if key == "file":
        data = base64.b64decode(value["content"]) if value.get("encoding") == "base64" else value["content"].encode()
        if len(data) >= LARGE:
            raise RefusedError(400, message=f"{path}: files larger than 10 MiB must be sent with LFS")
        if path == "README.md" and (errors := _faults(data.decode(errors="replace"))[0]):
            raise RefusedError(400, message=errors[0]["message"])
        files[path] = File(len(data), lambda: data)
    elif key == "lfsFile":
        if value["oid"] not in request.hub.objects:
            raise RefusedError(400, message=f"Your push was rejected: {path} points to an LFS object that does not exist")
        files[path] = request.hub.objects[value["oid"]]
    elif key == "deletedFile":
        if files.pop(path, None) is None:
            raise RefusedError(404, "EntryNotFound", f"A file with this name doesn't exist: {path}")
    elif key == "deletedFolder":
        inside = [name for name in files if name.startswith(path.rstrip("/") + "/")]
        if not inside:
            raise RefusedError(404, "EntryNotFound", f"A folder with this name doesn't exist: {path}")
        for name in inside:
            del files[name]
    else:
        raise RefusedError(400, message=f"Unknown operation: {key}")


def _named(request: Request, asked: dict[str, Any]) -> tuple[str, str]:
    """The repo's name, and its address. Raises RefusedError where the token may not write under the namespace."""
    names = namespaces(request)
    if not request.token:
        raise RefusedError(401, message="Invalid username or password.")
    space = asked.get("organization") or (names[0] if names else "")
    if space not in names:
        raise RefusedError(403, message=f"You don't have the rights to create a repo under the namespace {space!r}")
    model = asked.get("type", "model") == "model"
    name = f"{space}/{asked['name']}"
    return MODEL * model + name, f"{request.hub.url}/{'' if model else 'datasets/'}{name}"


def _head(repo: Repo, branch: str) -> str:
    if branch not in repo.branches:
        raise RefusedError(404, "RevisionNotFound", f"Invalid rev id: {branch}")
    return repo.branches[branch]


def _commit(request: Request, files: dict[str, File], parent: str | None, title: str, message: str = "") -> Commit:
    return Commit(files, parent, title, message, author=namespaces(request)[0], date=request.hub.date())


def _faults(content: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Errors and warnings about the YAML before a card."""
    text = matter(content)
    if text is None:
        return [], [{"message": "empty or missing yaml metadata in repo card"}]
    try:
        card = yaml.safe_load(text)
    except yaml.YAMLError as error:
        return [{"message": f"Invalid YAML: {error}"}], []
    if not isinstance(card, dict):
        return [{"message": "YAML metadata must be an object"}], []
    strange = [item for item in _listed(card.get("language")) if not isinstance(item, str)]  # `no` is a boolean in YAML
    return [{"message": f'"language[]" must be a string, not {item!r}'} for item in strange], []


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


ROUTES = [
    ("POST", r"/api/repos/create", create),
    ("DELETE", r"/api/repos/delete", delete),
    ("PUT", rf"{API}/settings", settings),
    ("POST", r"/api/validate-yaml", validate),
    ("POST", rf"{API}/preupload/(?P<rev>[^/]+)", preupload),
    ("POST", rf"{API}/commit/(?P<rev>[^/]+)", commit),
]
