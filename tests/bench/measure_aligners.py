"""How exactly spans are projected along each aligner, on translations made here and now.

    python -m tests.bench.measure_aligners [--shared ../shared] [--errors 5]

demo      The names of the sample corpus in the demo model's translations, where these are what the grammar says: its slots tell
          where each name went. The model was trained to show its alignment; the statistical aligner is fitted on the corpus.
captions  The nouns of 30 image captions in a real model's translations, marked by hand; that model was not trained so. The
          statistical aligner is fitted on the 1,000 captions. Needs the corpora and models of the folder `shared`.

Marked (captions_marks.json, every 33rd caption of test_2016, offsets alone) is the head of each noun phrase: in compounds the last
word. null: the translation has lost it. A language is left out where the translation says the noun twice. A caption whose
translation has changed since is passed over, and counted.
"""

import argparse
import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from data.demo.corpus import corpus_productions
from data.demo.grammar import SOURCE, TARGETS
from schemas.languages import Language, language
from schemas.recipe import CTranslate2
from schemas.spans import Span
from tasks.align import Aligner
from tasks.align.attention import AttentionAligner
from tasks.align.statistical import StatisticalAligner, fit
from tasks.project import Piece, project
from tasks.translate import Machine, Translator, translator

MARKS = Path(__file__).with_name("captions_marks.json")
SHARED = Path(__file__).resolve().parents[3] / "shared"
ENGLISH = language(SOURCE)
Place = tuple[int, int]


@dataclass(frozen=True)
class Case:
    """A sentence, its translation, the spans of the one and their true places in the other (None where lost)."""

    source: str
    target: str
    spans: list[Span]
    gold: list[Place | None]


@dataclass(frozen=True)
class Score:
    """Counts of spans, and what went wrong: source, surface form, true place and found place (or reason) in words."""

    gold: int
    placed: int
    exact: int
    errors: list[str]

    @property
    def precision(self) -> float:
        return self.exact / max(self.placed, 1)

    @property
    def recall(self) -> float:
        return self.exact / max(self.gold, 1)

    @property
    def f1(self) -> float:
        return 2 * self.exact / max(self.gold + self.placed, 1)


def score(aligner: Aligner, cases: list[Case]) -> Score:
    alignments = aligner.align([(case.source, case.target) for case in cases])
    gold = placed = exact = 0
    errors = []
    for case, alignment in zip(cases, alignments, strict=True):
        pieces = [Piece(0, case.source, 0, case.target)]
        for span, true, found in zip(case.spans, case.gold, project(case.spans, pieces, [alignment], aligner.name), strict=True):
            place = (found.span.start, found.span.end) if found.span else None
            gold, placed, exact = gold + bool(true), placed + bool(place), exact + bool(true and place == true)
            if place != true:
                is_, was = (case.target[slice(*x)] if x else None for x in (place, true))
                errors.append(f"{span.of(case.source)!r}: {was!r}, found {is_!r} ({found.reason or found.score}) in {case.target!r}")
    return Score(gold, placed, exact, errors)


def demo_cases(engine: Translator, target: Language) -> tuple[list[Case], int]:
    """The different sentences of the sample corpus that the model translates as the grammar does, and how many it does not."""
    productions = list({production.text[SOURCE]: production for production in corpus_productions()}.values())
    hypotheses = engine.translate([production.text[SOURCE] for production in productions], ENGLISH, target)
    cases = []
    for production, hypothesis in zip(productions, hypotheses, strict=True):
        if hypothesis.text == production.text[target.code]:
            slots = sorted((slot for slot in production.slots if slot.entity), key=lambda slot: slot.spans[SOURCE])
            names = list(dict.fromkeys(slot.entity for slot in slots))
            spans = [Span(*slot.spans[SOURCE][0], slot.entity.type, group=names.index(slot.entity)) for slot in slots]
            cases.append(Case(production.text[SOURCE], hypothesis.text, spans, [slot.spans[target.code][0] for slot in slots]))
    return cases, len(productions) - len(cases)


def caption_cases(pairs: dict[str, tuple[str, str]], target: Language) -> tuple[list[Case], int]:
    """The marked captions, and how many of them are translated otherwise than when they were marked."""
    cases, changed = [], 0
    for id, marks in json.loads(MARKS.read_text("utf-8")).items():
        if digest(*pairs[id]) != marks["sha256"][target.code]:
            changed += 1
            continue
        nouns = [noun for noun in marks["nouns"] if target.code in noun]
        spans = [Span(*noun["source"], group=i) for i, noun in enumerate(nouns)]
        cases.append(Case(*pairs[id], spans, [noun[target.code] and tuple(noun[target.code]) for noun in nouns]))
    return cases, changed


def digest(source: str, target: str) -> str:
    return hashlib.sha256(f"{source}\n{target}".encode()).hexdigest()[:16]


def report(title: str, engine: Translator, target: Language, pairs: list[tuple[str, str]], cases: list[Case], errors: int) -> None:
    """One row per aligner; pairs a second counts the fit with the statistical aligner."""
    for name in ("statistical", "attention"):
        start = time.perf_counter()
        if name == "statistical":
            aligner: Aligner = StatisticalAligner(fit(pairs, ENGLISH, target), ENGLISH, target)
        else:
            aligner = AttentionAligner(engine, ENGLISH, target)
        aligner.align(pairs)
        speed = len(pairs) / (time.perf_counter() - start)
        found = score(aligner, cases)
        figures = " | ".join(f"{100 * x:.1f}" for x in (found.precision, found.recall, found.f1))
        print(f"| {title} {target.code} | {name} | {found.gold} | {found.placed} | {figures} | {speed:,.0f} |")
        for error in found.errors[:errors]:
            print(f"    {error}")


def demo(errors: int) -> Iterable[str]:
    engine = translator(CTranslate2(into=TARGETS), Machine("cpu"))
    for target in map(language, TARGETS):
        cases, otherwise = demo_cases(engine, target)
        report("demo", engine, target, [(case.source, case.target) for case in cases], cases, errors)
        yield f"demo {target.code}: {otherwise} sentences translated otherwise than by the grammar, left out"


def captions(shared: Path, errors: int) -> Iterable[str]:
    into = ("deu_Latn", "fra_Latn")
    engine = translator(CTranslate2(into=into, model=str(shared / "models" / "captions-eng-deu-fra")), Machine("cpu"))
    rows = [json.loads(line) for line in (shared / "data" / "captions" / "test_2016.jsonl").read_text("utf-8").splitlines()]
    texts = [row["eng"] for row in rows]
    for target in map(language, into):
        translations = [hypothesis.text for hypothesis in engine.translate(texts, ENGLISH, target)]
        pairs = {row["id"]: pair for row, pair in zip(rows, zip(texts, translations, strict=True), strict=True)}
        cases, changed = caption_cases(pairs, target)
        report("captions", engine, target, list(pairs.values()), cases, errors)
        yield f"captions {target.code}: {changed} of {changed + len(cases)} marked captions translated otherwise than when marked, left out"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=SHARED)
    parser.add_argument("--errors", type=int, default=0, help="print so many errors of each row")
    options = parser.parse_args()
    print("| | aligner | spans | placed | precision | recall | F1 | pairs/s |\n|---|---|---|---|---|---|---|---|")
    notes = list(demo(options.errors))
    if options.shared.is_dir():
        notes += captions(options.shared, options.errors)
    print("", *notes, sep="\n")


if __name__ == "__main__":
    main()
