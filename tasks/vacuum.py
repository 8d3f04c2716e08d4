"""Vacuum: free the disk that a Delta table holds for versions nobody reads any more. Rows stay as they are."""

from functools import partial
from pathlib import Path
from typing import NamedTuple

from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import PostCommitHookProperties

from tasks.aged import size

DAYS = 7  # Delta's own age: nobody reads a version, or writes a file before it is committed, for longer than that
LOG = "_delta_log"
KEPT, BY_ITSELF = "delta.logRetentionDuration", "delta.enableExpiredLogCleanup"  # Delta keeps 30 days if not told

# Of every commit: checkpoints as Delta makes them, but no cleaning. Two writers that clean an old log at once find each other's files
# gone, and one fails after its rows are in (deltalake 1.6: of three writers on a log of 31 days one within 1.2 s).
HOOKS = PostCommitHookProperties(cleanup_expired_logs=False)


class Freed(NamedTuple):
    """What went, or would go."""

    files: int
    bytes: int


def vacuum(folder: Path, days: int = DAYS, dry_run: bool = False) -> Freed:
    """Remove the data files that no version of the last `days` days names, and the log entries before them.

    Others may read and write meanwhile: a reader holds a version younger than that, and what is being written is younger too.
    days: from 1. A kill leaves files that the next call removes.
    """
    if not folder.is_dir() or not DeltaTable.is_deltatable(str(folder)):
        return Freed(0, 0)
    table = DeltaTable(str(folder))
    clean = partial(table.vacuum, retention_hours=days * 24, enforce_retention_duration=False, full=True, post_commithook_properties=HOOKS)
    named = [folder.joinpath(*name.split("/")) for name in clean(dry_run=True)]
    gone = [path for path in named if path.exists()]  # it names what went before, too
    before = {path: size(path) for path in gone}
    if not dry_run:
        before |= {path: size(path) for path in (folder / LOG).iterdir()}
        if gone:
            clean(dry_run=False)
        _shorten(DeltaTable(str(folder)), days)
        before = {path: freed for path, freed in before.items() if not path.exists()}
    return Freed(len(before), sum(before.values()))


def _shorten(table: DeltaTable, days: int) -> None:
    """Remove the log before the last checkpoint, where it is older than that, and make a new one for the next time.

    Not the other way round: who opens the table just now may have been sent to the last checkpoint, which so is still there.
    """
    wanted = {KEPT: f"interval {days} days", BY_ITSELF: "false"}  # else making a checkpoint cleans as well
    try:
        if not wanted.items() <= table.metadata().configuration.items():
            table.alter.set_table_properties(wanted, post_commithook_properties=HOOKS)
        table.cleanup_metadata()
        table.create_checkpoint()
    except CommitFailedError:  # others write just now: the next time does it
        return
