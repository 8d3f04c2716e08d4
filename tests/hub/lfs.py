"""Git LFS: the batch call that says where to send objects, their bytes in one or several parts, and the check that they came."""

import hashlib

from tests.hub.access import writable
from tests.hub.repos import REPO, File
from tests.hub.wire import Answer, RefusedError, Request

OID = r"(?P<oid>[0-9a-f]{64})"


def batch(request: Request, repo: str) -> Answer:
    """POST .git/info/lfs/objects/batch: no actions for what is there, parts for what is larger than hub.part_size."""
    writable(request, repo)
    hub, asked = request.hub, request.json()
    if asked["operation"] != "upload" or asked["hash_algo"] != "sha256":
        raise RefusedError(422, message="only uploads by sha256")
    objects = []
    for each in asked["objects"]:
        oid, size = each["oid"], each["size"]
        upload = {"href": f"{hub.storage}/lfs/{oid}", "header": {}}
        if size > hub.part_size:
            count = -(-size // hub.part_size)
            parts = {f"{number:05d}": f"{hub.storage}/lfs/{oid}/{number}" for number in range(1, count + 1)}
            upload = {"href": f"{hub.url}/lfs/{oid}/complete", "header": {"chunk_size": str(hub.part_size), **parts}}
        verify = {"href": f"{request.hub.url}{request.path.removesuffix('batch')}verify", "header": {}}
        known = {} if oid in hub.objects else {"actions": {"upload": upload, "verify": verify}}
        objects.append({"oid": oid, "size": size, "authenticated": True, **known})
    return Answer({"transfer": "multipart", "objects": objects})


def put(request: Request, oid: str) -> Answer:
    """PUT of a whole object, to an address that is itself the right to write it."""
    _keep(request, oid, request.body)
    return Answer(headers={"ETag": f'"{oid}"'})


def part(request: Request, oid: str, number: str) -> Answer:
    """PUT of one part."""
    request.hub.parts[oid, int(number)] = request.body
    return Answer(headers={"ETag": f'"{hashlib.md5(request.body).hexdigest()}"'})


def complete(request: Request, oid: str) -> Answer:
    """POST of the parts' tags: the object is put together in their order."""
    hub, told = request.hub, request.json()["parts"]
    parts = [hub.parts.get((oid, each["partNumber"]), b"") for each in told]
    if [each["etag"].strip('"') for each in told] != [hashlib.md5(data).hexdigest() for data in parts]:
        raise RefusedError(400, message="InvalidPart")
    _keep(request, oid, b"".join(parts))
    for each in told:
        del hub.parts[oid, each["partNumber"]]
    return Answer({"oid": oid})


def verify(request: Request, repo: str) -> Answer:
    """POST of what should have come."""
    writable(request, repo)
    told = request.json()
    found = request.hub.objects.get(told["oid"])
    if found is None or found.size != told["size"]:
        raise RefusedError(404, message="Object not found or of another size")
    return Answer({"success": True})


def _keep(request: Request, oid: str, data: bytes) -> None:
    if hashlib.sha256(data).hexdigest() != oid:
        raise RefusedError(400, message="The object has another sha256")
    request.hub.objects.setdefault(oid, File(len(data), lambda: data, oid))


ROUTES = [
    ("POST", rf"/datasets/{REPO}\.git/info/lfs/objects/batch", batch),
    ("POST", rf"/datasets/{REPO}\.git/info/lfs/objects/verify", verify),
    ("POST", rf"(?P<models>/){REPO}\.git/info/lfs/objects/batch", batch),
    ("POST", rf"(?P<models>/){REPO}\.git/info/lfs/objects/verify", verify),
    ("PUT", rf"/lfs/{OID}", put),
    ("PUT", rf"/lfs/{OID}/(?P<number>\d+)", part),
    ("POST", rf"/lfs/{OID}/complete", complete),
]
