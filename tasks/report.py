"""Report: the report.html of a release, one file that a browser shows without asking anything of the network.

Its numbers are those of the manifest, its texts those of the release's Parquet files.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path

import jinja2
from markupsafe import Markup

from schemas.languages import language
from schemas.manifest import Config, Manifest, Projection, Split
from tasks.highlight import visible
from tasks.present import present
from tasks.sample import sample

METHODS = 5  # classes m1 to m5 of report.css
THINNEST = 1.0  # percent of a bar: what is there at all is seen
Account = tuple[str, Config, str, Split]  # config's name, config, split's name, split


def write_report(manifest: Manifest, folder: Path) -> None:
    """Write folder/report.html; folder holds the release's Parquet files."""
    (folder / "report.html").write_text(report(manifest, folder), "utf-8")


def report(manifest: Manifest, folder: Path) -> str:
    """The report as HTML."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: visible(value) if isinstance(value, str) else value,
    )
    environment.filters.update(count=count)
    environment.globals.update(language=language, share=share, bar=bar)
    rows = accounts(manifest, "source", "translation")
    translated = [split for _, config, _, split in rows if config.kind == "translation"]
    others = accounts(manifest, "code-switch", "transliterate", "behaviors")
    projections = [(name, config, s, split.projection) for name, config, s, split in rows if split.projection]
    methods = _names(p.methods for *_, p in projections)
    colours = [(f"m{i % METHODS + 1}", method) for i, method in enumerate(methods)]
    taken = sample(manifest, folder)
    blocks = present(manifest, taken) if taken else []

    def placed(projection: Projection) -> list[tuple[str, str, int]]:
        found = [(kind, name, projection.methods.get(name, 0)) for kind, name in colours]
        return [*found, ("bad", "dropped", projection.spans - projection.projected)]

    return environment.get_template("report.html.j2").render(
        m=manifest,
        targets=[config for config in manifest.configs.values() if config.kind == "translation"],
        rows=rows,
        total=_total(translated),
        checks=_checks(manifest, translated),
        fired=any(split.reasons for split in translated),
        projections=projections,
        methods=methods,
        reasons=_names(p.dropped for *_, p in projections),
        method_keys=colours,
        placed=placed,
        others=others,
        counted=_names(split.counts for *_, split in others),
        split=taken.split if taken else None,
        rows_shown=len(taken.ids) if taken else 0,
        blocks=blocks,
        marked=any(block.legend for block in blocks),
        switched=any(line.kind == "code-switch" for block in blocks for line in block.lines),
    )


def accounts(manifest: Manifest, *kinds: str) -> list[Account]:
    """Every split of the configs of some kinds."""
    return [
        (name, config, split, account)
        for name, config in manifest.configs.items()
        if config.kind in kinds
        for split, account in config.splits.items()
    ]


def count(number: int) -> str:
    """12345 as 12,345."""
    return f"{number:,}"


def share(part: int, whole: int) -> str:
    """A share as a percentage that says 0 or 100 only where it is none or all; empty where there is nothing to share."""
    if not whole:
        return ""
    if part in (0, whole):
        return "0 %" if part == 0 else "100 %"
    return f"{min(max(100 * part / whole, 0.1), 99.9):.1f} %"


def bar(parts: Sequence[tuple[str, str, int]]) -> Markup:
    """A bar as SVG: (class, name, number) of each part. No part that is there is thinner than THINNEST."""
    whole = sum(number for *_, number in parts)
    if not whole:
        return Markup()
    widths = [max(100 * number / whole, THINNEST) if number else 0.0 for *_, number in parts]
    widths = [100 * width / sum(widths) for width in widths]
    label = ", ".join(f"{name} {share(number, whole)}" for _, name, number in parts if number)
    drawn = Markup().join(
        Markup('<rect class="{}" x="{:.2f}" width="{:.2f}" height="8"/>').format(kind, end - width, width)
        for (kind, *_), width, end in zip(parts, widths, accumulate(widths), strict=True)
        if width
    )
    frame = Markup('<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="{}"><title>{}</title>{}</svg>')
    return frame.format(label, label, drawn)


def _total(splits: Sequence[Split]) -> dict[str, int]:
    """What the translations amount to."""
    projections = [split.projection for split in splits if split.projection]
    total = {name: sum(getattr(split, name) for split in splits) for name in ("rows_in", "rows_out", "set_aside", "rejected", "fields")}
    total |= {verdict: sum(split.verdicts.get(verdict, 0) for split in splits) for verdict in ("accept", "flag", "reject")}
    return total | {"spans": sum(p.spans for p in projections), "projected": sum(p.projected for p in projections)}


def _checks(manifest: Manifest, splits: Sequence[Split]) -> dict[str, str]:
    """Each check of the recipe, and any other that fired, and what it does."""
    asked = manifest.recipe.get("checks", {})
    known = {name: verb for verb in ("reject", "flag") for name in asked.get(verb, ())}
    return known | {name: "" for name in _names(split.reasons for split in splits) if name not in known}


def _names(counters: Iterable[Mapping[str, int]]) -> list[str]:
    """Every key, the names in order."""
    return sorted({name for counter in counters for name in counter})
