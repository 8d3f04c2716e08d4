"""Behind `babelmill census`: a crawl, the changelog between two snapshots, sources worth translating."""

import re
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
from huggingface_hub import constants
from pydantic import ValidationError

from flows.census import Census, Options, census, glance
from flows.locks import alone
from flows.progress import Silent
from flows.settings import settings
from schemas.census import Query
from schemas.errors import RecipeError
from schemas.languages import language
from tasks.census.budget import LISTS, Budget
from tasks.census.compare import changes as changelog
from tasks.census.compare import counters
from tasks.census.history import History
from tasks.census.journal import Journal
from tasks.census.suggest import columns_of, pick, skeleton
from tasks.census.suggest import suggest as worth_translating
from tasks.patience import Patience

WIDE = 100  # characters of an id or value
SHOWN = 20  # lines of a table on the terminal
MOST = 2_000  # datasets that --suggest looks at: the most downloaded, two pages of each list


@dataclass(frozen=True)
class Asked:
    """The options of the command line and the Prefect form, flat."""

    languages: str | None = None
    tasks: str | None = None
    modality: str | None = None
    author: str | None = None
    endpoint: str | None = None
    limit: int | None = None
    cards: int = 500
    calls: int = LISTS


def run(asked: Asked, shown: Silent) -> dict[str, Any]:
    """Crawl, add a snapshot, release; the summary."""
    with shown:
        return summary(census(query(asked), settings().home, options(asked, shown.say)))


def summary(done: Census) -> dict[str, Any]:
    """A census in numbers, with its changelog."""
    account, snapshot = done.snapshot.account, done.snapshot
    rows = snapshot.changes
    return {
        "name": snapshot.query.name,
        "snapshot": snapshot.number or None,
        "path": str(done.path),
        "datasets": snapshot.census.height,
        "found": {" ".join(each.filters): each.found for each in account.listings if each.found},
        "failed": {" ".join(each.filters): each.failed for each in account.listings if each.failed},
        "kept": account.kept,
        "several_licences": snapshot.census.filter(pl.col("licences").list.len() > 1).height,
        "language_kinds": dict(snapshot.census["language_kind"].value_counts().sort("language_kind").rows()),
        "licence_classes": dict(snapshot.census["licence_class"].value_counts().sort("licence_class").rows()),
        "pages": account.pages,
        "cards": account.cards,
        "calls": done.calls,
        "seconds": round(done.seconds, 1),
        **_changes(rows),
    }


def changes(asked: Asked, between: str) -> dict[str, Any]:
    """What changed between two snapshots of a census, and the counters that differ, apart."""
    wanted = query(asked)
    history = History(settings().home / "census" / wanted.name / "history")
    parts = re.fullmatch(r"(\d*)\.\.(\d*)", between.strip())
    if parts is None:
        raise RecipeError(f"--changes {between}: expected two snapshots, as in 3..5, or `..` for the last two.")
    new = int(parts[2] or history.last())
    old = int(parts[1] or new - 1)
    if old >= new > 0:
        raise RecipeError(f"--changes {between}: the first snapshot is the older one, as in 3..5.")
    for number in (old, new):
        history.account(number)  # raises where there is none
    before, after = history.state(old), history.state(new)
    moved = counters(before, after)
    top = [{"id": name, "old": was, "new": now} for name, was, now in moved.head(SHOWN).rows()]
    return {
        "name": wanted.name,
        "from": old,
        "to": new,
        **_changes(changelog(before, after)),
        "downloads": {"differ": moved.height, "top": top},
    }


def suggest(asked: Asked, source_language: str, source: str | None, shown: Silent) -> dict[str, Any]:
    """Datasets in one language that are worth translating, why the others are not, and a recipe for one."""
    reading, targets = language(source_language), [language(alias) for alias in _list(asked.languages)]
    wanted = query(replace(asked, languages=source_language, modality=asked.modality or "text", limit=asked.limit or MOST))
    folder = settings().home / "census" / f"{wanted.name}-suggest"
    with shown, alone(folder / ".lock", f"census {folder.name}"):
        how = options(replace(asked, cards=0), shown.say)
        journal = Journal(folder / "crawl", wanted, how.now)
        seen, _ = glance(wanted, journal, how)
        table = seen.census
        worth, excluded = worth_translating(table, reading, targets, wanted.tasks)
        row = pick(worth, table, source)
        recipe = None
        if row:
            columns, config = columns_of(wanted.endpoint, row["id"], Budget(asked.calls), Patience(say=shown.say))
            recipe = skeleton(row, reading, targets, columns, config)
        journal.close()
    names = ["id", "downloads", "likes", "size", "tasks", "licences", "licence_class", "languages"]
    failed = {" ".join(each.filters): each.failed for each in seen.account.listings if each.failed}
    top = worth.select(names).head(SHOWN).to_dicts()
    return {"looked_at": table.height, "worth": worth.height, "excluded": excluded, "failed": failed, "sources": top, "recipe": recipe}


