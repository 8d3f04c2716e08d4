"""Fetch: a file of the Hub into the cache of huggingface_hub, whole or not at all. A fetch that was broken off goes on where it ended.

The client (2.4) throws away what it has when a download ends early. So the bytes are asked for here, into the place where the client
keeps content by its hash; the client then finds it there. They come over plain HTTP, which has ranges for whatever the Hub stores.
"""

import hashlib
import logging
import re
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi, constants, hf_hub_url, try_to_load_from_cache
from huggingface_hub.file_download import http_get, repo_folder_name
from huggingface_hub.hf_api import RepoSibling
from huggingface_hub.utils import WeakFileLock, build_hf_headers  # type: ignore[attr-defined]  # it lists nothing that it exports

from schemas.errors import IntegrityError
from tasks.patience import Patience, patiently

HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
PATIENCE = Patience(tries=3, answer=60, say=logging.getLogger(__name__).warning)  # a person may be waiting


@dataclass(frozen=True)
class Remote:
    """A file as the Hub lists it."""

    name: str
    size: int | None
    sha256: str | None  # of what is kept in LFS or Xet
    oid: str | None  # git's name of it, or of its pointer

    @classmethod
    def of(cls, sibling: RepoSibling) -> "Remote":
        """From the answer of the Hub."""
        return cls(sibling.rfilename, sibling.size, sibling.lfs.sha256 if sibling.lfs else None, sibling.blob_id)

    @property
    def hash(self) -> str | None:
        """What names its bytes, here and in the cache; None where the Hub says nothing that is one."""
        said = self.sha256 or self.oid
        return said if said and HASH.fullmatch(said) else None

    def sound(self, path: Path) -> bool:
        """Whether these are its bytes."""
        size = path.stat().st_size
        if self.hash is None:
            return self.size is None or size == self.size
        with path.open("rb") as stream:
            if self.sha256:
                return hashlib.file_digest(stream, "sha256").hexdigest() == self.sha256
            git = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
            return hashlib.file_digest(stream, lambda: git).hexdigest() == self.oid


def fetch(repo: str, kind: str, commit: str, file: Remote) -> Path:
    """Where the file lies in the cache, fetched if it is not there. It is not looked into: see `Remote.sound`."""
    kept = try_to_load_from_cache(repo, file.name, revision=commit, repo_type=kind)
    if isinstance(kept, str):
        return Path(kept)
    if file.hash and file.size:
        _content(repo, kind, commit, file)
    return Path(HfApi().hf_hub_download(repo, file.name, repo_type=kind, revision=commit))


def _content(repo: str, kind: str, commit: str, file: Remote) -> None:
    """The bytes of a file, under their hash in the cache; IntegrityError where others came, which are thrown away."""
    cache, folder = Path(constants.HF_HUB_CACHE), repo_folder_name(repo_id=repo, repo_type=kind)
    whole = cache / folder / "blobs" / str(file.hash)
    partial = whole.with_name(f"{whole.name}.incomplete")  # as `hf cache prune` knows them
    lock = cache / ".locks" / folder / f"{whole.name}.lock"
    for place in (whole, lock):
        place.parent.mkdir(parents=True, exist_ok=True)
    with WeakFileLock(lock):
        if whole.exists():
            return
        if partial.exists() and partial.stat().st_size > (file.size or 0):
            partial.unlink()
        url = hf_hub_url(repo, file.name, repo_type=kind, revision=commit)
        with partial.open("ab") as stream:
            patiently(
                lambda: http_get(url, stream, resume_size=stream.tell(), headers=build_hf_headers(), expected_size=file.size),
                what=f"{repo}: {file.name}",
                patience=PATIENCE,
            )
        if not file.sound(partial):
            partial.unlink()
            raise IntegrityError(f"{repo}@{commit}: {file.name} came with other bytes than the Hub lists. Nothing was kept; run again.")
        partial.rename(whole)
