"""Reading: info, trees and files of a revision, the latter in LFS by way of another host."""

import re
from typing import Any
from urllib.parse import parse_qs

from tests.hub.access import at, opened, readable
from tests.hub.records import expanded, record
from tests.hub.repos import API, MODEL, REPO, File, Repo, git
from tests.hub.wire import Answer, RefusedError, Request, page


def info(request: Request, repo: str, rev: str | None = None) -> Answer:
    """GET /api/datasets/{id}[/revision/{rev}]: made from the same record as lists."""
    it = readable(request, repo)
    sha = at(it, rev)
    fields = record(request, repo, sha) or {}
    if request.flag("blobs"):
        fields["siblings"] = [{"rfilename": path, **file.entry()} for path, file in it.commits[sha].files.items()]
    return Answer(expanded(fields, request.query.get("expand", [])))


def tree(request: Request, repo: str, rev: str, folder: str | None = None) -> Answer:
    """GET .../tree/{rev}[/{folder}]: folders and files in it, in pages; `recursive` for all below."""
    it = readable(request, repo)
    sha, under = at(it, rev), f"{folder.strip('/')}/" if folder else ""
    entries: dict[str, dict[str, Any]] = {}
    for path in it.commits[sha].files:
        if path.startswith(under):
            *folders, _ = path.removeprefix(under).split("/")
            if not folders or request.flag("recursive"):
                entries[path] = _entry(it, sha, path, request.flag("expand"))
            for depth in range(1, len(folders) + 1 if request.flag("recursive") else min(len(folders), 1) + 1):
                name = under + "/".join(folders[:depth])
                entries[name] = _entry(it, sha, name, request.flag("expand"))
    if folder and not entries:
        raise RefusedError(404, "EntryNotFound", f"{folder} does not exist on {rev!r}")
    return page(request, [entries[path] for path in sorted(entries)])


def resolve(request: Request, repo: str, rev: str, path: str) -> Answer:
    """GET /datasets/{id}/resolve/{rev}/{path}: the bytes, or for LFS where they are; X-Repo-Commit is the sha even of a tag."""
    it = readable(request, repo)
    sha = at(it, rev)
    opened(request, repo, it)
    file = it.commits[sha].files.get(path)
    if file is None:
        raise RefusedError(404, "EntryNotFound", "Entry not found")
    if file.sha256:
        linked = {"X-Linked-Etag": f'"{file.sha256}"', "X-Linked-Size": str(file.size)}
        location = {"Location": f"{request.hub.storage}/lfs/{file.sha256}"}
        return Answer(b"", 302, {"X-Repo-Commit": sha, **linked, **_xet(request, repo, sha, file), **location})
    return content(request, file, {"X-Repo-Commit": sha, "ETag": f'"{file.oid}"'})


def lfs(request: Request, oid: str) -> Answer:
    """The bytes of an object of LFS."""
    if file := request.hub.objects.get(oid):
        return content(request, file, {"ETag": f'"{oid}"'})
    raise RefusedError(404, message="NoSuchKey")


def content(request: Request, file: File, headers: dict[str, str]) -> Answer:
    """All bytes of a file or those of the Range asked for."""
    wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("Range") or "")
    if not wanted or not any(wanted.groups()):
        return Answer(file.read(), headers={"Accept-Ranges": "bytes", **headers})
    if wanted[1]:
        start, end = int(wanted[1]), min(int(wanted[2] or file.size - 1), file.size - 1)
    else:  # so many at the end
        start, end = max(0, file.size - int(wanted[2])), file.size - 1
    if start >= file.size:
        return Answer(b"", 416, {"Content-Range": f"bytes */{file.size}"})
    return Answer(file.read()[start : end + 1], 206, {**headers, "Content-Range": f"bytes {start}-{end}/{file.size}"})


def paths(request: Request, repo: str, rev: str) -> Answer:
    """POST .../paths-info/{rev}: the entries of these paths; those that are not there are left out."""
    it = readable(request, repo)
    sha, asked = at(it, rev), parse_qs(request.body.decode())
    wanted = [path.strip("/") for path in asked.get("paths", [])]
    if len(wanted) > 1000:
        raise RefusedError(413, message="Too many paths")
    files = it.commits[sha].files
    folders = {"/".join(parts[:depth]) for parts in (path.split("/") for path in files) for depth in range(1, len(parts))}
    expand = asked.get("expand", [""])[0].lower() == "true"
    return Answer([_entry(it, sha, path, expand) for path in wanted if path in files or path in folders])


def _xet(request: Request, repo: str, sha: str, file: File) -> dict[str, str]:
    if not file.xet:
        return {}
    kind = "models" if repo.startswith(MODEL) else "datasets"
    route = f"{request.hub.url}/api/{kind}/{repo.removeprefix(MODEL)}/xet-read-token/{sha}"
    return {"X-Xet-Hash": file.xet, "X-Xet-Refresh-Route": route, "Link": f'<{route}>; rel="xet-auth"'}


def _entry(repo: Repo, sha: str, path: str, expand: bool) -> dict[str, Any]:
    file = repo.commits[sha].files.get(path)
    told = {"type": "file", **file.entry()} if file else {"type": "directory", "size": 0, "oid": git(path.encode())}
    if expand:
        last = repo.commits[repo.last(sha, path)]
        told["lastCommit"] = {"id": last.sha, "title": last.title, "date": last.date}
    return {"path": path, **told}


ROUTES = [
    ("GET", rf"{API}/tree/(?P<rev>[^/]+)(?:/(?P<folder>.+))?", tree),
    ("GET", rf"{API}(?:/revision/(?P<rev>[^/]+))?", info),
    ("GET", rf"/datasets/{REPO}/resolve/(?P<rev>[^/]+)/(?P<path>.+)", resolve),
    ("GET", rf"(?P<models>/){REPO}/resolve/(?P<rev>[^/]+)/(?P<path>.+)", resolve),
    ("POST", rf"{API}/paths-info/(?P<rev>[^/]+)", paths),
    ("GET", r"/lfs/(?P<oid>[0-9a-f]{64})", lfs),
]
