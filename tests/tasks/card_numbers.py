"""The numbers of a card, once as its README tells them and once as the Parquet files have them."""

import re
import unicodedata
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import yaml

from schemas.languages import language
from tasks.segment import WORDED, segment

Numbers = dict[tuple[str, ...], Any]
SIZES = {"n<1K": (0, 10**3), "1K<n<10K": (10**3, 10**4), "10K<n<100K": (10**4, 10**5)}


def disagreements(folder: Path, fields: list[str], source: str = "eng_Latn") -> list[str]:
    """What the README of a release says that its files do not, or the other way round.

    fields: the translated ones, the first of which the examples show.
    """
    return differing(told_by((folder / "README.md").read_text("utf-8")), counted(folder, fields, source))


def differing(told: Numbers, there: Numbers) -> list[str]:
    """Numbers that are not the same, or not on both sides."""
    return [f"{key}: told {told.get(key)!r}, there {there.get(key)!r}" for key in {**told, **there} if told.get(key) != there.get(key)]


def front(text: str) -> dict[str, Any]:
    """The YAML header, by the rule of those who read cards: from `---` to the next line that is `---`."""
    first, *rest = text.split("\n")
    assert first == "---"
    return yaml.safe_load("\n".join(rest[: rest.index("---")]))


def tables(text: str) -> dict[str, list[list[list[str]]]]:
    """Heading -> its tables: rows of cells, the names of the columns first."""
    found: dict[str, list[list[list[str]]]] = {}
    heading, last = "", ""
    for line in text.split("\n"):
        if line.startswith("#"):
            heading = line.strip("# ")
        if line.startswith("|"):
            cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if not last.startswith("|"):
                found.setdefault(heading, []).append([])
            if set(line) - set("|-: "):
                found[heading][-1].append(cells)
        last = line
    return found


def told_by(text: str) -> Numbers:
    """Every number and every example of the card."""
    numbers: Numbers = {}
    head, body = front(text), tables(text)
    for info in head["dataset_info"]:
        name = info["config_name"]
        numbers["columns", name] = [feature["name"] for feature in info["features"]]
        numbers["download_size", name], numbers["dataset_size", name] = info["download_size"], info["dataset_size"]
        for split in info["splits"]:
            numbers["num_examples", name, split["name"]] = split["num_examples"]
            numbers["num_bytes", name, split["name"]] = split["num_bytes"]
    numbers["languages",] = head["language"]
    numbers["configs",] = [(each["config_name"], [file["split"] for file in each["data_files"]]) for each in head["configs"]]
    names, *rows = body["Rows"][0]
    for row in rows:
        account = dict(zip(names[3:], map(number, row[3:]), strict=True))
        numbers["balance", row[0], row[2]] = account["rows in"] - account["rows out"] - account["set aside"] - account["rejected"]
        numbers["rows", row[0], row[2]] = account["rows out"]
        numbers["set aside", row[0], row[2]] = account["set aside"]
    numbers["size",] = (
        SIZES[head["size_categories"][0]][0]
        <= sum(n for key, n in numbers.items() if key[0] == "rows")
        < SIZES[head["size_categories"][0]][1]
    )
    for cells in body["Rows"][1][1:] if len(body["Rows"]) > 1 else ():
        numbers["not released", cells[0].strip("`")] = number(cells[1])
    names, *rows = body["Languages"][0]
    for row in rows:
        account = dict(zip(names[3:], row[3:], strict=True))
        share = account.pop("accepted, %")
        numbers |= {("funnel", row[0], what): number(n) for what, n in account.items()}
        numbers["funnel", row[0], "share"] = share == (
            f"{100 * number(account['accepted']) / number(account['fields']):.1f}" if number(account["fields"]) else ""
        )
    names, *rows = body["Checks"][0]
    numbers |= {("check", row[0], name): number(n) for row in rows for name, n in zip(names[1:], row[1:], strict=True) if number(n)}
    for row in body.get("Annotations", [[[]]])[0][1:]:
        numbers |= {("spans", row[0], row[1], what): number(n) for what, n in zip(("spans", "projected", "dropped"), row[2:5], strict=True)}
        numbers["spans", row[0], row[1], "reasons"] = row[5]
    for row in body.get("Variants", [[[]]])[0][1:]:
        numbers["counts", row[0], row[1], row[2]] = number(row[3])
    for block in re.findall(r"^Row (`+ ?)(.*?)( ?`+), `", text, re.MULTILINE):
        numbers["example", block[1]] = True
    for identifier, table in zip(re.findall(r"^Row (.*), `\w+`:$", text, re.MULTILINE), body.get("Examples", ()), strict=True):
        numbers |= {("example", shown(identifier), row[0]): shown(row[2]) for row in table[1:]}
    return numbers


