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
    head = f"{'config':12} {'split':6} {'rows in':>9} {'out':>9} {'aside':>6} {'rejected':>8}"
    print(f"\n{head} {'fields':>9} {'flagged':>8} {'rej. fields':>11}")
    for code, config in release.manifest.configs.items():
        for split, s in config.splits.items():
            rows = f"{s.rows_in:>9,} {s.rows_out:>9,} {s.set_aside:>6,} {s.rejected:>8,}"
            fields = f"{s.fields:>9,} {s.verdicts.get('flag', 0):>8,} {s.verdicts.get('reject', 0):>11,}"
            print(f"{code:12} {split:6} {rows} {fields if config.kind == 'translation' else ''}".rstrip())
    for line in samples(release.path, release.manifest):
        print(line)
    sentences = f"{run['translated']:,} of {run['sentences']:,} sentences translated, {run['from_memory']:,} remembered"
    print(f"\n{sentences}; {run['seconds']['all']:.1f} s")
    path = _short(release.path)
    print(f"{release.manifest.name} {release.manifest.version} ({release.change}): {path}")
    if release.change != "preview":
        last = list(release.manifest.configs)[-1]
        print(f'\n  datasets.load_dataset("{path}", "{last}")\n  polars.scan_parquet("{path}/{last}/*.parquet")')


def samples(path: Path, manifest: Manifest) -> list[str]:
    """The first field of the first rows of the source, in every config."""
    field, key = manifest.recipe["fields"][0], manifest.source.id
    tables: dict[str, dict[object, str | None]] = {}
    for code, config in manifest.configs.items():
        shard = path / next(iter(config.splits.values())).files[0].path
        tables[code] = dict(pl.read_parquet(shard, columns=[key, field], glob=False).select(key, field).rows())
    lines = []
    for row in list(tables[manifest.language])[:SAMPLES]:
        lines.append("")
        lines += [f"  {code:9} {_cut(texts.get(row))}" for code, texts in tables.items()]
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


def _cut(text: str | None) -> str:
    """One line of at most 100 characters, none of which a terminal obeys."""
    line = " ".join("".join(c for c in text or "-" if c.isprintable() or c in _SHOWN).split())
    return line if len(line) <= 100 else line[:99] + "…"


def _short(path: Path) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
