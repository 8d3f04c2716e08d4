"""The Hub: files of a dataset repository at one commit, fetched into the cache of huggingface_hub and read as any others."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from huggingface_hub import HfApi

from schemas.sources import DelimitedSource, HubSource, JsonlSource, ParquetSource
from tasks.hub import COMMIT, Repository
from tasks.read import Part, Reader
from tasks.read.delimited import DelimitedReader
from tasks.read.hub_files import Form, choose
from tasks.read.jsonl import JsonlReader
from tasks.read.parquet import ParquetReader


def pinned(source: HubSource) -> HubSource:
    """The source at the commit that its revision names now, under the repository's own name. A commit asks nobody."""
    if source.revision and COMMIT.fullmatch(source.revision):
        return source
    repository = Repository("dataset", source.repo, source.revision)
    with repository.explained():
        info = HfApi().dataset_info(source.repo, revision=source.revision)
    return source.model_copy(update={"repo": info.id, "revision": repository.commit(info)})


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
        repository = Repository("dataset", source.repo, source.revision)
        with repository.explained():
            info = HfApi().dataset_info(source.repo, revision=source.revision, files_metadata=True)
        files = {sibling.rfilename: sibling for sibling in info.siblings or ()}
        form, chosen = choose(source, files, info.card_data.get("configs") if info.card_data else None)
        commit = repository.commit(info)
        splits = {split: [repository.fetch(commit, files[name]) for name in names] for split, names in chosen.items()}
        return _reader(source, form, splits)


def _reader(source: HubSource, form: Form, splits: dict[str, list[Path]]) -> Reader:
    path = next(files[0] for files in splits.values())  # for messages alone
    if form == "parquet":
        return ParquetReader(ParquetSource(format=form, path=path, id=source.id), splits)
    if form == "jsonl":
        return JsonlReader(JsonlSource(format=form, path=path, id=source.id), splits)
    return DelimitedReader(DelimitedSource(format=form, path=path, id=source.id), splits)
