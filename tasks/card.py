"""Card: the README.md of a release, all of its numbers from the manifest, whose numbers come from the files."""

import re
from pathlib import Path
from typing import Any

import jinja2
import yaml

from schemas.languages import language
from schemas.manifest import Manifest
from tasks.models.licence import licence_warning

TAGS = {"code-switch": "code-switching", "transliterate": "transliteration"}
_SIZES = [
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
]


def write_card(manifest: Manifest, folder: Path) -> None:
    """Write folder/README.md."""
    (folder / "README.md").write_text(card(manifest), "utf-8")


def card(manifest: Manifest) -> str:
    """The card as Markdown, with the YAML header that `datasets` and the Hub read."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=False,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(plain=plain, code=code)
    environment.globals["language"] = language
    environment.globals["warning"] = licence_warning(manifest.engine.license, manifest.license)
    kinds = {config.kind: config for config in reversed(manifest.configs.values())}
    translated = [name for name, config in manifest.configs.items() if config.kind == "translation"]
    fired = any(split.reasons for config in manifest.configs.values() for split in config.splits.values())
    tried = any(split.tried for config in manifest.configs.values() for split in config.splits.values())
    aside = [file for file in manifest.files if file.rows]
    header = yaml.safe_dump(_header(manifest), allow_unicode=True, sort_keys=False, width=1000)
    return environment.get_template("card.md.j2").render(
        m=manifest, header=header, fired=fired, tried=tried, aside=aside, kinds=kinds, translated=translated
    )


def plain(text: object) -> str:
    """Text of others as one line of Markdown: no HTML, no table cell, no markup of theirs."""
    line = " ".join(str(text).split())
    for character in "\\`*_[]|":
        line = line.replace(character, f"\\{character}")
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def code(text: object) -> str:
    """Text of others as one span of code, which no backtick of theirs can close."""
    line = " ".join(str(text).split())
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    return f"{fence} {line} {fence}" if "`" in line else f"`{line}`"


def _header(manifest: Manifest) -> dict[str, Any]:
    rows = sum(split.rows_out for config in manifest.configs.values() for split in config.splits.values())
    codes = [language(config.language) for config in manifest.configs.values()]
    content = f"sha256 of the content: {manifest.content()}"  # `datasets` knows a folder by its last name and this header alone
    return {
        "pretty_name": manifest.title,
        "license": manifest.license,
        "language": list(dict.fromkeys(lang.iso639_1 or lang.iso639_3 for lang in codes)),
        "size_categories": [next((name for limit, name in _SIZES if rows < limit), "1B<n<10B")],
        "task_categories": ["translation"],
        "tags": ["babelmill", "machine-translated", *dict.fromkeys(TAGS[c.kind] for c in manifest.configs.values() if c.kind in TAGS)],
        "configs": [
            {
                "config_name": name,
                "description": content,
                "data_files": [{"split": split, "path": f"{name}/{split}-*.parquet"} for split, s in config.splits.items() if s.rows_out],
                **({"default": True} if name == manifest.language else {}),
            }
            for name, config in manifest.configs.items()
            if any(split.rows_out for split in config.splits.values())
        ],
    }
