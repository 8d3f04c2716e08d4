"""The Hub: what it and the way to it refuse, in words, for datasets and models alike."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from huggingface_hub import DatasetInfo, ModelInfo, constants
from huggingface_hub.errors import (
    DisabledRepoError,
    FileMetadataError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
    XetDownloadError,
)
from huggingface_hub.errors import HTTPError as WireError  # type: ignore[attr-defined]  # what its HTTP library raises

from schemas.errors import BabelmillError, EngineError, IntegrityError, SourceError
from tasks.fetch import Remote, fetch

COMMIT = re.compile(r"[0-9a-f]{40}")
OFFLINE = {
    "dataset": "the cache lacks what is asked for. Unset it once and name a commit in source.revision, or take format: parquet",
    "model": "the model is not in the warehouse yet. Unset it once, or name a folder with the model",
}


@dataclass(frozen=True)
class Repository:
    """A dataset or a model of the Hub at a revision."""

    kind: Literal["dataset", "model"]
    name: str
    revision: str | None

    @property
    def where(self) -> str:
        """What messages call it."""
        return f"{self.name}@{self.revision}" if self.revision else self.name

    @property
    def page(self) -> str:
        """Where a person reads about it."""
        return f"{constants.ENDPOINT}/{'datasets/' if self.kind == 'dataset' else ''}{self.name}"

    @property
    def error(self) -> type[BabelmillError]:
        """What is raised about it."""
        return SourceError if self.kind == "dataset" else EngineError

    def commit(self, info: DatasetInfo | ModelInfo) -> str:
        """The commit that the Hub answered for."""
        if not info.sha or not COMMIT.fullmatch(info.sha):
            raise self.error(f"{self.where}: {constants.ENDPOINT} names no commit, so nothing can be pinned. Is HF_ENDPOINT a Hub?")
        return info.sha

    def fetch(self, commit: str, file: Remote) -> Path:
        """The file in the cache of huggingface_hub. Raises IntegrityError where it is not what the Hub says it is."""
        with self.explained(file.name):
            path = fetch(self.name, self.kind, commit, file)
            if file.sound(path):
                return path
        raise IntegrityError(f"{self.where}: {file.name} in the cache is not what the Hub has. Delete {path.resolve()} and run again.")

    @contextmanager
    def explained(self, file: str | None = None) -> Iterator[None]:
        """Raises SourceError or EngineError with the way out for whatever the Hub or the way to it refuses."""
        try:
            yield
        except (WireError, XetDownloadError, OSError, ValueError) as error:  # ValueError: an answer that is no JSON
            where = f"{self.where}: {file}" if file else self.where
            raise self.error(f"{where}: {self._reason(error)}") from None

    def _reason(self, error: Exception) -> str:
        if isinstance(error, LocalEntryNotFoundError) and isinstance(error.__cause__, Exception):  # not in the cache either
            error = error.__cause__
        if isinstance(error, HFValidationError):
            return f"no name that a {self.kind} can have. It is OWNER/NAME in the address of its page."
        if isinstance(error, GatedRepoError):
            return (
                f"the {self.kind} is gated. Ask for access at {self.page}, then set HF_TOKEN (or hf auth login) and run the same command."
            )
        if isinstance(error, RepositoryNotFoundError):
            return f"no such {self.kind} at {constants.ENDPOINT}, or it is private. Check the name; for a private one set HF_TOKEN."
        if isinstance(error, RevisionNotFoundError):
            return f"no revision {self.revision!r}. See the branches, tags and commits at {self.page}/commits/main."
        if isinstance(error, RemoteEntryNotFoundError):
            return f"the file is listed but not there. See {self.page}/tree/main."
        if isinstance(error, DisabledRepoError):
            return f"the Hub has disabled this {self.kind}. See {self.page}."
        if isinstance(error, OfflineModeIsEnabled):
            return f"HF_HUB_OFFLINE is set, and {OFFLINE[self.kind]}."
        if isinstance(error, HfHubHTTPError):
            return self._refused(error.response.status_code)
        if isinstance(error, WireError | LocalEntryNotFoundError | XetDownloadError | ConnectionError):
            return f"{constants.ENDPOINT} cannot be reached ({type(error).__name__}). Check the network and HF_ENDPOINT; then run again."
        if isinstance(error, OSError) and str(error).startswith("Consistency check failed"):  # the client's words
            return "it ended early. Run again: the fetch goes on where it ended."
        if isinstance(error, OSError) and not isinstance(error, FileMetadataError):
            cache = constants.HF_HUB_CACHE
            return f"the cache {cache} cannot be used: {error.strerror or error}. Make room, or set HF_HOME to another folder."
        return f"the answer of {constants.ENDPOINT} is not a Hub's. Check HF_ENDPOINT, or a proxy that answers in its place."

    def _refused(self, status: int) -> str:
        if status in (401, 403):
            return f"the Hub refused the token ({status}). Set HF_TOKEN to one that may read this {self.kind}."
        if status == 429:
            return "too many requests (429). Wait five minutes, or set HF_TOKEN for a larger quota; then run again."
        return f"the Hub answered {status}. {'Run again later.' if status >= 500 else 'Check repo and revision.'}"
