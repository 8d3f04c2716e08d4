"""Release: a census as a folder that `datasets` loads: the table, the changelog, card, report and census.json.

A kind of its own beside the releases of recipes: a census has no source, engine or splits, so it has its own small manifest. Version 1.N.0
is snapshot N in format 1 of the table; a snapshot never changes, so neither does its version.
"""

import hashlib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import jinja2
import polars as pl
import pyarrow as pa
import yaml

from schemas.census import CENSUS, CHANGES, CensusManifest
from schemas.errors import PublishError
from schemas.languages import language
from tasks.census.cards import SECTIONS
from tasks.census.normalise import GRAVE
from tasks.census.report import report
from tasks.census.snapshot import Snapshot
from tasks.markdown import code, plain
from tasks.materialise import entry, flush, guarded, write
from tasks.store import LocalStore

MANIFEST = "census.json"
TOOLS = ("huggingface-hub", "polars", "pyarrow")
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"))
COLUMNS = {  # of the card; the rest says it with its name
    "organisation": "company, research, community or unknown, by the author's name, no statement of theirs: its first word if it is a "
    "known one, else a word such as lab, university, foundation or inc",
    "languages": "codes of ISO 639-3 and 15924; of a tag without script, the one the language is mostly written in",
    "other_languages": "tags of language that Babelmill does not know",
    "language_kind": "none, mono, bi or multi, by distinct languages of ISO 639-3; `multilingual` is multi, `code` no language",
    "licences": "all that the card names",
    "licence_class": f"the gravest of them: {', '.join(GRAVE)}",
    "size": "the largest class of rows that the tags name",
    "tags": "all tags without a column of their own",
    "downloads": "of the 30 days before: goes up and down, and is not to be summed over time",
    "downloads_all_time": "null where the Hub does not say",
    "card_sha": "the commit at which the card was read; null where it was not",
    "card_digest": "sha256 of README.md; null where there is none",
    "card_words": "without the YAML header; a Chinese character or kana is a word",
    "card_sections": f"of {', '.join(SECTIONS)}: those with text of their own",
    "card_coverage": "share of these sections",
    "found_under": "the tags by which the Hub's list had it",
    "first_seen": "the first crawl that found it",
    "last_seen": "the last crawl that found it; older than this census where a page failed",
}


def release(snapshot: Snapshot, root: Path, place: str | None = None) -> Path:
    """Write ROOT/NAME/1.N.0/, whole or not at all; its path. It is left alone if it is there.

    place: write ROOT/place instead, whatever stood there: for trials.
    """
    store, name = LocalStore(root), snapshot.query.name
    target = root / (place or f"{name}/1.{snapshot.number}.0")
    if place is None and (target / MANIFEST).is_file():
        return target
    with store.staging() as staged, guarded(target):
        _fill(staged, snapshot, name, "0.0.0" if place else target.name)
        for path in (*staged.rglob("*"), staged):
            flush(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            if place is None:
                raise PublishError(f"{target} is in the way: it has no {MANIFEST}, so it is no census. Move it elsewhere, run again.")
            target.rename(staged.with_name(f"{staged.name}old"))
        staged.rename(target)
        flush(target.parent)
    return target


def card(snapshot: Snapshot, files: Mapping[str, Path]) -> str:
    """The card as Markdown; its numbers are read back from the files. files: config -> Parquet."""
    query, census = snapshot.query, pl.read_parquet(files["census"], glob=False)
    names = [lang.name.partition(" (")[0] for lang in query.wanted]
    title = f"Census of the Hub: {', '.join(names) or 'datasets'}{f' by {query.author}' if query.author else ''}"
    content = hashlib.sha256(files["census"].read_bytes()).hexdigest()  # `datasets` knows a folder by its last name and this header
    header = {
        "pretty_name": title,
        "license": "other",
        "license_name": "facts-of-the-hub",
        "language": sorted({lang.iso639_1 or lang.iso639_3 for lang in query.wanted}) or ["mul"],
        "size_categories": [next((size for limit, size in SIZES if census.height < limit), "10M<n<100M")],
        "tags": ["babelmill", "census", "metadata"],
        "configs": [
            {
                "config_name": config,
                "description": f"sha256 of the content: {content}",
                "data_files": [{"split": "train", "path": f"{config}/train-*.parquet"}],
                **({"default": True} if config == "census" else {}),
            }
            for config in files
        ],
    }
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=False, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    environment.filters.update(plain=plain, code=code)
    return environment.get_template("card.md.j2").render(
        header=yaml.safe_dump(header, allow_unicode=True, sort_keys=False, width=1000),
        title=title,
        s=snapshot,
        query=query,
        names=[f"{language(c).name} ({c})" for c in query.languages],
        kinds=census["language_kind"].value_counts().sort("language_kind").rows(),
        classes=census["licence_class"].value_counts().sort("count", "licence_class", descending=[True, False]).rows(),
        several=census.filter(pl.col("licences").list.len() > 1).height,
        read=census.filter(pl.col("card_sections").is_not_null()).height,
        rows=census.height,
        failed=[listing for listing in snapshot.account.listings if listing.failed],
        columns=[(field.name, str(field.type), COLUMNS.get(field.name, "")) for field in CENSUS],
        changed=snapshot.changes.group_by("change").agg(pl.col("id").n_unique()).sort("change").rows() if "changes" in files else [],
    )


def _fill(folder: Path, snapshot: Snapshot, name: str, number: str) -> None:
    files = {"census": write(_arrow(snapshot.census, CENSUS), folder, "census/train-00000-of-00001.parquet")}
    if snapshot.changes.height:
        files["changes"] = write(_arrow(snapshot.changes, CHANGES), folder, "changes/train-00000-of-00001.parquet")
    (folder / "README.md").write_text(card(snapshot, files), "utf-8")
    (folder / "report.html").write_text(report(snapshot), "utf-8")
    rows = {"census": snapshot.census.height, "changes": snapshot.changes.height}
    entries = [entry(folder, path.relative_to(folder).as_posix(), rows[config]) for config, path in files.items()]
    manifest = CensusManifest(
        name=name,
        version=number,
        snapshot=snapshot.number,
        crawled=snapshot.crawled.isoformat(),
        account=snapshot.account,
        tools={tool: version(tool) for tool in TOOLS},
        files=(*entries, entry(folder, "README.md"), entry(folder, "report.html")),
    )
    (folder / MANIFEST).write_text(manifest.text(), "utf-8")


def _arrow(frame: pl.DataFrame, schema: pa.Schema) -> pa.Table:
    return frame.select(schema.names).to_arrow().cast(schema)