def counted(folder: Path, fields: list[str], source: str) -> Numbers:
    """The same from the files alone."""
    numbers: Numbers = {}
    files = sorted(file for file in folder.glob("*/*.parquet") if file.parent.name != "rejected")
    groups: dict[tuple[str, str], list[Path]] = {}
    for file in files:
        groups.setdefault((file.parent.name, file.name.rpartition("-of-")[0].rpartition("-")[0]), []).append(file)
    frames = {key: pl.concat([pl.read_parquet(file, glob=False) for file in sorted(paths)]) for key, paths in groups.items()}
    rejects = {file.stem: pl.read_parquet(file, glob=False) for file in sorted((folder / "rejected").glob("*.parquet"))}
    numbers |= {("not released", f"rejected/{name}.parquet"): frame.height for name, frame in rejects.items()}
    told = [info["config_name"] for info in front((folder / "README.md").read_text("utf-8"))["dataset_info"]]
    ordered = sorted(groups, key=lambda key: told.index(key[0]) if key[0] in told else -1)  # the recipe's order is not in the files
    numbers["languages",] = list(dict.fromkeys(language(name.partition(".")[0]).iso639_1 for name, _ in ordered if name != "behaviors"))
    numbers["configs",] = [
        (name, [split for n, split in ordered if n == name and frames[n, split].height]) for name in dict.fromkeys(n for n, _ in ordered)
    ]
    numbers["size",] = True
    for (name, split), frame in frames.items():
        paths = groups[name, split]
        numbers["columns", name] = frame.columns
        numbers["rows", name, split] = numbers["num_examples", name, split] = frame.height
        numbers["balance", name, split] = 0
        aside = rejects["source"].filter(split=split) if "source" in rejects else pl.DataFrame({"file": []}, schema={"file": pl.String})
        numbers["set aside", name, split] = aside.filter(pl.col("file").str.contains("behaviors") == (name == "behaviors")).height
        footers = [pq.read_metadata(path) for path in paths]
        columns = [f.row_group(g).column(c) for f in footers for g in range(f.num_row_groups) for c in range(f.num_columns)]
        numbers["num_bytes", name, split] = sum(column.total_uncompressed_size for column in columns)
        numbers["download_size", name] = numbers.get(("download_size", name), 0) + sum(path.stat().st_size for path in paths)
        numbers["dataset_size", name] = numbers.get(("dataset_size", name), 0) + numbers["num_bytes", name, split]
        variant = name.partition(".")[2]
        if name == "behaviors":
            named = pl.concat([frame["impressions"].explode().struct.field("nid"), frame["history"].explode()]).drop_nulls()
            numbers["counts", name, split, "references"] = named.len()
            if lost := named.filter(~named.is_in(frames[source, split].to_series().implode())).len():
                numbers["counts", name, split, "to no article"] = lost
            continue
        if not variant and name != source:
            _translation(numbers, name, split, frame, fields, frames[source, split], source)
        switched = [pl.col(f"{field}_switches").list.len().fill_null(0) for field in fields if f"{field}_switches" in frame.columns]
        if switched:
            row = frame.select(pl.sum_horizontal(switched)).to_series()
            numbers["counts", name, split, "switches"] = row.sum()
            numbers["counts", name, split, "rows with a switch"] = (row > 0).sum()
    _examples(numbers, frames, fields[0], source)
    return numbers


def _translation(
    numbers: Numbers, name: str, split: str, frame: pl.DataFrame, fields: list[str], origin: pl.DataFrame, source: str
) -> None:
    quality = pl.concat([frame[f"{field}_quality"].struct.unnest() for field in fields if f"{field}_quality" in frame.columns])
    verdicts = {"accepted": "accept", "flagged": "flag", "rejected": "reject"}
    found = {what: quality.filter(verdict=verdict).height for what, verdict in verdicts.items()}
    tried = quality.filter(pl.col("tried").list.len() > 0, pl.col("verdict").is_not_null())
    found |= {"fields": sum(found.values()), "tried again": tried.height, "then rejected": tried.filter(verdict="reject").height}
    found["sentences"] = segment(origin, fields, language(source)).filter(WORDED).height
    for what, n in found.items():
        numbers["funnel", name, what] = numbers.get(("funnel", name, what), 0) + n
    numbers["funnel", name, "share"] = True
    for reason in quality["reasons"].explode().drop_nulls():
        numbers["check", name, reason] = numbers.get(("check", name, reason), 0) + 1
    spans = [frame[column].explode().drop_nulls().struct.unnest() for column in frame.columns if column.endswith("_projection")]
    if spans:
        every = pl.concat(spans)
        dropped = every.filter(status="dropped")
        totals = {"spans": every.height, "projected": every.filter(status="projected").height, "dropped": dropped.height}
        reasons = sorted(dropped["reason"].value_counts().rows())
        numbers |= {("spans", name, split, what): n for what, n in totals.items()}
        numbers["spans", name, split, "reasons"] = ", ".join(f"{reason} {n}" for reason, n in reasons)


def _examples(numbers: Numbers, frames: dict[tuple[str, str], pl.DataFrame], field: str, source: str) -> None:
    split = next(split for name, split in frames if name == source)
    key = frames[source, split].columns[0]
    for identifier in [row[key] for row in frames[source, split].iter_rows(named=True) if row[field]][:3]:
        told = shown(identifier)
        numbers["example", told] = True
        for (name, part), frame in frames.items():
            if part == split and name != "behaviors":
                found = frame.filter(pl.col(key) == identifier)
                numbers["example", told, name] = _expected(found, field)


def _expected(found: pl.DataFrame, field: str) -> str:
    """What an example shows of one row, or of none."""
    if not found.height:
        return "*rejected*"
    if text := found[field][0]:
        line = shown(text)
        return line if len(line) <= 200 else f"{line[:199]}…"
    quality = found[f"{field}_quality"][0] if f"{field}_quality" in found.columns else None
    return f"*rejected: {', '.join(quality['reasons'])}*" if quality and quality["reasons"] else "*none*"


def shown(text: str) -> str:
    """A text as an example shows it, without its marks of code."""
    bare = text.strip("`").strip() if text.startswith("`") else text
    return " ".join("".join(c for c in bare if c.isspace() or not unicodedata.category(c).startswith("C")).split())


def number(cell: str) -> int:
    return int(cell.replace(",", ""))
