"""Which files of a Hub repository are the splits of a dataset: as the recipe says, else its card, else their names."""

import fnmatch
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal

from schemas.errors import SourceError, did_you_mean
from schemas.sources import HubSource
from tasks.read import PACKED

Form = Literal["parquet", "jsonl", "csv", "tsv"]
ENDINGS: dict[str, Form] = {
    ".parquet": "parquet",
    ".parquet.gzip": "parquet",  # compressed inside: how xMIND is published
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",  # only where the recipe or the card names it: many a .json is no data
    ".csv": "csv",
    ".tsv": "tsv",
}
ENDINGS |= {f"{ending}{packed}": form for ending, form in ENDINGS.items() if form != "parquet" for packed in PACKED}
MAYBE = tuple(f".json{packed}" for packed in ("", *PACKED))
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".7z", ".rar")
UNREAD = "scripts and pickles are never run, archives never unpacked"
WORDS = {"train": "train training", "validation": "validation valid val dev", "test": "test testing eval evaluation"}
SPLIT = re.compile(r"[A-Za-z0-9_]{1,40}")
SHARD = re.compile(r"(?:^|/)([A-Za-z0-9_]+)-\d{5}-of-\d{5}\.[^/]+$")
Patterns = dict[str, list[str]]


def choose(source: HubSource, names: Collection[str], configs: object = None) -> tuple[Form, dict[str, list[str]]]:
    """The format of the files, and split -> its files in the order of their names.

    names: paths in the repository. configs: what its card says under `configs`, if anything.
    Raises SourceError where nothing can be read, or the recipe must say which.
    """
    everything, names = set(names), sorted(name for name in names if _safe(name))
    odd = sorted(name for name in everything.difference(names) if _form_of(name))
    if odd and not any(_form_of(name) for name in names):
        raise SourceError(f"{source.where}: {odd[0]!r} is a name that leads out of the repository; no other file has data.")
    patterns = {split: [pattern] for split, pattern in source.files.items()} or _of_card(source, configs)
    if isinstance(patterns, dict):
        splits = {split: _matching(source, split, several, names) for split, several in patterns.items()}
    else:
        splits = _by_name(source, [name for name in names if name.startswith(patterns)])
    if source.split is not None:
        if source.split not in splits:
            raise SourceError(
                f"{source.where}: no split {source.split!r}; there are {', '.join(splits)}.{did_you_mean(source.split, splits)}"
            )
        splits = {source.split: splits[source.split]}
    for split in splits:
        if not SPLIT.fullmatch(split) or split == "all":
            raise SourceError(f"{source.where}: a split cannot be called {split!r}. Name its files under source.files: {{train: PATTERN}}.")
    return _form(source, splits), splits


def _safe(name: str) -> bool:
    """Whether a path stays where it is put."""
    return bool(name) and "\\" not in name and "\0" not in name and not any(part in ("", ".", "..") for part in name.split("/"))


def _of_card(source: HubSource, configs: object) -> Patterns | str:
    """Split -> patterns of the config that is meant; or, where it names no files, the folder that they are in."""
    several = [config for config in configs if isinstance(config, dict)] if isinstance(configs, list) else []
    by_name = {str(config.get("config_name", "default")): config for config in several}
    wanted = source.config
    if wanted is not None and wanted not in by_name:
        there = f"there are {_some(by_name)}." if by_name else "the card has none; name the files under source.files: {train: PATTERN}."
        raise SourceError(f"{source.where}: no config {wanted!r}; {there}{did_you_mean(wanted, by_name)}")
    if not by_name:
        return ""
    marked = [name for name, config in by_name.items() if config.get("default") is True]
    wanted = wanted or next(iter(marked or [name for name in by_name if name == "default" or len(by_name) == 1]), None)
    if wanted is None:
        raise SourceError(f"{source.where} has {len(by_name)} configs and no default: {_some(by_name)}. Choose one: source.config.")
    config = by_name[wanted]
    if config.get("data_files") is None:
        folder = str(config.get("data_dir") or "").strip("./")
        return f"{folder}/" if folder else ""
    return _patterns(config["data_files"], str(config.get("data_dir") or "").strip("./"))


