import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.census.figures import HIGH, WIDE, _ticks, month_columns, rank_curve
from tests.tasks.page import parse


def points(svg):
    return [[tuple(map(float, point.split(","))) for point in each.split()] for each in re.findall(r'points="([^"]*)"', str(svg))]


@given(st.lists(st.integers(0, 10**9), max_size=900))
def test_a_curve_falls_and_stays_in_its_frame(values):
    svg = rank_curve({"<ko>": values}, "downloads & ranks")
    if not any(values):
        return
    parse(str(svg))
    ((*line,),) = points(svg)
    assert len(line) <= 400
    assert all(0 <= x <= WIDE and 0 <= y <= HIGH for x, y in line)
    assert line == sorted(line), "to the right and down"


@pytest.mark.parametrize("series", [{}, {"ko": []}, {"ko": [0, 0]}])
def test_nothing_to_draw(series):
    assert rank_curve(series, "x") == ""
    assert month_columns([("2025-01", 0)] * len(series), "x") == ""


def test_a_column_for_each_month():
    page = parse(str(month_columns([("2024-11", 3), ("2024-12", 0), ("2025-01", 1_200)], "created")))
    assert [each.text for each in page.all("path")] == ["2024-11: 3", "2024-12: 0", "2025-01: 1,200"]
    assert {"2024-11", "2025"} <= {each.text for each in page.all("text")}


@given(st.integers(1, 10**7))
def test_ticks_are_few_and_begin_at_zero(most):
    found = _ticks(most)
    assert found[0] == 0
    assert found[-1] <= most
    assert 2 <= len(found) <= 7
