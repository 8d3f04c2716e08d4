"""What a run came to, as Markdown: short pages for the UI, in which text of others stays text."""

from collections.abc import Iterable, Sequence
from typing import Any

from flows.build import Built
from schemas.manifest import Manifest, Split
from tasks.markdown import cell, code, plain


def built(result: Built) -> str:
    """A build: version, what was translated, what was kept back and why, what to mind, how to load it."""
    run, manifest, release = result.run, result.release.manifest, result.release
    seconds = ", ".join(f"{stage} {taken:,.1f}" for stage, taken in run["seconds"].items() if stage != "all")
    facts = {
        "version": f"{manifest.version} ({plain(release.change)})" if release.change != "preview" else "none: a preview",
        "where": cell(release.path),
        "source": cell(manifest.source.name),
        "model": cell(manifest.engine.model),
        "sentences": f"{run['sentences']:,}: {run['translated']:,} translated, {run['from_memory']:,} remembered",
        "seconds": f"{run['seconds']['all']:,.1f} ({seconds})",
    }
    parts = [f"# {plain(manifest.title)}", table(("", code(manifest.name)), facts.items())]
    parts += _section("Rows that are not in it", ("config", "split", "kept back", "why"), _kept_back(manifest))
    parts += _section("Spans that were dropped", ("language", "split", "dropped", "of", "why"), _dropped(manifest))
    if run["warnings"]:
        parts.append("## Licences\n\n" + "\n".join(f"- {plain(warning)}" for warning in run["warnings"]))
    if release.change != "preview":
        last = [name for name, config in manifest.configs.items() if config.kind == "translation"][-1]
        parts.append(f'```python\ndatasets.load_dataset("{release.path}", "{last}")\n```')
    return "\n\n".join(parts) + "\n"


def published(told: dict[str, Any]) -> str:
    """A publication, as flows.publish_commands tells it."""
    facts = {
        "where": f"[{plain(told['repo'])} {plain(told['tag'])}]({told['url']}/tree/{told['tag']})",
        "what was done": plain(told["change"]),
        "commit": code(told["commit"]),
        "readers": "its owner alone" if told["private"] else "everybody",
        "files": f"{len(told['sent']):,} of {told['files']:,} sent, {len(told['deleted']):,} deleted",
        "bytes": f"{told['new_bytes']:,} new of {told['bytes']:,}",
        "seconds": f"{told['seconds']:,.1f}",
    }
    return _licensed(told, table(("", code(f"{told['name']} {told['version']}")), facts.items()))


def rehearsed(told: dict[str, Any]) -> str:
    """What a publication would do, as flows.publish_commands tells it."""
    facts = {
        "where": cell(told["repo"]),
        "it would": plain(told["would"]),
        "readers": "its owner alone" if told["private"] else "everybody",
        "bytes": f"{told['new_bytes']:,} new ({told['new_bytes_are']}) of {told['bytes']:,}",
    }
    refused = f"\n\n**Refused:** {plain(told['refused'])}" if told["refused"] else ""
    return _licensed(told, table(("", code(f"{told['name']} {told['version']}")), facts.items()) + refused)


def counted(told: dict[str, Any]) -> str:
    """A census, as flows.census_commands tells it."""
    number = f"snapshot {told['snapshot']}" if told["snapshot"] else "a trial, which enters no history"
    facts = {
        "datasets": f"{told['datasets']:,}, {len(told['new']):,} new, {len(told['removed']):,} removed, {len(told['changed']):,} changed",
        "which": number,
        "where": cell(told["path"]),
        "licences": ", ".join(f"{plain(kind)} {count:,}" for kind, count in told["licence_classes"].items()),
        "read": f"{told['pages']:,} pages, {told['cards']:,} cards, {told['calls']:,} calls, {told['seconds']:,} s",
    }
    parts = [table(("", code(told["name"])), facts.items())]
    parts += _section("Not complete", ("list", "why"), [(cell(tags), plain(why)) for tags, why in told["failed"].items()])
    parts += _section("New", ("dataset",), [(cell(name),) for name in told["new"][:20]])
    return "\n\n".join(parts) + "\n"


def kept_up(told: dict[str, Any]) -> str:
    """An upkeep, as flows.maintain tells it."""
    freed = "would be freed" if told["dry_run"] else "freed"
    lines = [f"{told['bytes'] / 1e6:,.1f} MB {freed} in {cell(told['home'])}; {told['seconds']:,} s"]
    if told["faults"]:
        lines.append("## What a person must mend\n\n" + "\n".join(f"- {plain(fault)}" for fault in told["faults"]))
    return "\n\n".join(lines) + "\n"


def rows(manifest: Manifest) -> list[dict[str, Any]]:
    """One line per config and split: the account of its rows, as the release's manifest has it."""
    counts = {"rows_in", "rows_out", "set_aside", "rejected", "fields"}
    return [
        {"config": name, "split": split, **account.model_dump(include=counts), **account.verdicts, **_projected(account)}
        for name, config in manifest.configs.items()
        for split, account in config.splits.items()
    ]


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *lines))


def _section(title: str, head: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    return [f"## {title}\n\n{table(head, lines)}"] if lines else []


def _licensed(told: dict[str, Any], page: str) -> str:
    reasons = "\n".join(f"- {plain(reason)}" for reason in told["reasons"])
    return f"{page}\n\n## Licences: {plain(told['level'])}\n\n{reasons}\n"


def _kept_back(manifest: Manifest) -> list[tuple[str, ...]]:
    """Rows that could not be read, or that a check kept back; and fields that a check emptied."""
    found: list[tuple[str, ...]] = []
    for name, config in manifest.configs.items():
        for split, s in config.splits.items():
            fields = s.verdicts.get("reject", 0)
            counts = {"rows that could not be read": s.set_aside, "rows rejected": s.rejected, "fields rejected": fields}
            if told := [f"{count:,} {what}" for what, count in counts.items() if count]:
                reasons = ", ".join(f"{plain(reason)} {count:,}" for reason, count in s.reasons.items())
                found.append((cell(name), cell(split), ", ".join(told), reasons if s.rejected or fields else ""))
    return found


def _dropped(manifest: Manifest) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, config in manifest.configs.items():
        for split, s in config.splits.items():
            if s.projection and s.projection.dropped:
                why = ", ".join(f"{plain(reason)} {count:,}" for reason, count in s.projection.dropped.items())
                dropped = s.projection.spans - s.projection.projected
                found.append((cell(name), cell(split), f"{dropped:,}", f"{s.projection.spans:,}", why))
    return found


def _projected(account: Split) -> dict[str, int]:
    """Spans of the source and those that have a place in the translation; nothing where none were carried over."""
    return account.projection.model_dump(include={"spans", "projected"}) if account.projection else {}
