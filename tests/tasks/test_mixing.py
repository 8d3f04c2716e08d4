"""Measures of mixing, against values computed by hand."""

import pytest

from tasks.mixing import mixing


@pytest.mark.parametrize(
    ("tags", "cmi", "c_u", "m_index", "i_index"),
    [
        ("", 0, 0, 0, 0),
        ("other other", 0, 0, 0, 0),
        ("en other en en", 0, 0, 0, 0),
        ("en hi", 50, 50, 1, 1),
        ("en other hi", 50, 50, 1, 1),
        ("en en en hi", 25, 25, 0.6, 1 / 3),
        ("en hi fi", 200 / 3, 200 / 3, 1, 1),
        # the example of the public cs_metrics: 11 tokens of a language, 6 of them Hindi, 3 switches
        ("en en hi hi other other hi hi en en en hi hi", 45.45454545454546, 36.36363636363637, 0.9836065573770497, 0.3),
    ],
)
def test_measures(tags, cmi, c_u, m_index, i_index):
    assert mixing(tags.split()) == pytest.approx((cmi, c_u, m_index, i_index))
