import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import RecipeError
from schemas.languages import language
from tasks.check import CHECKS, FLAGS, REJECTS, check
from tasks.checks.length_ratio import LengthRatios

NTREX = Path(__file__).resolve().parents[2] / "../shared/data/news/ntrex_13_languages.jsonl"
ENGLISH = "The prime minister said on Monday that the plan was good."
FINNISH = "Pääministeri sanoi maanantaina, että suunnitelma oli hyvä."


def checked(source, target, *, truncated=None, into="fin", **options):
    frame = {"source": [source], "target": [target]} | ({} if truncated is None else {"truncated": [truncated]})
    pairs = pl.DataFrame(frame, schema_overrides={"source": pl.String, "target": pl.String})
    options = {"median_ratio": 1.0} | options
    return check(pairs, source_language=language("eng"), target_language=language(into), **options)


@pytest.mark.parametrize(
    ("source", "target", "options", "verdict", "reasons"),
    [
        (ENGLISH, FINNISH, {}, "accept", []),
        (ENGLISH, "", {}, "reject", ["empty"]),
        (ENGLISH, None, {}, "reject", ["empty"]),
        (ENGLISH, FINNISH, {"truncated": True}, "reject", ["truncated"]),
        (ENGLISH, ENGLISH, {}, "reject", ["copied", "language"]),
        (ENGLISH, ENGLISH, {"into": "tha"}, "reject", ["script", "copied", "language"]),
        (ENGLISH, ENGLISH, {"flag": ["script", "language"], "reject": [], "into": "tha"}, "flag", ["script", "language"]),
        (ENGLISH, ENGLISH, {"flag": ["script"], "reject": ["script"], "into": "tha"}, "reject", ["script"]),
        (ENGLISH, ENGLISH, {"flag": [], "reject": []}, "accept", []),
        (ENGLISH, "Pääministeri sanoi", {}, "flag", ["length-ratio"]),
        (ENGLISH, "Pääministeri sanoi", {"median_ratio": None}, "accept", []),
        (ENGLISH, f"{FINNISH} " * 4, {}, "reject", ["loop", "length-ratio"]),
        ("Mika Häkkinen", "Mika Häkkinen", {"into": "tha"}, "accept", []),  # a name
        ("", "Unprompted text from a model", {"into": "tha", "truncated": True}, "accept", []),
        (" \n", None, {"truncated": True}, "accept", []),
        (None, "x", {"truncated": True}, "accept", []),
    ],
)
def test_verdicts(source, target, options, verdict, reasons):
    result = checked(source, target, **options)
    assert result.select("verdict", "reasons").rows() == [(verdict, reasons)]


def test_adds_one_score_for_each_check_and_keeps_the_rest():
    result = checked(ENGLISH, FINNISH, truncated=False, flag=["language"])
    scores = [f"score_{name}" for name in (*REJECTS, "language")]
    assert result.columns == ["source", "target", "truncated", "verdict", "reasons", *scores]
    assert result.schema["reasons"] == pl.List(pl.String)


def test_an_unknown_check_is_named_with_its_neighbours():
    with pytest.raises(RecipeError, match=r"'length_ratio'\. Did you mean length-ratio\?"):
        checked(ENGLISH, FINNISH, flag=["length_ratio"])


def test_the_defaults_are_checks():
    assert set(REJECTS + FLAGS) == set(CHECKS)


texts = st.one_of(st.none(), st.text(max_size=30), st.sampled_from([ENGLISH, FINNISH, "ข่าว", "🙂", "\ud7ff", "a b " * 20]))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(texts, texts, st.sampled_from([True, False, None])), max_size=8))
def test_every_row_keeps_its_place_and_gets_a_verdict(rows):
    schema = {"source": pl.String, "target": pl.String, "truncated": pl.Boolean}
    pairs = pl.DataFrame(rows, schema=schema, orient="row")
    options = {"source_language": language("eng"), "target_language": language("cmn_Hans"), "median_ratio": 0.34}
    result = check(pairs, **options)
    assert result.select("source", "target", "truncated").equals(pairs)
    for verdict, reasons in result.select("verdict", "reasons").rows():
        assert verdict == ("reject" if set(reasons) & set(REJECTS) else "flag" if reasons else "accept")
    one_by_one = [check(pairs[row : row + 1], **options) for row in range(pairs.height)]
    assert not one_by_one or pl.concat(one_by_one).equals(result)  # no row depends on its neighbours


@pytest.mark.skipif(not NTREX.exists(), reason="needs shared/data/news (real translations, not part of the project)")
def test_human_translations_pass():
    """At most 5 of 1,007 lines rejected and 10 flagged in every language, 1 and 2 on average."""
    rows = [json.loads(line) for line in NTREX.read_text(encoding="utf-8").splitlines()]
    totals = {"reject": 0, "flag": 0}
    targets = sorted(rows[0].keys() - {"doc", "i", "eng"})
    for key in targets:
        pairs = pl.DataFrame({"source": [row["eng"] for row in rows], "target": [row[key] for row in rows]})
        ratios = LengthRatios()
        ratios.update(pairs["source"], pairs["target"])
        result = check(
            pairs,
            source_language=language("eng"),
            target_language=language(key),
            median_ratio=ratios.median(),
        )
        for verdict, most in (("reject", 5), ("flag", 10)):
            count = int((result["verdict"] == verdict).sum())
            assert count <= most, (key, verdict)
            totals[verdict] += count
    assert totals["reject"] <= len(targets)
    assert totals["flag"] <= 2 * len(targets)
