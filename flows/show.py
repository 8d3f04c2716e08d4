"""Results as a person reads them on a terminal."""

import os
import sys
from pathlib import Path
from typing import Any

import polars as pl

from flows.build import Built
from schemas.manifest import Manifest

SAMPLES = 3  # rows shown after a build
_SHOWN = " \n\t\u00a0\u200c\u200d"  # not printable to Python, but Indic and Persian text is made with the joiners


def built(result: Built) -> None:
    """The account of every config, some rows, and how to load the release."""
    run, release = result.run, result.release
    wide = max(map(len, release.manifest.configs))
    head = f"{'config':{wide}} {'split':6} {'rows in':>9} {'out':>9} {'aside':>6} {'rejected':>8}"
    print(f"\n{head} {'fields':>9} {'flagged':>8} {'rej. fields':>11}")
    for code, config in release.manifest.configs.items():
        for split, s in config.splits.items():
            rows = f"{s.rows_in:>9,} {s.rows_out:>9,} {s.set_aside:>6,} {s.rejected:>8,}"
            fields = f"{s.fields:>9,} {s.verdicts.get('flag', 0):>8,} {s.verdicts.get('reject', 0):>11,}"
            print(f"{code:{wide}} {split:6} {rows} {fields if config.kind == 'translation' else ''}".rstrip())
    for line in (*projections(release.manifest), *counts(release.manifest)):
        print(line)
    for line in samples(release.path, release.manifest):
        print(line)
    sentences = f"{run['translated']:,} of {run['sentences']:,} sentences translated, {run['from_memory']:,} remembered"
    print(f"\n{sentences}; {run['seconds']['all']:.1f} s")
    path = _short(release.path)
    print(f"{release.manifest.name} {release.manifest.version} ({release.change}): {path}")
    for warning in run["warnings"]:
        print(f"Licence: {warning}")
    if release.change != "preview":
        last = [name for name, config in release.manifest.configs.items() if config.kind == "translation"][-1]
        print(f'\n  datasets.load_dataset("{path}", "{last}")\n  polars.scan_parquet("{path}/{last}/*.parquet")')
    if published := run.get("published"):
        print(f"\nOn the Hub ({published['change']}): {published['url']}/tree/{published['tag']}")


def projections(manifest: Manifest) -> list[str]:
    """What became of the source's spans, a line for each language and split."""
    lines = [f"\n{'spans':12} {'split':6} {'source':>9} {'projected':>9} {'dropped':>8}"]
    for code, config in manifest.configs.items():
        for split, s in config.splits.items():
            if p := s.projection:
                reasons = ", ".join(f"{reason} {count:,}" for reason, count in p.dropped.items())
                lines.append(f"{code:12} {split:6} {p.spans:>9,} {p.projected:>9,} {p.spans - p.projected:>8,}  {reasons}".rstrip())
    return lines if len(lines) > 1 else []


def counts(manifest: Manifest) -> list[str]:
    """What else the configs counted, and what lies in rejected/."""
    told = [
        f"{name} {split}: " + ", ".join(f"{count:,} {what}" for what, count in s.counts.items())
        for name, config in manifest.configs.items()
        for split, s in config.splits.items()
        if s.counts
    ]
    told += [f"{file.path}: {file.rows:,} rows" for file in manifest.files if file.rows]
    return ["", *told] if told else []


def samples(path: Path, manifest: Manifest) -> list[str]:
    """The first field of the first rows of the source, in every config."""
    field, key = manifest.recipe["fields"][0], manifest.source.id
    tables: dict[str, dict[object, str | None]] = {}
    for code, config in manifest.configs.items():
        if config.kind == "behaviors":
            continue
        first = path / next(iter(config.splits.values())).files[0].path  # rows stand in the source's order, or are missing
        tables[code] = dict(pl.scan_parquet(first, glob=False).select(key, field).head(SAMPLES).collect().rows())
    lines, wide = [], max(map(len, tables))
    for row in tables[manifest.language]:
        lines.append("")
        lines += [f"  {code:{wide}} {cut(texts.get(row))}" for code, texts in tables.items()]
    return lines


def plan(found: dict[str, Any]) -> None:
    """A plan."""
    for code, values in found["languages"].items():
        print(f"{code:12} {values['sentences']:,} sentences, {values['from_memory']:,} in memory, {values['missing']:,} to translate")
    total = f"{found['rows']:,} rows, {found['segments']:,} segments, {found['tokens']:,} tokens to translate"
    print(f"{total}, about {found['seconds']:,.0f} s")


def releases(found: list[dict[str, Any]]) -> None:
    """Releases, oldest version first."""
    if not found:
        print("no releases yet: babelmill build RECIPE makes one", file=sys.stderr)
    for each in found:
        rows = ", ".join(f"{config} {count:,}" for config, count in each["rows"].items())
        print(f"{each['name']} {each['version']}  {rows}\n  {each['path']}")


def cut(text: str | None) -> str:
    """One line of at most 100 characters, none of which a terminal obeys."""
    line = " ".join("".join(c for c in text or "-" if c.isprintable() or c in _SHOWN).split())
    return line if len(line) <= 100 else line[:99] + "…"


def _short(path: Path) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