def _some(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")


def _patterns(said: Any, folder: str) -> Patterns:
    """`data_files` of a card: a pattern, a list of them, or a list of {split, path: pattern or list of them}."""
    patterns: Patterns = {}
    for each in said if isinstance(said, list) else [said]:
        split, paths = (str(each.get("split", "train")), each.get("path")) if isinstance(each, Mapping) else ("train", each)
        for path in paths if isinstance(paths, list) else [paths]:
            if isinstance(path, str):
                path = path.removeprefix("./")
                patterns.setdefault(split, []).append(f"{folder}/{path}" if folder else path)
    return patterns


def _matching(source: HubSource, split: str, patterns: Sequence[str], names: Sequence[str]) -> list[str]:
    globs = [re.compile(glob(pattern)) for pattern in patterns]
    found = [name for name in names if any(g.fullmatch(name) for g in globs)]
    if not found:
        data = [name for name in names if _form_of(name)]
        raise SourceError(
            f"{source.where}: no file matches {' or '.join(patterns)} (split {split}). Data files there: {_some(data) or 'none'}."
        )
    return found


def glob(pattern: str) -> str:
    """A file pattern as a regular expression: * and ? stay inside a folder, ** goes through folders, [0-9] is one of a set."""
    parts = []
    for part in re.findall(r"\*\*/|\*\*|\*|\?|\[[!^]?\]?[^]]*\]|.", pattern, re.DOTALL):
        if part == "**/":
            parts.append("(?:.*/)?")
        elif part in ("**", "*", "?"):
            parts.append({"**": ".*", "*": "[^/]*", "?": "[^/]"}[part])
        elif len(part) > 1:  # a set
            parts.append(fnmatch.translate(part).removesuffix(r"\Z"))
        else:
            parts.append(re.escape(part))
    return "".join(parts)


def _by_name(source: HubSource, names: Sequence[str]) -> dict[str, list[str]]:
    """SPLIT-00000-of-00002, or the last of train, validation, test ... in the path; all are train where none says."""
    data = [name for name in names if _form_of(name) and not name.endswith(MAYBE)]
    if not data:
        archive = next((name for name in names if name.endswith(ARCHIVES)), None)
        config = f" in the folder of config {source.config!r}" if source.config else ""
        unpack = f"Unpack {archive} and read its files by their own format" if archive else "Or name files under source.files"
        raise SourceError(
            f"{source.where}: no Parquet, JSON lines, CSV or TSV file{config}; {UNREAD}. "
            f"Many datasets have a Parquet copy: try revision: refs/convert/parquet. {unpack}."
        )
    found: dict[str, list[str]] = {}
    for name in data:
        split = _split_of(name)
        if split:
            found.setdefault(split, []).append(name)
    order = list(WORDS)
    known = sorted(found, key=lambda split: (order.index(split) if split in order else len(order), split))
    return {split: found[split] for split in known} or {"train": data}


def _split_of(name: str) -> str | None:
    shard = SHARD.search(name)
    if shard:
        return shard[1]
    for word in reversed(re.split(r"[^A-Za-z]+", name.lower())):
        for split, words in WORDS.items():
            if word in words.split():
                return split
    return None


def _form_of(name: str) -> Form | None:
    return next((form for ending, form in ENDINGS.items() if name.endswith(ending)), None)


def _form(source: HubSource, splits: dict[str, list[str]]) -> Form:
    """The one format of all files."""
    forms: dict[Form, str] = {}
    for name in (name for names in splits.values() for name in names):
        form = _form_of(name)
        if form is None:
            raise SourceError(f"{source.where}: {name} is not read: only Parquet, JSON lines, CSV and TSV are; {UNREAD}.")
        forms.setdefault(form, name)
    if len(forms) != 1:
        raise SourceError(
            f"{source.where}: files of {len(forms)} formats ({_some(forms.values()) or 'none'}). "
            "Name those of one under source.files: {train: PATTERN}."
        )
    return next(iter(forms))
