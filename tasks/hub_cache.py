"""The cache of huggingface_hub on this disk: what of it nobody goes on with, or nobody uses."""

import time
from contextlib import suppress
from pathlib import Path

from tasks.aged import DAY, older, size
from tasks.vacuum import Freed


def remove_partial(days: int, dry_run: bool = False) -> Freed:
    """Remove downloads that were broken off and have not gone on for `days` days."""
    from huggingface_hub import constants

    found = {path: size(path) for path in Path(constants.HF_HUB_CACHE).glob("*/blobs/*.incomplete") if older(path, days)}
    for path in [] if dry_run else found:
        with suppress(PermissionError):  # a cache that others share: theirs are theirs to remove
            path.unlink(missing_ok=True)
    went = [freed for path, freed in found.items() if dry_run or not path.exists()]
    return Freed(len(went), sum(went))


def remove_unused(days: int, dry_run: bool = False) -> Freed:
    """Remove revisions of which no file was read for `days` days, whoever fetched them: they can be fetched again.

    A disk that is mounted without access times (noatime) tells when they were fetched instead.
    """
    from huggingface_hub import constants, scan_cache_dir

    if not Path(constants.HF_HUB_CACHE).is_dir():
        return Freed(0, 0)
    cache, limit = scan_cache_dir(constants.HF_HUB_CACHE), time.time() - days * DAY
    idle = [
        revision.commit_hash
        for repo in cache.repos
        for revision in repo.revisions
        if max([revision.last_modified, *(file.blob_last_accessed for file in revision.files)]) < limit
    ]
    going = cache.delete_revisions(*idle)
    if not dry_run:
        going.execute()
    return Freed(len(idle), going.expected_freed_size)
