"""Writes data/sample/mind/: a small news corpus in MIND's layout whose every word we wrote, the same bytes each time.

news.tsv (8 columns) and behaviors.tsv (5 columns) have no header, and their quotes are letters. All titles and
sentences are productions of the grammar, but for a deliberate mess:

- N10042  the abstract holds a URL
- N10083  two spaces stand between the sentences of the abstract
- N10124, N10165  abbreviations with dots ("Dr.", "U.S.") mislead a sentence splitter
- N10207  the title is outside the grammar
- N10248  the title is in capitals
- N10286  the abstract breaks off with "..."

Not mess, but as in the real corpus: every twelfth abstract is empty, fifteen titles repeat an earlier one, some rows
have no linked entities ("[]"), some users have no history. Names nobody linked (ours) have an empty WikidataId.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from data.demo.grammar import SOURCE, Production, patterns, sample_sentence

FOLDER = Path(__file__).resolve().parents[1] / "sample" / "mind"
SEED = 1119
NEWS = 304  # 38 of each of 8 categories
IMPRESSIONS = 440
USERS = 120
FIRST_MOMENT = datetime(2019, 11, 11, 6, 0)
CONFIDENCE = {True: (1.0, 0.999, 0.993, 0.958), False: (0.871, 0.742, 0.613)}  # linked to Wikidata or not
MESS = {
    "N10042": ("abstract", "{text} Live pictures: https://news.example.org/live?day=3&lang=en"),
    "N10083": ("abstract", "{first}  {second}"),
    "N10124": ("abstract", "Dr. Emma Clarkwell met the U.S. team in Paris. {text}"),
    "N10165": ("abstract", "{text} The U.S. and Canada sent help, said Dr. David Okafor."),
    "N10207": ("title", "Why a hedgehog parade stopped traffic on our street"),
    "N10248": ("title", "{upper}"),
    "N10286": ("abstract", "{text} The organisers added that they would soon ..."),
}


@dataclass(frozen=True)
class Field:
    """A title or an abstract: its text, and the productions in it with the offset at which each begins."""

    text: str = ""
    parts: tuple[tuple[int, Production], ...] = ()

    def entities(self, rng: random.Random) -> list[dict[str, object]]:
        """MIND's entity objects, one per entity, its mentions in reading order."""
        mentions = sorted(
            (offset + start, production.text[SOURCE][start:end], slot.entity)
            for offset, production in self.parts
            for slot in production.slots
            if slot.entity
            for start, end in slot.spans[SOURCE]
        )
        found: dict[str, dict[str, object]] = {}
        offsets: dict[str, list[int]] = {}
        surfaces: dict[str, list[str]] = {}
        for offset, surface, entity in mentions:
            key = entity.label
            offsets.setdefault(key, []).append(offset)
            surfaces.setdefault(key, []).append(surface)
            if key not in found:
                found[key] = {
                    "Label": entity.label,
                    "Type": entity.type,
                    "WikidataId": entity.wikidata,
                    "Confidence": rng.choice(CONFIDENCE[bool(entity.wikidata)]),
                    "OccurrenceOffsets": offsets[key],
                    "SurfaceForms": surfaces[key],
                }
        return list(found.values())


@dataclass(frozen=True)
class News:
    id: str
    category: str
    subcategory: str
    title: Field
    abstract: Field
    linked: bool = True  # whether anybody looked for entities
    messy: frozenset[str] = field(default_factory=frozenset)  # names of the fields outside the grammar

    def row(self, rng: random.Random) -> str:
        url = f"https://news.example.org/{self.category}/{self.subcategory}/{self.id.lower()}.html"
        entities = [x.entities(rng) if self.linked else [] for x in (self.title, self.abstract)]
        return "\t".join(
            [
                self.id,
                self.category,
                self.subcategory,
                self.title.text,
                self.abstract.text,
                url,
                *(json.dumps(objects, ensure_ascii=False) for objects in entities),
            ]
        )


