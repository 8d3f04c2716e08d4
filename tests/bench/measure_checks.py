"""How often the checks are wrong on human translations, and how often right on faults made on purpose.

    python -m tests.bench.measure_checks LINES.jsonl [--source eng] [--identifier py3langid]

LINES.jsonl holds parallel lines, one key per language (eng, fin, ...); NTREX-128 is such a file. The length median of
each language is fitted on the file itself.
"""

import argparse
import time
from pathlib import Path

import polars as pl

from schemas.languages import Language, language
from tasks.check import FLAGS, REJECTS, check
from tasks.checks.length_ratio import LengthRatios
from tests.bench.measure_identify import read

FAULTS = ("loop", "untranslated", "wrong language", "empty", "cut to a third")


def looped(text: str, spaced: bool) -> str:
    """The text with its last 4 words, or 12 characters, said 4 times more."""
    return " ".join([text, *text.split()[-4:] * 4]) if spaced else text + text[-12:] * 4


def broken(fault: str, target: Language, source: pl.Series, lines: dict[Language, pl.Series]) -> pl.Series:
    """The translations of one language with a fault in each."""
    text = lines[target]
    if fault == "loop":
        return pl.Series([looped(line, target.spaced) for line in text])
    if fault == "untranslated":
        return source
    if fault == "wrong language":  # each line in the next of the other languages
        others = [key for key in lines if key != target]
        return pl.Series([lines[others[row % len(others)]][row] for row in range(len(text))])
    if fault == "cut to a third":
        return pl.Series([line[: len(line) // 3] for line in text])
    return pl.Series(["..."] * len(text))


def percent(share: float) -> str:
    return f"{100 * share:.2f}"


def share_of(result: pl.DataFrame, verdict: str) -> float:
    return int((result["verdict"] == verdict).sum()) / result.height


def share_fired(result: pl.DataFrame, name: str) -> float:
    return int(result["reasons"].list.contains(name).sum()) / result.height


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", type=Path)
    parser.add_argument("--source", default="eng")
    parser.add_argument("--identifier", default="py3langid")
    options = parser.parse_args()
    lines = read(options.lines)
    origin = language(options.source)
    source = lines.pop(origin)
    human: list[list[str]] = []
    recall: list[list[str]] = []
    totals: list[list[float]] = []
    seconds = 0.0
    for target, text in lines.items():
        ratios = LengthRatios()
        ratios.update(source, text)

        def run(hypotheses: pl.Series, target: Language = target, median: float | None = ratios.median()) -> pl.DataFrame:
            pairs = pl.DataFrame({"source": source, "target": hypotheses})
            return check(
                pairs,
                source_language=origin,
                target_language=target,
                median_ratio=median,
                identifier=options.identifier,
            )

        run(text)  # loads the model outside the clock
        start = time.perf_counter()
        result = run(text)
        seconds += time.perf_counter() - start
        shares = [share_of(result, verdict) for verdict in ("reject", "flag")]
        shares += [share_fired(result, name) for name in (*REJECTS, *FLAGS)]
        totals.append(shares)
        human.append([target.code, *map(percent, shares)])
        cells = [target.code]
        for fault in FAULTS:
            found = run(broken(fault, target, source, lines))
            shares = [share_of(found, verdict) for verdict in ("reject", "flag")]
            cells += map(percent, shares)
        recall.append(cells)
    human.append(["mean", *(percent(sum(column) / len(column)) for column in zip(*totals, strict=True))])
    print(f"Human translations, % of lines ({len(source) * len(lines) / seconds:,.0f} lines/s):\n")
    print_table(["", "reject", "flag", *REJECTS, *FLAGS], human)
    print("\nFaults made on purpose, % of lines rejected and flagged:\n")
    print_table(["", *(f"{fault}: {verdict}" for fault in FAULTS for verdict in ("reject", "flag"))], recall)


def print_table(head: list[str], rows: list[list[str]]) -> None:
    for row in (head, ["---"] * len(head), *rows):
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
