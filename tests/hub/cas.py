"""Content-addressed storage of Xet, over HTTP at the same port: uploads of xorbs and shards, reconstruction of files, look-ups of chunks.

A `local://` folder would be locked by one process at a time; over HTTP several publish at once, and each request can be given a fault.
"""

import hashlib
import re
import secrets
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from tests.hub.access import at, opened, readable, writable
from tests.hub.repos import API, File
from tests.hub.wire import Answer, RefusedError, Request
from tests.hub.xet import Term, join, read_shard, read_xorb, write_shard

FOREVER = 4_000_000_000  # seconds since 1970 until when a token is good
SECRET = "xet-of-this-hub"  # what its tokens begin with
HASH = r"(?P<hash>[0-9a-f]{64})"
CAS = r"/cas-[0-9a-f]+"


class Storage:
    """Xorbs in a folder, and what shards say about them.

    Its address is new with every Hub, since the client remembers by the address which chunks are stored, and ports come again.
    """

    def __init__(self, hub: str, folder: Path) -> None:
        self.url, self.folder = f"{hub}/cas-{secrets.token_hex(4)}", folder
        self.starts: dict[str, list[int]] = {}  # xorb -> where its chunks begin and the last one ends
        self.files: dict[str, list[Term]] = {}
        self.blocks: dict[str, bytes] = {}  # chunk -> block of a shard that tells of its xorb
        self.read = lru_cache(maxsize=4)(self._read)

    def chunks(self, term: Term) -> bytes:
        """A run of packed chunks. Raises ValueError where the xorb or its chunks are not there."""
        starts = self.starts.get(term.xorb, [])
        if not term.start < term.end < len(starts):
            raise ValueError(f"xorb {term.xorb} has no chunks {term.start}-{term.end}")
        with (self.folder / term.xorb).open("rb") as stream:
            stream.seek(starts[term.start])
            return stream.read(starts[term.end] - starts[term.start])

    def _read(self, name: str) -> bytes:
        return join(self.files[name], self.chunks)


def token(request: Request, repo: str, right: str, rev: str) -> Answer:
    """GET .../xet-{read|write}-token/{rev}: where the storage is and what opens it; in the headers and in the body."""
    it = writable(request, repo) if right == "write" else readable(request, repo)
    if rev != "None":  # with a pull request the client does not know the revision
        at(it, rev)
    opened(request, repo, it)
    url, access = request.hub.cas.url, f"{SECRET}-{right}"
    headers = {"X-Xet-Cas-Url": url, "X-Xet-Access-Token": access, "X-Xet-Token-Expiration": str(FOREVER)}
    return Answer({"casUrl": url, "accessToken": access, "exp": FOREVER}, headers=headers)


def add_xorb(request: Request, hash: str) -> Answer:
    """POST /v1/xorbs/default/{hash}."""
    storage = _storage(request, "write")
    try:
        starts = read_xorb(request.body)
    except (ValueError, IndexError) as error:
        raise RefusedError(400, message=str(error)) from None
    new = hash not in storage.starts
    if new:
        (storage.folder / hash).write_bytes(request.body)
        storage.starts[hash] = starts
    return Answer({"was_inserted": new})


def add_shard(request: Request) -> Answer:
    """POST /v2/shards: files become objects that commits may name, once their bytes were put together and have their sha256."""
    storage, hub = _storage(request, "write"), request.hub
    try:
        shard = read_shard(request.body)
        new = {name: file for name, file in shard.files.items() if name not in storage.files}
        for name, (sha256, terms) in new.items():
            if hashlib.sha256(join(terms, storage.chunks)).hexdigest() != sha256:
                raise ValueError(f"{name} has another sha256")
    except ValueError as error:
        raise RefusedError(400, message=str(error)) from None
    for name, (sha256, terms) in new.items():
        storage.files[name] = terms
        hub.objects[sha256] = File(sum(term.size for term in terms), partial(storage.read, name), sha256, name)
    for block, chunks in shard.blocks.values():
        storage.blocks.update(dict.fromkeys(chunks, block))
    return Answer({"type": "result"})  # the last of the lines that tell the progress


def find_chunk(request: Request, hash: str) -> Answer:
    """GET /v1/chunks/default/{hash}: the xorb of a chunk, so that another machine need not send it again."""
    block = _storage(request, "read").blocks.get(hash)
    if block is None:
        raise RefusedError(404, message="Chunk not found")
    return Answer(write_shard(block))


def reconstruction(request: Request, hash: str) -> Answer:
    """GET /v2/reconstructions/{hash}: the terms of the Range asked for, and where their bytes are."""
    storage = _storage(request, "read")
    terms = storage.files.get(hash)
    if terms is None:
        raise RefusedError(404, message="File not found")
    wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("Range") or "")
    first, last = (int(wanted[1]), int(wanted[2])) if wanted else (0, 1 << 62)
    start, skipped = 0, 0
    kept: list[Term] = []
    for term in terms:
        if start <= last and start + term.size > first:
            skipped = skipped if kept else first - start
            kept.append(term)
        start += term.size
    if not kept:
        raise RefusedError(416, message="Range starts after the end of the file")
    places: dict[str, list[Any]] = {}
    for term in kept:
        starts = storage.starts[term.xorb]
        place = {"chunks": _range(term), "bytes": {"start": starts[term.start], "end": starts[term.end] - 1}}
        places.setdefault(term.xorb, []).append({"url": f"{request.hub.storage}/xorbs/{term.xorb}", "ranges": [place]})
    told = [{"hash": term.xorb, "unpacked_length": term.size, "range": _range(term)} for term in kept]
    return Answer({"offset_into_first_range": skipped, "terms": told, "xorbs": places})


def xorb(request: Request, hash: str) -> Answer:
    """The bytes of a xorb, at an address that is itself the right to read it."""
    file = request.hub.cas.folder / hash
    start, end = (int(place) for place in request.headers["Range"].removeprefix("bytes=").split("-"))
    with file.open("rb") as stream:
        stream.seek(start)
        return Answer(stream.read(end - start + 1), 206, {"Content-Range": f"bytes {start}-{end}/{file.stat().st_size}"})


def telemetry(request: Request) -> Answer:
    """POST /v1/telemetry: what the client tells about its transfers."""
    _storage(request, "read")
    return Answer({})


def _range(term: Term) -> dict[str, int]:
    return {"start": term.start, "end": term.end}


def _storage(request: Request, right: str) -> Storage:
    if request.token not in (f"{SECRET}-read", f"{SECRET}-write"):
        raise RefusedError(401, message="Invalid token")
    if right == "write" and request.token.endswith("read"):
        raise RefusedError(403, message="The token may only read")
    return request.hub.cas


ROUTES = [
    ("GET", rf"{API}/xet-(?P<right>read|write)-token/(?P<rev>[^/]+)", token),
    ("POST", rf"{CAS}/v1/xorbs/default/{HASH}", add_xorb),
    ("POST", rf"{CAS}/v2/shards", add_shard),
    ("GET", rf"{CAS}/v1/chunks/default(?:-merkledb)?/{HASH}", find_chunk),
    ("GET", rf"{CAS}/v2/reconstructions/{HASH}", reconstruction),
    ("GET", rf"/xorbs/{HASH}", xorb),
    ("POST", rf"{CAS}/v1/telemetry", telemetry),
]
