"""The YAML header of a card: what the Hub and the library datasets read of a release.

dataset_info was tried with a release of ten configs: datasets 5.2.0 loads a config, one file of it (data_files=), a folder
(data_dir=) and streams with it; a config that lacks a file is then an error (NonMatchingSplitsSizesError) instead of fewer
rows. datasets 4.4 and 5.0 refuse with that error one file of a config too (datasets #7867); load_dataset("parquet",
data_files=...) works in all of them, and the card says so.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.languages import language
from schemas.licences import licence
from schemas.manifest import Config, File, Manifest
from tasks.markdown import tidy

TAGS = {"code-switch": "code-switching", "transliterate": "transliteration"}
TASKS = {"conll": "token-classification", "squad": "question-answering"}  # of annotation formats, beside translation
FEATURED = 50  # configs at most whose columns are listed: with them datasets reads the headers of 50 in 0.5 s, of 200 in 1.3 s
_OURS = {"mind", "testing-only"}  # licences that the Hub does not list; nor Creative Commons without or in rare versions
_LISTED = re.compile(r"cc-by-(2\.0|2\.5|3\.0|4\.0)|cc-by-sa-[34]\.0|cc-by-nc(-sa)?-[234]\.0|cc-by-nd-4\.0|cc-by-nc-nd-[34]\.0")
_SIZES = [
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
    (10_000_000_000, "1B<n<10B"),
]
_DTYPES = {"float": "float32", "double": "float64", "halffloat": "float16", "date32[day]": "date32", "date64[ms]": "date64"}
_PLAIN = re.compile(r"u?int(8|16|32|64)|float(16|32|64)|bool|(large_)?(string|binary)|null|date(32|64)|timestamp\[(s|ms|us|ns)\]")


def header(manifest: Manifest, folder: Path) -> dict[str, Any]:
    """Keys in the order of the Hub's own template; folder holds the release's Parquet files."""
    configs = {name: config for name, config in manifest.configs.items() if any(s.rows_out for s in config.splits.values())}
    languages = list(dict.fromkeys(language(config.language) for config in manifest.configs.values()))
    rows = sum(split.rows_out for config in configs.values() for split in config.splits.values())
    translated = any(config.kind == "translation" for config in configs.values())
    kinds = dict.fromkeys(TAGS[config.kind] for config in configs.values() if config.kind in TAGS)
    content = f"sha256 of the content: {manifest.content()}"  # `datasets` knows a folder by its last name and this header alone
    return {
        "pretty_name": tidy(manifest.title),
        "language": list(dict.fromkeys(each.iso639_1 or each.iso639_3 for each in languages)),
        "language_details": list(dict.fromkeys(_tag(name, config) for name, config in manifest.configs.items())),
        **_licence(manifest.license),
        "annotations_creators": ["machine-generated" if manifest.recipe.get("project") else _annotated(manifest)],
        "language_creators": ["found", *(["machine-generated"] if translated else [])],
        "multilinguality": ["multilingual", "translation"] if translated else ["monolingual"],
        "size_categories": [next((name for limit, name in _SIZES if rows < limit), "10B<n<100B")],
        "source_datasets": [manifest.source.repo or f"extended|other-{manifest.source.format}"],
        "task_categories": list(dict.fromkeys(["translation", *_tasks(manifest)])),
        "tags": ["babelmill", "machine-translated", *kinds],
        "configs": [
            {
                "config_name": name,
                "description": content,
                "data_files": [{"split": split, "path": f"{name}/{split}-*.parquet"} for split, s in config.splits.items() if s.rows_out],
                **({"default": True} if name == manifest.language else {}),
            }
            for name, config in configs.items()
        ],
        "dataset_info": [_info(name, config, folder, len(configs) <= FEATURED) for name, config in configs.items()],
    }


def _tag(name: str, config: Config) -> str:
    """BCP 47: of a transliteration with the script it went to, which is the end of the config's name."""
    tag = language(config.language).bcp47
    return f"{tag.partition('-')[0]}-{name.rpartition('-')[2]}" if config.kind == "transliterate" else tag


def _licence(name: str) -> dict[str, str]:
    """The identifier of the Hub; of a licence that it does not list `other` with name and address."""
    found = licence(name)
    if found.id not in ("other", "unknown", *_OURS) and (not found.id.startswith("cc-by") or _LISTED.fullmatch(found.id)):
        return {"license": found.id}
    if found.id == "unknown" and found.name == "Unknown":
        return {"license": "unknown"}
    short = found.id if found.id not in ("other", "unknown") else re.sub(r"[^a-z0-9.]+", "-", found.name.casefold()).strip("-.")
    return {"license": "other", "license_name": short[:96] or "other", **({"license_link": found.url} if found.url else {})}


def _annotated(manifest: Manifest) -> str:
    return "found" if manifest.recipe.get("annotations") else "no-annotation"


def _tasks(manifest: Manifest) -> list[str]:
    formats = [manifest.source.format, *(each["format"] for each in manifest.recipe.get("annotations", ()))]
    spans = ["token-classification"] if manifest.recipe.get("project") and "squad" not in formats else []
    return [*(TASKS[each] for each in formats if each in TASKS), *spans]


def _info(name: str, config: Config, folder: Path, featured: bool) -> dict[str, Any]:
    """dataset_info of a config. num_bytes: of the columns, encoded but not compressed, as the footers say."""
    files = {
        split: [f for f in account.files if (folder / f.path).is_file()] for split, account in config.splits.items() if account.rows_out
    }
    splits = [
        {"name": split, "num_bytes": _uncompressed(folder, files[split]), "num_examples": config.splits[split].rows_out} for split in files
    ]
    everything = [file for each in files.values() for file in each]
    columns = features(pq.read_schema(folder / everything[0].path)) if featured and everything else None
    return {
        "config_name": name,
        **({"features": columns} if columns else {}),
        "splits": splits,
        "download_size": sum(file.bytes for file in everything),
        "dataset_size": sum(split["num_bytes"] for split in splits),
    }


def _uncompressed(folder: Path, files: Sequence[File]) -> int:
    footers = [pq.read_metadata(folder / file.path) for file in files]
    return sum(footer.row_group(i).total_byte_size for footer in footers for i in range(footer.num_row_groups))


def features(schema: pa.Schema) -> list[dict[str, Any]] | None:
    """Columns as dataset_info writes them; None where a type has no name there, or a column's name is not fit to be printed."""
    found = [_feature(field) for field in schema]
    return [each for each in found if each] if all(found) else None


def _feature(field: pa.Field) -> dict[str, Any] | None:
    kind = _kind(field.type)
    return (
        {"name": field.name, **(kind if isinstance(kind, dict) else {"dtype": kind})} if kind and tidy(field.name) == field.name else None
    )


def _kind(kind: pa.DataType) -> str | dict[str, Any] | list[dict[str, Any]] | None:
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        inner = _kind(kind.value_type)
        inner = inner["struct"] if isinstance(inner, dict) and "struct" in inner else inner
        return {"large_list" if pa.types.is_large_list(kind) else "list": inner} if inner else None
    if pa.types.is_struct(kind):
        fields = features(pa.schema(list(kind)))
        return {"struct": fields} if fields else None
    name = _DTYPES.get(str(kind), str(kind))
    return name if _PLAIN.fullmatch(name) else None
