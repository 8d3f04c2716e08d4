"""A synchronous grammar: English news sentences with their Romanian, Hindi and Chinese, aligned by construction.

The language lives in tables that a person can read and mend: lexicon/patterns.tsv (id, category, kind, number ranges),
lexicon/templates.tsv (one template per pattern and language) and lexicon/*.csv (the words). A template is written

    {club} [v beat] {club2} {a}[h -]{b}[z .]      {country.gen}   {size@building}   (person:ales/aleasă)

- {slot}          a word of the group `slot` (without its final digit: club and club2 are two different clubs);
- {slot.form}     its other form, column "<language>.form": genitive, oblique, measure word;
- {slot@other}    its form in the gender of `other`, column "<language>.f" where that is feminine;
- {slot#2}        the second mention of the same word, a slot of its own;
- [tag text]      fixed words; the same tag in two languages means that these words translate each other;
- (slot:x/y)      x or y as the slot demands: its gender, or in Romanian whether its number takes "de".

Outside braces and brackets only spaces may stand, so every character of a translation belongs to one slot.
"""

import csv
import random
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LEXICON = Path(__file__).resolve().parent / "lexicon"
SOURCE = "eng_Latn"
TARGETS = ("ron_Latn", "hin_Deva", "cmn_Hans")
LANGUAGES = (SOURCE, *TARGETS)
HELD_OUT_SHARE = 20  # one English sentence in 20 is never trained on

Row = dict[str, str]
Span = tuple[int, int]  # code points, start and end

PIECE = re.compile(
    r"\{(?P<slot>\w+)(?:\.(?P<form>\w+)|@(?P<agree>\w+))?(?P<again>#\d)?\}"
    r"|\[(?P<tag>\w) ?(?P<fixed>[^\]]*)\]|(?P<space>\s+)|(?P<bad>.)"
)
CHOICE = re.compile(r"\((\w+):([^/()]*)/([^/()]*)\)")


@dataclass(frozen=True)
class Entity:
    """A name a news site would link. `wikidata` is empty for the people and companies we invented."""

    label: str
    type: str  # as MIND: P person, O organisation, G country or city
    wikidata: str


@dataclass(frozen=True)
class Slot:
    """What translates each other: the spans of one name, word, number or group of fixed words in each language.

    A language lacks a key where it has no such word (Chinese writes no "in" here). Words can be split: Hindi "ने ... जीता".
    """

    name: str
    kind: str  # entity, word, number or fixed
    spans: dict[str, tuple[Span, ...]]
    entity: Entity | None = None


@dataclass(frozen=True)
class Production:
    """One sentence or title in all languages."""

    pattern: str
    category: str
    subcategory: str
    kind: str  # sentence or title
    text: dict[str, str]
    slots: tuple[Slot, ...]

    def surface(self, slot: Slot, language: str) -> list[str]:
        return [self.text[language][start:end] for start, end in slot.spans.get(language, ())]


@dataclass(frozen=True)
class Pattern:
    id: str
    category: str
    subcategory: str
    kind: str
    numbers: dict[str, str]  # slot -> "2..60", "y1995..2018" (a year) or "percent"
    templates: dict[str, str]


def read_table(path: Path) -> list[Row]:
    """Rows of a .csv, or of a .tsv whose quotes are letters like any other."""
    with path.open(encoding="utf-8", newline="") as lines:
        if path.suffix == ".tsv":
            return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
        return list(csv.DictReader(lines))


@cache
def lexicon() -> dict[str, list[Row]]:
    """All words by group: person, city, day, food ..."""
    groups: dict[str, list[Row]] = {}
    for path in sorted(LEXICON.glob("*.csv")):
        for row in read_table(path):
            groups.setdefault(row["group"], []).append(row)
    return groups


@cache
def patterns() -> tuple[Pattern, ...]:
    templates: dict[str, dict[str, str]] = {}
    for row in read_table(LEXICON / "templates.tsv"):
        templates.setdefault(row["pattern"], {})[row["language"]] = row["template"]
    return tuple(
        Pattern(
            id=row["id"],
            category=row["category"],
            subcategory=row["subcategory"],
            kind=row["kind"],
            numbers=dict(item.split("=", 1) for item in (row["numbers"] or "").split()),
            templates=templates[row["id"]],
        )
        for row in read_table(LEXICON / "patterns.tsv")
    )


