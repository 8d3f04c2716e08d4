"""The Hub: files of a dataset repository at one commit, fetched into the cache of huggingface_hub as they are read."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path

from schemas.sources import DelimitedSource, HubSource, JsonlSource, ParquetSource
from tasks.fetch import Remote
from tasks.hub import COMMIT, Repository
from tasks.read import Part, Reader
from tasks.read.ahead import Files
from tasks.read.delimited import DelimitedReader
from tasks.read.hub_files import Form, choose
from tasks.read.hub_listing import listing
from tasks.read.jsonl import JsonlReader
from tasks.read.parquet import ParquetReader


def pinned(source: HubSource) -> HubSource:
    """The source at the commit that its revision names now, under the repository's own name, with the licence that its card states.

    Asks the Hub once; of a commit whose files it has listed before, not at all.
    """
    if source.license and source.revision and COMMIT.fullmatch(source.revision):
        return source
    found = listing(source.repo, source.revision)
    return source.model_copy(update={"repo": found.repo, "revision": found.commit, "license": source.license or found.license})


class HubReader:
    """The chosen files of a repository, each fetched when it is read."""

    def __init__(self, source: HubSource, ahead: bool = True) -> None:
        """ahead: whether to fetch the next file while one is read; it is begun when the second part is asked for."""
        self._source = source
        self._ahead = ahead
        self.id = source.id or "id"

    def splits(self) -> Mapping[str, Sequence[Path]]:
        return self._files

    def parts(self, split: str, rows: int) -> Iterator[Part]:
        for part in _reader(self._source, self._form, self._files).parts(split, rows):
            yield part
            if self._ahead:  # who comes back for more will want the next file too
                self._files[split].ahead()

    @property
    def _form(self) -> Form:
        return self._chosen[0]

    @property
    def _files(self) -> dict[str, Files]:
        return self._chosen[1]

    @cached_property
    def _chosen(self) -> tuple[Form, dict[str, Files]]:
        source = self._source
        found = listing(source.repo, source.revision)
        repository = Repository("dataset", source.repo, source.revision)
        form, chosen = choose(source, found.files, found.configs)
        splits = {}
        for split, names in chosen.items():
            files = [found.files[name] for name in names]
            hashes = [(Path(file.name).name, file.hash or found.commit) for file in files]
            splits[split] = Files(hashes, partial(_fetched, repository, found.commit, files))
        return form, splits


def _fetched(repository: Repository, commit: str, files: Sequence[Remote], number: int) -> Path:
    return repository.fetch(commit, files[number])


def _reader(source: HubSource, form: Form, splits: Mapping[str, Sequence[Path]]) -> Reader:
    common = {"path": Path(source.repo), "id": source.id, "max_bytes": source.max_bytes}  # the path is never looked at
    if form == "parquet":
        return ParquetReader(ParquetSource(format=form, **common), splits)
    if form == "jsonl":
        return JsonlReader(JsonlSource(format=form, **common), splits)
    return DelimitedReader(DelimitedSource(format=form, **common), splits)
