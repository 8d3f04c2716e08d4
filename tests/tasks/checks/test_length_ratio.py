import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.checks.length_ratio import LengthRatios, is_odd_length, length_ratio_score

SOURCE = "a" * 40


def fitted(pairs):
    ratios = LengthRatios()
    ratios.update(*(pl.Series(side, dtype=pl.String) for side in (zip(*pairs, strict=True) if pairs else ([], []))))
    return ratios


@pytest.mark.parametrize(
    ("source", "target", "median", "flagged"),
    [
        (SOURCE, "b" * 40, 1.0, False),
        (SOURCE, "b" * 14, 0.35, False),  # usual for Chinese
        (SOURCE, "b" * 14, 1.0, True),
        (SOURCE, "b" * 110, 1.0, True),
        (SOURCE, "b" * 110, None, None),  # nothing was fitted
        ("OK", "b" * 40, 1.0, None),  # a short source says nothing
        (SOURCE, "", 1.0, None),  # that is empty, not short
        (SOURCE, None, 1.0, None),
        (None, "b" * 40, 1.0, None),
    ],
)
def test_flags_what_is_far_from_the_median(source, target, median, flagged):
    sides = (pl.Series([side], dtype=pl.String) for side in (source, target))
    assert is_odd_length(length_ratio_score(*sides, median=median)).to_list() == [flagged]


@pytest.mark.parametrize(
    ("pairs", "median"),
    [
        ([(SOURCE, "b" * 40)] * 50, 1.0),
        ([(SOURCE, "b" * 40)] * 49, None),  # too few
        ([(SOURCE, "b" * 40)] * 49 + [("OK", "fine")] * 9 + [(SOURCE, None)] * 9, None),  # not counted
        ([(SOURCE, "b" * 20)] * 60 + [(SOURCE, "b" * 400)] * 40, 0.5),  # faults do not move it
        ([], None),
    ],
)
def test_median(pairs, median):
    assert fitted(pairs).median() == median


sides = st.one_of(st.none(), st.text("aé中 ", max_size=40))
batches = st.lists(st.lists(st.tuples(sides, sides), max_size=20), max_size=6)


@settings(deadline=None)
@given(batches, st.randoms(use_true_random=False))
def test_batches_and_their_order_do_not_matter(parts, random):
    parts = [part * 20 for part in parts]  # enough pairs for a median
    whole = fitted([pair for part in parts for pair in part]).median()
    random.shuffle(parts)
    merged = LengthRatios()
    for part in parts:
        merged.merge(fitted(part))
    assert merged.median() == whole


@settings(deadline=None)
@given(st.integers(10, 2000), st.integers(1, 2000))
def test_the_median_is_exact_to_a_percent(source, target):
    assert fitted([("a" * source, "b" * target)] * 50).median() == pytest.approx(target / source, rel=0.008)