def number_row(spec: str, rng: random.Random) -> Row:
    """A random number as each language writes it, drawn so that short numbers are as frequent as long ones."""
    if spec.startswith("y"):
        low, high = map(int, spec[1:].split(".."))
        return dict.fromkeys(LANGUAGES, str(rng.randint(low, high)))
    if spec == "percent":
        english = str(rng.randint(2, 60)) if rng.random() < 0.5 else f"{rng.randint(1, 29)}.{rng.randint(1, 9)}"
        return dict.fromkeys(LANGUAGES, english) | {"ron_Latn": english.replace(".", ",")}
    low, high = map(int, spec.split(".."))
    digits = rng.randint(len(str(low)), len(str(high)))
    value = rng.randint(max(low, 10 ** (digits - 1)), min(high, 10**digits - 1))
    english = f"{value:,}"
    takes_de = value % 100 == 0 or value % 100 >= 20  # Romanian: 19 goluri, 20 de goluri, 119 goluri, 100 de goluri
    romanian = {"ron_Latn": english.replace(",", "."), "ron_Latn@": "f" if takes_de else "m"}
    return dict.fromkeys(LANGUAGES, english) | romanian


def choose(pattern: Pattern, rng: random.Random) -> dict[str, Row]:
    """A word for every slot of the pattern; slots of one group get different words."""
    chosen: dict[str, Row] = {}
    for match in PIECE.finditer(pattern.templates[SOURCE]):
        slot = match["slot"]
        if not slot or slot in chosen:
            continue
        if slot in pattern.numbers:
            chosen[slot] = number_row(pattern.numbers[slot], rng)
        else:
            chosen[slot] = rng.choice([row for row in lexicon()[slot.rstrip("2")] if row not in chosen.values()])
    return chosen


def pieces(template: str, language: str, chosen: dict[str, Row]) -> Iterator[tuple[str, str]]:
    """The (slot name, text) of each piece from left to right; spaces have an empty name."""

    def fitting(match: re.Match[str]) -> str:
        slot, first, second = match.groups()
        return second if chosen[slot][f"{language}@"] == "f" else first

    for match in PIECE.finditer(template):
        if match["bad"]:
            raise ValueError(f"{template!r}: {match['bad']!r} stands outside braces and brackets")
        if match["space"]:
            yield "", match["space"]
        elif match["tag"]:
            yield f"[{match['tag']}]", CHOICE.sub(fitting, match["fixed"])
        else:
            row, column = chosen[match["slot"]], language
            if match["form"]:
                column = f"{language}.{match['form']}"
            elif match["agree"] and chosen[match["agree"]][f"{language}@"] == "f":
                column = f"{language}.f"
            yield match["slot"] + (match["again"] or ""), row[column]


def build(pattern: Pattern, chosen: dict[str, Row]) -> Production:
    text: dict[str, str] = {}
    spans: dict[str, dict[str, list[Span]]] = {}
    for language in LANGUAGES:
        written = ""
        for name, piece in pieces(pattern.templates[language], language, chosen):
            if name:
                here = spans.setdefault(name, {}).setdefault(language, [])
                here.append((len(written), len(written) + len(piece)))
            written += piece
        text[language] = written[0].upper() + written[1:]  # as long as before: no word of ours begins with ß or ŉ
    slots = tuple(make_slot(name, by_language, chosen) for name, by_language in spans.items())
    return Production(pattern.id, pattern.category, pattern.subcategory, pattern.kind, text, slots)


def make_slot(name: str, by_language: dict[str, list[Span]], chosen: dict[str, Row]) -> Slot:
    spans = {language: tuple(found) for language, found in by_language.items()}
    if name.startswith("["):
        return Slot(name, "fixed", spans)
    row = chosen[name.split("#")[0]]
    if "group" not in row:
        return Slot(name, "number", spans)
    if not row.get("type"):
        return Slot(name, "word", spans)
    return Slot(name, "entity", spans, Entity(row["label"] or row[SOURCE], row["type"], row["wikidata"]))


def sample_sentence(rng: random.Random, *, kind: str | None = None, category: str | None = None) -> Production:
    """One random production; `kind` (sentence, title) and `category` narrow the patterns it is drawn from."""
    fitting = [p for p in patterns() if kind in (None, p.kind) and category in (None, p.category)]
    pattern = rng.choice(fitting)
    return build(pattern, choose(pattern, rng))


def held_out(production: Production) -> bool:
    """Whether training never sees this production: about 5 % of all, told from the English text alone."""
    return zlib.crc32(production.text[SOURCE].encode()) % HELD_OUT_SHARE == 0
