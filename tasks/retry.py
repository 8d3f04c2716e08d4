"""Retry: what fails a hard check is translated once more, in other ways, before it can be rejected.

A sentence's outcome depends on the sentence, the engine and the names of its second tries, never on its batch.
"""

import re
from collections.abc import Callable, Sequence

import polars as pl

from schemas.languages import Language
from tasks.check import REJECTS, check
from tasks.segment import WORDED
from tasks.translate import Decoding, Hypothesis, Progress, Translator

Pieces = list[tuple[str, str]]
"""(piece, white space after it), in order; joined, they are the sentence exactly. No piece is empty."""

VERSION = 1  # of all that changes the outcome beside the names: another one is another engine to the memory
STEADY = Decoding(repetition_penalty=1.2, no_repeat_ngram_size=3)
OF_PIECES = ("empty", "loop", "truncated")  # checks of each piece; of names alone one may be copied as it is
LONG, LONG_UNJOINED = 80, 30  # code points of a piece that is cut no further; Chinese and Japanese say as much in fewer
MARKS = r"[,;:–،؛՝፣፤፥·][\"'”’»)\]]*\s+|(?<=\s)-\s+|—\s*|[，；：、][”’」』）]*\s*"  # between clauses; not those in 1,200 or 10:30
_MARK, _PLACE = re.compile(MARKS), re.compile(rf"{MARKS}|\s+")


def clauses(text: str, language: Language) -> Pieces:
    """Cut in two after the mark between clauses that is nearest to the middle, and the parts likewise while they are long.

    Where no mark stands in the middle half it is the nearest white space or mark; text without either stays whole.
    """
    if len(text) > (LONG if language.joiner else LONG_UNJOINED):
        within, half = text.rstrip(), len(text) / 2
        marks = [found.end() for found in _MARK.finditer(within) if abs(found.end() - half) <= half / 2]
        places = marks or [found.end() for found in _PLACE.finditer(within) if found.start() > 0 and found.end() < len(within)]
        if places:
            at = min(places, key=lambda end: abs(end - half))
            return clauses(text[:at], language) + clauses(text[at:], language)
    core = text.rstrip() or text
    return [(core, text[len(core) :])] if text else []


TRIES: dict[str, Callable[[str, Language], Pieces] | None] = {"clauses": clauses, "repetition": None}
"""How each second try cuts the sentence, None if not at all; all of them decode with STEADY.

Measured on the captions model, beam 4, 37 sentences of four captions in a row that failed at first: "clauses" rescues 37, chrF 54;
"repetition" 37, chrF 33, no better than the loops it replaces. Hence the order. A beam of 8 rescues 25 and takes 27 times as long.
"""


def translate(
    engine: Translator, texts: Sequence[str], source: Language, target: Language, progress: Progress | None = None
) -> list[Hypothesis]:
    """One hypothesis per text, in their order: the first that passes all hard checks, or the very first if none does.

    Its `tried` names the second tries that were made, in their order. Which are made, the engine's identity says: what has
    no option `second_tries` is never asked twice.
    """
    found = engine.translate(texts, source, target, progress)
    names = second_tries(engine)
    left = _failing(texts, found, source, target) if names else []
    tried = {i: found[i].tried for i in left}
    for name in names:
        again = _again(name, engine, {i: texts[i] for i in left}, source, target, progress)
        for i, (hypothesis, passes) in again.items():
            tried[i] += (name,)
            if passes:
                found[i] = hypothesis
        left = [i for i in left if not (i in again and again[i][1])]
    for i, ways in tried.items():
        found[i] = found[i]._replace(tried=ways)
    return found


def marker(names: Sequence[str]) -> str:
    """What stands in an engine's identity as `second_tries`: all that changes the outcome."""
    return f"{VERSION}:{'+'.join(names)}"


def second_tries(engine: Translator) -> list[str]:
    """The names of an engine's second tries, in their order."""
    names = str(engine.identity.options.get("second_tries", "")).partition(":")[2]
    return names.split("+") if names else []


def _again(
    name: str, engine: Translator, texts: dict[int, str], source: Language, target: Language, progress: Progress | None
) -> dict[int, tuple[Hypothesis, bool]]:
    """What one try makes of the texts, and whether it passes; texts that it cannot cut are absent."""
    cut = TRIES[name]
    cuts = {i: cut(text, source) if cut else [(text, "")] for i, text in texts.items()}
    cuts = {i: pieces for i, pieces in cuts.items() if len(pieces) > 1 or not cut}
    if not cuts:
        return {}
    distinct = list(dict.fromkeys(piece for pieces in cuts.values() for piece, _ in pieces))
    worded = pl.DataFrame({"text": pl.Series(distinct, dtype=pl.String)}).filter(WORDED)["text"].to_list()
    more = (lambda _, tokens: progress(0, tokens)) if progress else None  # the sentences are counted already
    answers = {piece: Hypothesis(piece, None, False) for piece in distinct}
    answers |= zip(worded, engine.translate(worded, source, target, more, STEADY), strict=True)
    faulty = {worded[i] for i in _failing(worded, [answers[piece] for piece in worded], source, target, OF_PIECES)}
    made = {i: _joined([(answers[piece], space) for piece, space in pieces], source, target) for i, pieces in cuts.items()}
    failing = set(_failing([texts[i] for i in made], list(made.values()), source, target))
    return {
        i: (hypothesis, place not in failing and not any(piece in faulty for piece, _ in cuts[i]))
        for place, (i, hypothesis) in enumerate(made.items())
    }


def _joined(parts: Sequence[tuple[Hypothesis, str]], source: Language, target: Language) -> Hypothesis:
    """Translations of pieces as one; where source and target join sentences differently, in the target's way.

    Its score is the mean of theirs, null if none has one.
    """
    spaces = [space if source.joiner == target.joiner else target.joiner for _, space in parts[:-1]]
    text = "".join(part.text + space for (part, _), space in zip(parts, [*spaces, ""], strict=True))
    scores = [part.score for part, _ in parts if part.score is not None]
    return Hypothesis(text, round(sum(scores) / len(scores), 4) if scores else None, any(part.truncated for part, _ in parts))


def _failing(
    texts: Sequence[str], found: Sequence[Hypothesis], source: Language, target: Language, reject: Sequence[str] = REJECTS
) -> list[int]:
    """The places of the hypotheses that a hard check rejects."""
    pairs = pl.DataFrame(
        {"source": texts, "target": [each.text for each in found], "truncated": [each.truncated for each in found]},
        schema={"source": pl.String, "target": pl.String, "truncated": pl.Boolean},
    )
    verdicts = check(pairs, source_language=source, target_language=target, reject=reject, flag=(), median_ratio=None)["verdict"]
    return (verdicts == "reject").arg_true().to_list()
