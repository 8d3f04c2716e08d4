"""Check: every translation gets a verdict, the reasons for it, and the scores behind them.

A check is one file in tasks/checks, with a score and a decision over it, and one line in CHECKS.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from schemas.errors import RecipeError, did_you_mean
from schemas.languages import Language
from tasks.checks.copied import copied_score, is_copied
from tasks.checks.empty import empty_score, is_empty
from tasks.checks.language import is_wrong_language, language_score
from tasks.checks.length_ratio import is_odd_length, length_ratio_score
from tasks.checks.loop import beyond_source, is_loop, loop_score
from tasks.checks.script import is_wrong_script, script_score
from tasks.checks.truncated import is_truncated, truncated_score
from tasks.identify import identifier as make_identifier

REJECTS = ("empty", "loop", "truncated", "script", "copied")
FLAGS = ("length-ratio", "language")


@dataclass(frozen=True)
class Setting:
    """What a check may need to know beside the pairs."""

    source_language: Language
    target_language: Language
    median_ratio: float | None
    identifier: str


class Check(NamedTuple):
    """A score for each pair, null where it does not apply, and which scores are a fault."""

    score: Callable[[pl.DataFrame, Setting], pl.Series]
    fires: Callable[[pl.Series], pl.Series]


def _loop(pairs: pl.DataFrame, setting: Setting) -> pl.Series:
    source = loop_score(pairs["source"], spaced=setting.source_language.spaced)
    return beyond_source(loop_score(pairs["target"], spaced=setting.target_language.spaced), source)


def _script(pairs: pl.DataFrame, setting: Setting) -> pl.Series:
    return script_score(pairs["source"], pairs["target"], script=setting.target_language.script)


def _copied(pairs: pl.DataFrame, setting: Setting) -> pl.Series:
    ours, theirs = setting.source_language, setting.target_language
    if ours.macrolanguage and ours.macrolanguage == theirs.macrolanguage:  # Bokmål and Nynorsk, Croatian and Serbian: much is the same
        return pl.Series("copied", [None] * pairs.height, dtype=pl.Float64)
    return copied_score(pairs["source"], pairs["target"], spaced=ours.spaced)


def _length_ratio(pairs: pl.DataFrame, setting: Setting) -> pl.Series:
    return length_ratio_score(pairs["source"], pairs["target"], median=setting.median_ratio)


def _language(pairs: pl.DataFrame, setting: Setting) -> pl.Series:
    back_end = make_identifier(setting.identifier)
    return language_score(pairs["target"], target_language=setting.target_language, identifier=back_end)


CHECKS: dict[str, Check] = {
    "empty": Check(lambda pairs, _: empty_score(pairs["source"], pairs["target"]), is_empty),
    "loop": Check(_loop, is_loop),
    "truncated": Check(lambda pairs, _: truncated_score(pairs), is_truncated),
    "script": Check(_script, is_wrong_script),
    "copied": Check(_copied, is_copied),
    "length-ratio": Check(_length_ratio, is_odd_length),
    "language": Check(_language, is_wrong_language),
}


def check(
    pairs: pl.DataFrame,
    *,
    source_language: Language,
    target_language: Language,
    reject: Sequence[str] = REJECTS,
    flag: Sequence[str] = FLAGS,
    median_ratio: float | None,
    identifier: str = "py3langid",
) -> pl.DataFrame:
    """The pairs in their order, with a verdict on each translation.

    pairs: source and target (String; target null where nothing was translated), and truncated (Boolean) if known.
    reject, flag: names of checks; one in both lists rejects.
    median_ratio: of the corpus, from LengthRatios; None where there are too few pairs, and no length is flagged.
    Adds verdict (accept, flag or reject), reasons (names of the checks that fired, rejects first) and a column
    score_<check> for each. A source that is null or blank is accepted whatever stands beside it, its scores null.
    """
    names = list(dict.fromkeys([*reject, *flag]))
    for name in names:
        if name not in CHECKS:
            raise RecipeError(f"unknown check {name!r}.{did_you_mean(name, CHECKS)} There are: {', '.join(CHECKS)}.")
    setting = Setting(source_language, target_language, median_ratio, identifier)
    blank = pairs["source"].str.strip_chars().fill_null("") == ""
    scores = {name: CHECKS[name].score(pairs, setting).set(blank, None) for name in names}
    fired = pl.DataFrame({"blank": blank} | {name: CHECKS[name].fires(scores[name]).fill_null(False) for name in names})
    nothing = pl.lit(None, dtype=pl.String)
    verdicts = fired.with_columns(
        pl.when(pl.any_horizontal(False, *reject)).then(pl.lit("reject"))
        .when(pl.any_horizontal(False, *names)).then(pl.lit("flag"))
        .otherwise(pl.lit("accept")).alias("verdict"),
        pl.concat_list(nothing, *(pl.when(name).then(pl.lit(name)) for name in names)).list.drop_nulls().alias("reasons"),
    ).select("verdict", "reasons")  # fmt: skip
    return pairs.with_columns(*verdicts, *(scores[name].alias(f"score_{name}") for name in names))
