"""Listing: what the Hub says of a dataset at one commit. It never changes, so it is asked for once and kept beside the files."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from huggingface_hub import DatasetInfo, HfApi, constants
from huggingface_hub.file_download import repo_folder_name
from pydantic import BaseModel, ConfigDict, ValidationError

from tasks.fetch import PATIENCE, Remote
from tasks.hub import COMMIT, Repository
from tasks.patience import patiently

LONGEST = 200  # characters of a licence's name that are kept


class Listing(BaseModel):
    """The files of a commit, and what its card says of them."""

    model_config = ConfigDict(frozen=True)

    repo: str
    commit: str
    license: str | None
    configs: list[Any]
    files: dict[str, Remote]


def listing(repo: str, revision: str | None) -> Listing:
    """The listing of the commit that a revision (without it main) names now. Of a commit that is known nobody is asked."""
    if revision and COMMIT.fullmatch(revision) and (known := _known(_place(repo, revision))):
        return known
    repository = Repository("dataset", repo, revision)
    with repository.explained():
        info = patiently(
            lambda: HfApi().dataset_info(repo, revision=revision, files_metadata=True), what=repository.where, patience=PATIENCE
        )
    found = _of(info, repository.commit(info))
    _keep(found, {_place(name, found.commit) for name in (repo, found.repo)})
    return found


def _of(info: DatasetInfo, commit: str) -> Listing:
    card: Any = info.card_data or {}
    configs = card.get("configs")
    files = {sibling.rfilename: Remote.of(sibling) for sibling in info.siblings or ()}
    configs = [config for config in configs if isinstance(config, dict)] if isinstance(configs, list) else []
    return Listing(repo=info.id, commit=commit, license=_license(card.get("license")), configs=configs, files=files)


def _license(said: object) -> str | None:
    """Several licences are all kept: which of them binds is not ours to choose."""
    several = said if isinstance(said, list) else [said]
    names = [" ".join(each.split())[:LONGEST] for each in several if isinstance(each, str)]
    return ", ".join(name for name in names if name) or None


def _place(repo: str, commit: str) -> Path:
    return Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repo, repo_type="dataset") / "babelmill" / f"{commit}.json"


def _known(place: Path) -> Listing | None:
    try:
        return Listing.model_validate_json(place.read_bytes())
    except (OSError, ValidationError):  # not there, or not whole: it is asked for again
        return None


def _keep(found: Listing, places: set[Path]) -> None:
    for place in places:
        with suppress(OSError):  # a cache that may only be read: it is asked for again
            place.parent.mkdir(parents=True, exist_ok=True)
            partial = place.with_suffix(f".{os.getpid()}.incomplete")
            partial.write_text(found.model_dump_json(), "utf-8")
            partial.replace(place)
