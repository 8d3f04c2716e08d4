"""How many spans land exactly where people (or the demo grammar) put them.

    python -m tests.bench.measure_projection FILE... [--demo] [--errors N]

FILE is JSON lines {source, target, spans, gold}, a gold span for each span that has one, named ..._SOURCE_TARGET.jsonl; its
aligner is fitted on itself. --demo takes the sample corpus from its grammar, whose slots say where each name stands.
Edge punctuation is left out of the comparison. F1, precision and recall are of exact spans; dropped is a share of spans.
"""

import argparse
import json
import time
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

from schemas.languages import Language, language
from schemas.spans import Span
from tasks.align.pieces import pieces
from tasks.align.statistical import StatisticalAligner, fit
from tasks.project import project

DEMO = ("ron_Latn", "hin_Deva", "cmn_Hans")
Rows = list[dict[str, Any]]


def core(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without punctuation and spaces at its edges."""
    while start < end and unicodedata.category(text[start])[0] in "PZ":
        start += 1
    while start < end and unicodedata.category(text[end - 1])[0] in "PZ":
        end -= 1
    return start, end


def demo(code: str) -> Rows:
    """The productions of the sample corpus, with the slots that are names, where both languages have each once."""
    from data.demo.corpus import corpus_productions
    from data.demo.grammar import SOURCE

    rows: Rows = []
    for production in corpus_productions():
        pairs = [
            (slot.spans[SOURCE][0], slot.spans[code][0])
            for slot in production.slots
            if slot.entity and len(slot.spans.get(SOURCE, ())) == len(slot.spans.get(code, ())) == 1
        ]
        spans, gold = ([{"start": pair[side][0], "end": pair[side][1], "label": ""} for pair in pairs] for side in (0, 1))
        rows.append({"source": production.text[SOURCE], "target": production.text[code], "spans": spans, "gold": gold})
    return rows


def measure(name: str, rows: Rows, source: Language, target: Language, errors: int) -> None:
    since = time.monotonic()
    cut = [pieces(row["source"], row["target"], source, target) for row in rows]
    pairs = [(piece.source, piece.target) for row in cut for piece in row]
    fitted = time.monotonic()
    aligner = StatisticalAligner(fit(pairs, source, target), source, target)
    ready = time.monotonic()
    alignments = iter(aligner.align(pairs))
    done = time.monotonic()
    right = found = wanted = spans = 0
    reasons: Counter[str | None] = Counter()
    for row, mine in zip(rows, cut, strict=True):
        given = [Span(span["start"], span["end"], span["label"], group=i) for i, span in enumerate(row["spans"])]
        placed = project(given, mine, [next(alignments) for _ in mine], aligner.name)
        gold = {(*core(row["target"], span["start"], span["end"]), span["label"]) for span in row["gold"]}
        got = {(*core(row["target"], p.span.start, p.span.end), p.span.label) for p in placed if p.span}
        right, found, wanted, spans = right + len(got & gold), found + len(got), wanted + len(gold), spans + len(given)
        reasons.update(p.reason for p in placed if p.reason)
        for span, place in zip(given, placed, strict=True):
            if errors and (place.span is None or (*core(row["target"], place.span.start, place.span.end), span.label) not in gold):
                errors -= 1
                golden = [row["target"][g["start"] : g["end"]] for g in row["gold"] if g["label"] == span.label]
                print(
                    "   ", span.of(row["source"]), "|", place.span and place.span.of(row["target"]), place.score, place.reason, "|", *golden
                )
    dropped = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
    print(
        f"{name:22} {200 * right / (found + wanted):5.1f}  {100 * right / found:5.1f}  {100 * right / wanted:5.1f}"
        f"  {100 * sum(reasons.values()) / spans:5.1f}  {len(pairs) / (ready - fitted):7.0f}  {len(pairs) / (done - ready):7.0f}"
        f"  {fitted - since:4.1f} s  {dropped}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--demo", action="store_true")
    parser.add_argument("--errors", type=int, default=0, help="Show so many wrong spans of each file.")
    options = parser.parse_args()
    print(f"{'':22}    F1   prec.   rec.  dropped  fit/s   align/s  cutting   (pairs)")
    for file in options.files:
        rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        source, target = file.stem.split("_")[-2:]
        measure(file.stem, rows, language(source), language(target), options.errors)
    for code in DEMO if options.demo else ():
        measure(f"demo {code}", demo(code), language("eng"), language(code), options.errors)


if __name__ == "__main__":
    main()
