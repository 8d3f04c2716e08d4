"""The Hub: files of a dataset repository at one commit, fetched into the cache of huggingface_hub and read as any others."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from huggingface_hub import DatasetInfo, HfApi, constants
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
from huggingface_hub.hf_api import RepoSibling

from schemas.errors import IntegrityError, SourceError
from schemas.sources import DelimitedSource, HubSource, JsonlSource, ParquetSource
from tasks.read import Part, Reader
from tasks.read.delimited import DelimitedReader
from tasks.read.hub_files import Form, choose
from tasks.read.jsonl import JsonlReader
from tasks.read.parquet import ParquetReader

COMMIT = re.compile(r"[0-9a-f]{40}")


def pinned(source: HubSource) -> HubSource:
    """The source at the commit that its revision names now, under the repository's own name. A commit asks nobody."""
    if source.revision and COMMIT.fullmatch(source.revision):
        return source
    with _explained(source):
        info = HfApi().dataset_info(source.repo, revision=source.revision)
    return source.model_copy(update={"repo": info.id, "revision": _commit(source, info)})


class HubReader:
    """The chosen files of a repository; fetched when they are first asked for."""

    def __init__(self, source: HubSource) -> None:
        self._source = source
        self.id = source.id or "id"

    def splits(self) -> dict[str, list[Path]]:
        return self._files.splits()

    def parts(self, split: str, rows: int) -> Iterator[Part]:
        yield from self._files.parts(split, rows)

    @cached_property
    def _files(self) -> Reader:
        source = self._source
        with _explained(source):
            info = HfApi().dataset_info(source.repo, revision=source.revision, files_metadata=True)
        files = {sibling.rfilename: sibling for sibling in info.siblings or ()}
        form, chosen = choose(source, files, info.card_data.get("configs") if info.card_data else None)
        commit = _commit(source, info)
        splits = {split: [_fetched(source, commit, files[name]) for name in names] for split, names in chosen.items()}
        return _reader(source, form, splits)


def _commit(source: HubSource, info: DatasetInfo) -> str:
    if not info.sha or not COMMIT.fullmatch(info.sha):
        raise SourceError(f"{source.where}: {constants.ENDPOINT} names no commit, so nothing can be pinned. Is HF_ENDPOINT a Hub?")
    return info.sha


def _reader(source: HubSource, form: Form, splits: dict[str, list[Path]]) -> Reader:
    path = next(files[0] for files in splits.values())  # for messages alone
    if form == "parquet":
        return ParquetReader(ParquetSource(format=form, path=path, id=source.id), splits)
    if form == "jsonl":
        return JsonlReader(JsonlSource(format=form, path=path, id=source.id), splits)
    return DelimitedReader(DelimitedSource(format=form, path=path, id=source.id), splits)


def _fetched(source: HubSource, commit: str, file: RepoSibling) -> Path:
    """The file in the cache. Raises IntegrityError where it is not what the Hub says it is."""
    with _explained(source, file.rfilename):
        path = Path(HfApi().hf_hub_download(source.repo, file.rfilename, repo_type="dataset", revision=commit))
    if file.lfs is not None:
        with path.open("rb") as stream:
            sound = hashlib.file_digest(stream, "sha256").hexdigest() == file.lfs.sha256
    else:
        sound = file.size is None or path.stat().st_size == file.size
    if not sound:
        raise IntegrityError(
            f"{source.where}: {file.rfilename} in the cache is not what the Hub has. Delete {path.resolve()} and run again."
        )
    return path


@contextmanager
def _explained(source: HubSource, file: str | None = None) -> Iterator[None]:
    """Raises SourceError with the way out for whatever the Hub or the way to it refuses."""
    try:
        yield
    except (WireError, XetDownloadError, OSError, ValueError) as error:  # ValueError: an answer that is no JSON
        where = f"{source.where}: {file}" if file else source.where
        raise SourceError(f"{where}: {_reason(source, error)}") from None


def _reason(source: HubSource, error: Exception) -> str:
    if isinstance(error, LocalEntryNotFoundError) and isinstance(error.__cause__, Exception):  # not in the cache either
        error = error.__cause__
    page = f"{constants.ENDPOINT}/datasets/{source.repo}"
    if isinstance(error, HFValidationError):
        return "no name that a dataset can have. It is OWNER/NAME in the address of its page."
    if isinstance(error, GatedRepoError):
        return f"the dataset is gated. Ask for access at {page}, then set HF_TOKEN (or hf auth login) and run the same command."
    if isinstance(error, RepositoryNotFoundError):
        return f"no such dataset at {constants.ENDPOINT}, or it is private. Check the name; for a private one set HF_TOKEN."
    if isinstance(error, RevisionNotFoundError):
        return f"no revision {source.revision!r}. See the branches, tags and commits at {page}/commits/main."
    if isinstance(error, RemoteEntryNotFoundError):
        return f"the file is listed but not there. See {page}/tree/main."
    if isinstance(error, DisabledRepoError):
        return f"the Hub has disabled this dataset. See {page}."
    if isinstance(error, OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE is set, and a build asks the Hub which files a commit has. Unset it, or read the files by format: parquet."
    if isinstance(error, HfHubHTTPError):
        return _refused(error.response.status_code)
    if isinstance(error, WireError | LocalEntryNotFoundError | XetDownloadError | ConnectionError):
        return f"{constants.ENDPOINT} cannot be reached ({type(error).__name__}). Check the network and HF_ENDPOINT; then run again."
    if isinstance(error, OSError) and not isinstance(error, FileMetadataError):
        return f"the cache {constants.HF_HUB_CACHE} cannot be used: {error.strerror or error}. Make room, or set HF_HOME to another folder."
    return f"the answer of {constants.ENDPOINT} is not a Hub's. Check HF_ENDPOINT, or a proxy that answers in its place."


def _refused(status: int) -> str:
    if status in (401, 403):
        return f"the Hub refused the token ({status}). Set HF_TOKEN to one that may read this dataset."
    if status == 429:
        return "too many requests (429). Wait five minutes, or set HF_TOKEN for a larger quota; then run again."
    return f"the Hub answered {status}. {'Run again later.' if status >= 500 else 'Check repo and revision.'}"