def query(asked: Asked) -> Query:
    """What the options mean. Raises RecipeError on what no query can be."""
    if not (asked.languages or asked.tasks or asked.author):
        raise RecipeError("what should be counted? Name --languages, --tasks or --author: the whole Hub has half a million datasets.")
    values = {"languages": _list(asked.languages), "tasks": _list(asked.tasks), "modality": asked.modality, "author": asked.author}
    try:
        return Query.model_validate({**values, "endpoint": asked.endpoint or constants.ENDPOINT, "limit": asked.limit})
    except ValidationError as error:
        faults = "; ".join(f"--{fault['loc'][0]!s}: {fault['msg'].removeprefix('Value error, ')}" for fault in error.errors())
        raise RecipeError(faults) from None


def options(asked: Asked, say: Any) -> Options:
    """How to go about it."""
    if asked.calls < 1 or asked.cards < 0:
        raise RecipeError("--calls is a number from 1, --cards one from 0.")
    return Options(cards=asked.cards, calls=asked.calls, say=say)


def census_text(found: dict[str, Any]) -> str:
    """A summary as a person reads it."""
    lines = [f"{tags or 'all'}: {count:,}" for tags, count in found["found"].items()]
    lines += [f"NOT COMPLETE {tags}: {why}" for tags, why in found["failed"].items()]
    if found["failed"]:
        lines.append(f"{found['kept']:,} datasets that were known and not seen are as they were before")
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in found["language_kinds"].items())
    lines.append(f"\n{found['datasets']:,} datasets ({kinds}); {found['several_licences']:,} with several licences")
    lines.append(", ".join(f"{kind} {count:,}" for kind, count in found["licence_classes"].items()))
    if (found["snapshot"] or 0) > 1:
        lines += ["", *_changed(found)]
    lines.append(f"\n{found['pages']:,} pages and {found['cards']:,} cards in {found['calls']:,} calls; {found['seconds']} s")
    return "\n".join(
        [*lines, f"{found['name']} {'snapshot ' + str(found['snapshot']) if found['snapshot'] else 'preview'}: {found['path']}"]
    )


def changes_text(found: dict[str, Any]) -> str:
    """A changelog as a person reads it."""
    lines = [f"{found['name']}, snapshot {found['from']} to {found['to']}", *_changed(found)]
    lines.append(f"downloads of 30 days (a counter, no change): differ in {found['downloads']['differ']:,} datasets")
    return "\n".join([*lines, *(f"  {each['id']}: {each['old']:,} -> {each['new']:,}" for each in found["downloads"]["top"])])


def suggest_text(found: dict[str, Any]) -> str:
    """Sources as a person reads them."""
    lines = [f"{'dataset':52} {'downloads':>9} {'size':11} {'licence':16} tasks"]
    for row in found["sources"]:
        licences = ", ".join(row["licences"])
        lines.append(f"{row['id']:52} {row['downloads'] or 0:>9,} {row['size']:11} {licences:16} {', '.join(row['tasks'])}".rstrip())
    lines.append(f"\n{found['worth']:,} of {found['looked_at']:,} looked at; not the others:")
    lines += [f"  {count:>6,}  {why}" for why, count in found["excluded"].items()]
    lines += [f"NOT COMPLETE {tags}: {why}" for tags, why in found["failed"].items()]
    return "\n".join([*lines, "", found["recipe"] or "Nothing to write a recipe for."])


def _changes(rows: pl.DataFrame) -> dict[str, Any]:
    """A changelog as lists: new, removed, and the changed with what each of their fields was and is."""
    changed: dict[str, dict[str, list[str | None]]] = {}
    for name, field, old, new in rows.filter(pl.col("change") == "changed").select("id", "field", "old", "new").rows():
        changed.setdefault(name, {})[field] = [old, new]
    named = {change: rows.filter(pl.col("change") == change)["id"].to_list() for change in ("new", "removed")}
    return {**named, "changed": changed}


def _changed(found: dict[str, Any]) -> list[str]:
    lines = []
    for change in ("new", "removed", "changed"):
        names = found[change]
        lines.append(f"{change}: {len(names):,}")
        for name in list(names)[:SHOWN]:
            fields = (
                ", ".join(f"{field}: {_cut(old)} -> {_cut(new)}" for field, (old, new) in names[name].items())
                if change == "changed"
                else ""
            )
            lines.append(f"  {_cut(name)} ({fields})" if fields else f"  {_cut(name)}")
        if len(names) > SHOWN:
            lines.append(f"  and {len(names) - SHOWN:,} more: config `changes` of the release, or --json")
    return lines


def _cut(text: str | None) -> str:
    """Text of others in a line: printable, and not too long."""
    line = "".join(c for c in text or "none" if c.isprintable())
    return line if len(line) <= WIDE else f"{line[: WIDE - 1]}…"


def _list(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]
