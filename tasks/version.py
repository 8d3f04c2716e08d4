"""Version: the number of a release by what it changed, so that a reader knows what a new one may break."""

from tasks.diff import Changes

NAMED = 3  # configs that a reason names


def next_version(last: str, changes: Changes | None) -> tuple[str, str]:
    """(version, why) after `last`, as semantic versions have it, for data.

    major: a reader may miss something or stumble: a config, a column or a row has gone, or the columns are others.
    minor: there is more: configs or rows. patch: all else, corrections.
    changes: what differs; None where the files of `last` are damaged, so that nothing can be promised.
    """
    major, minor, patch = numbers(last)
    if changes is None:
        return f"{major + 1}.0.0", f"the files of {last} are damaged and cannot be compared"
    both = {name: each for name, each in changes.configs.items() if each.presence == "both"}
    breaking = {
        "removed": [name for name, each in changes.configs.items() if each.presence == "removed"],
        "other columns in": [name for name, each in both.items() if each.columns],
        "rows removed from": [f"{name} ({each.removed:,})" for name, each in both.items() if each.removed],
    }
    more = {
        "added": [name for name, each in changes.configs.items() if each.presence == "added"],
        "rows added to": [f"{name} ({each.added:,})" for name, each in both.items() if each.added],
    }
    corrected = [f"{name} ({each.changed:,})" for name, each in both.items() if each.changed]
    for version, whys in ((f"{major + 1}.0.0", breaking), (f"{major}.{minor + 1}.0", more)):
        if why := "; ".join(f"{what} {_listed(names)}" for what, names in whys.items() if names):
            return version, why
    why = f"corrections in {_listed(corrected)}" if corrected else " of ".join(filter(None, ("corrections", ", ".join(changes.other))))
    return f"{major}.{minor}.{patch + 1}", why


def numbers(version: str) -> tuple[int, ...]:
    """1.10.0 as (1, 10, 0), which is in order. Raises ValueError where it is no version."""
    major, minor, patch = version.split(".")
    return int(major), int(minor), int(patch)


def _listed(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= NAMED + 1 else f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"
