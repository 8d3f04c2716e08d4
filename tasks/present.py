"""Present: sampled rows as the report shows them, every language's text under the other."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from markupsafe import Markup

from schemas.languages import language
from schemas.manifest import Config, Manifest
from tasks.annotations import FORMATS
from tasks.highlight import Mark, Stretch, cut, highlight
from tasks.sample import LONGEST, Row, Sample

NAMED = 20  # meanings of marks, and spans without a place, that are named beside a text

Numbers = dict[tuple[str, int], int]  # (annotation, group) -> number of its marks, counted anew in each field of a row


class Remark(NamedTuple):
    """What there is to say of a text."""

    kind: str  # reject, flag, drop, more
    text: str
    surface: str = ""  # of the source, where it is about a span


class Line(NamedTuple):
    """A field of a row in one config."""

    config: str
    kind: str  # that of the config; `kept` for a translation that was rejected
    name: str
    lang: str  # BCP 47
    direction: str
    text: Markup | None  # None where there is none
    remarks: list[Remark]


class Meaning(NamedTuple):
    """What the marks of one number stand for."""

    number: int
    surface: str  # where the source first names it
    label: str
    reference: str


class Block(NamedTuple):
    """A field of a row: the source, then each language followed by its variants."""

    id: str
    field: str
    lang: str  # of the source
    direction: str
    legend: list[Meaning]
    lines: list[Line]


def present(manifest: Manifest, sample: Sample) -> list[Block]:
    """The fields of the rows that have text, one after the other."""
    source = sample.rows[manifest.language]
    return [_block(manifest, sample, i, field) for i in sample.ids for field in manifest.recipe["fields"] if source[i][field]]


def _block(manifest: Manifest, sample: Sample, i: Any, field: str) -> Block:
    origin, tongue = sample.rows[manifest.language][i], language(manifest.language)
    annotations = [a for a in manifest.recipe.get("annotations", ()) if a["field"] == field and a["column"] in origin]
    numbers: Numbers = {}
    meanings: dict[int, Meaning] = {}
    for a in annotations:
        for span, fault in FORMATS[a["format"]].read(origin[a["column"]], origin[field]):
            if fault is None:
                number = numbers.setdefault((a["column"], span.group), len(numbers) + 1)
                meanings.setdefault(number, Meaning(number, span.of(origin[field]), span.label, span.reference or ""))
    languages = list(dict.fromkeys(config.language for config in manifest.configs.values()))
    configs = sorted(manifest.configs.items(), key=lambda item: languages.index(item[1].language))
    lines = [
        _line(manifest, sample, i, name, field, annotations, numbers)
        for name, config in configs
        if name in sample.rows and field in config.columns
    ]
    return Block(str(i), field, tongue.bcp47, tongue.direction, list(meanings.values())[:NAMED], lines)


def _line(manifest: Manifest, sample: Sample, i: Any, name: str, field: str, annotations: list[Row], numbers: Numbers) -> Line:
    config, row = manifest.configs[name], sample.rows[name].get(i)
    label, lang, direction = _tongue(manifest, name, config)
    reject = sample.rejects.get((name, str(i), field))
    remarks = list(_quality(config, field, row, reject))
    text = row[field] if row else None
    if row is None or text is None:
        kept = reject and reject["translation"]
        return Line(name, "kept" if kept else config.kind, label, lang, direction, _begin(kept, [], [], remarks) if kept else None, remarks)
    translation = sample.rows[config.language].get(i) if config.kind in ("translation", "transliterate") else None
    projections = {a["column"]: (translation or {}).get(f"{a['column']}_projection") or [] for a in annotations}
    marks = [mark for a in annotations if a["column"] in row for mark in _marks(a, row, projections[a["column"]], numbers)]
    if config.kind == "translation":
        source = sample.rows[manifest.language][i][field]
        remarks += _dropped([span for projection in projections.values() for span in projection], source)
    switches = [_stretch(switch) for switch in row.get(f"{field}_switches") or ()]
    return Line(name, config.kind, label, lang, direction, _begin(text, marks, switches, remarks), remarks)


def _dropped(projection: list[Row], source: str) -> list[Remark]:
    """The spans that have no place; of many the first."""
    dropped = [span for span in projection if span["status"] == "dropped"]
    remarks = [Remark("drop", span["reason"] or "", source[span["source_start"] : span["source_end"]]) for span in dropped[:NAMED]]
    return [*remarks, Remark("more", f"{len(dropped) - NAMED:,} more not placed")] if len(dropped) > NAMED else remarks


def _begin(text: str, marks: list[Mark], switches: list[Stretch], remarks: list[Remark]) -> Markup:
    """The text as HTML, as far as it is shown; says what more there is."""
    begin = cut(text, LONGEST)
    if len(begin) == len(text):
        return highlight(text, marks, switches)
    remarks.append(Remark("more", f"{len(text) - len(begin):,} more code points"))
    return highlight(begin, marks, switches) + Markup('<span class="soft">…</span>')


def _tongue(manifest: Manifest, name: str, config: Config) -> tuple[str, str, str]:
    """Name, BCP 47 tag and direction of a config's texts."""
    own, matrix = language(config.language), language(manifest.language)
    if config.kind == "code-switch":
        return f"{matrix.name} with {own.name}", matrix.bcp47, matrix.direction
    if config.kind == "transliterate":
        script = name.rpartition("-")[2]  # LANGUAGE.transliterate-SCRIPT; only Latin so far, written from left to right
        return f"{own.name} in {script}", f"{own.bcp47.partition('-')[0]}-{script}", "ltr"
    return own.name, own.bcp47, own.direction


def _marks(annotation: Row, row: Row, projection: list[Row], numbers: Numbers) -> Iterator[Mark]:
    """The spans of a row that fit its text, under the numbers that their groups have in the source.

    Of a translation the projection tells the groups: a format that counts them by place would count anew where a span before
    was dropped. The annotation has the projected spans alone, in the same order.
    """
    found = FORMATS[annotation["format"]].read(row[annotation["column"]], row[annotation["field"]])
    groups = [account["group"] for account in projection if account["status"] == "projected"]
    if len(groups) != len(found):  # no projection, or a variant that could not keep every span
        groups = [span.group for span, _ in found]
    for (span, fault), group in zip(found, groups, strict=True):
        if fault is None:
            number = numbers.setdefault((annotation["column"], group), len(numbers) + 1)
            yield Mark(span.start, span.end, number, ", ".join(filter(None, (str(number), span.label, span.reference))))


def _stretch(switch: Row) -> Stretch:
    embedded = language(switch["language"])
    return Stretch(switch["start"], switch["end"], embedded.bcp47, embedded.direction, f"{embedded.name} for {switch['source']}")


def _quality(config: Config, field: str, row: Row | None, reject: Row | None) -> Iterator[Remark]:
    """What the checks said: of a translation that is there, or of one that is not."""
    quality = (row or {}).get(f"{field}_quality") or reject or {}
    verdict, reasons = quality.get("verdict"), ", ".join(quality.get("reasons") or ())
    if row is None:
        yield Remark("reject", f"row rejected: {reasons}" if verdict == "reject" else "row rejected")
    elif row[field] is None:
        yield Remark("reject", f"rejected: {reasons}" if verdict == "reject" else "nothing here")
    elif verdict == "flag" and config.kind == "translation":
        yield Remark("flag", f"flagged: {reasons}")