def joined(productions: list[Production], separator: str = " ") -> Field:
    text, parts = "", []
    for production in productions:
        text += separator if text else ""
        parts.append((len(text), production))
        text += production.text[SOURCE]
    return Field(text, tuple(parts))


def make_mess(news: News) -> News:
    """The row with its entry of MESS applied; offsets move with the text."""
    if news.id not in MESS:
        return news
    name, template = MESS[news.id]
    old: Field = getattr(news, name)
    productions = [production for _, production in old.parts]
    if "{first}" in template:
        new = joined(productions[:2], separator="  ")
    elif "{upper}" in template:
        new = Field(old.text.upper())
    else:
        before, _, _ = template.partition("{text}")
        parts = [(offset + len(before), p) for offset, p in old.parts] if "{text}" in template else []
        new = Field(template.format(text=old.text), tuple(parts))
    messy = frozenset({name})
    return replace(news, title=new, messy=messy) if name == "title" else replace(news, abstract=new, messy=messy)


def build_news(rng: random.Random) -> list[News]:
    categories = list(dict.fromkeys(pattern.category for pattern in patterns()))
    rows: list[News] = []
    for i in range(1, NEWS + 1):
        category = categories[i % len(categories)]
        title = sample_sentence(rng, kind="title" if rng.random() < 0.85 else "sentence", category=category)
        if i % 25 == 0:  # an agency's headline that two papers took over
            title = next(p for row in rows[i // 2 :] if row.category == category for _, p in row.title.parts)
        sentences = [sample_sentence(rng, kind="sentence", category=category) for _ in range(3)]
        one_each = list({p.pattern: p for p in sentences}.values())  # an article says nothing twice
        wanted = 2 if f"N{10000 + i}" in MESS else rng.choice([1, 2, 2, 3])
        abstract = Field() if i % 12 == 5 else joined(one_each[:wanted])
        row = News(f"N{10000 + i}", category, title.subcategory, joined([title]), abstract, linked=i % 30 != 7)
        rows.append(make_mess(row))
    return rows


def corpus_productions() -> list[Production]:
    """Every production of the corpus, mess left out, repetitions kept: what a translator of the demo must know."""
    return [
        production
        for news in build_news(random.Random(SEED))
        for name in ("title", "abstract")
        if name not in news.messy
        for _, production in getattr(news, name).parts
    ]


def behaviors(news: list[News], rng: random.Random) -> Iterator[str]:
    """One line per impression in order of time. Readers mostly click what they like."""
    ids = {category: [n.id for n in news if n.category == category] for category in {n.category for n in news}}
    readers = []
    for number in range(USERS):
        taste = rng.sample(sorted(ids), 2)
        liked = [i for category in taste for i in ids[category]]
        history = [] if number % 20 == 9 else rng.sample(liked, rng.randint(1, 12))
        readers.append((f"U{1001 + number}", liked, history))
    moment = FIRST_MOMENT
    for number in range(1, IMPRESSIONS + 1):
        moment += timedelta(seconds=rng.randint(60, 2400))
        user, liked, history = readers[rng.randrange(USERS)]
        clicked = rng.sample([i for i in liked if i not in history], rng.choice([1, 1, 1, 2]))
        others = [n.id for n in news if n.id not in clicked and n.id not in history]
        shown = [(i, 1) for i in clicked] + [(i, 0) for i in rng.sample(others, rng.randint(3, 11))]
        rng.shuffle(shown)
        time = moment.strftime("%m/%d/%Y %I:%M:%S %p")
        yield "\t".join([str(number), user, time, " ".join(history), " ".join(f"{i}-{label}" for i, label in shown)])


def write(folder: Path = FOLDER) -> None:
    rng = random.Random(SEED)
    news = build_news(rng)
    lines = {"news.tsv": [n.row(rng) for n in news], "behaviors.tsv": list(behaviors(news, rng))}
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in lines.items():
        (folder / name).write_text("".join(f"{row}\n" for row in rows), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write()
