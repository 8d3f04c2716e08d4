"""The number of a version says what a reader has to fear."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.diff import Changes, ConfigChanges
from tasks.version import next_version, numbers


def changes(**configs):
    return Changes("trial 1.2.3", "trial auto", {name: ConfigChanges(**values) for name, values in configs.items()})


@pytest.mark.parametrize(
    ("configs", "version", "why"),
    [
        ({}, "1.2.4", "corrections"),  # another order of rows
        ({"fin": {"changed": 1200}}, "1.2.4", "corrections in fin (1,200)"),
        ({"fin": {"added": 5, "changed": 7}}, "1.3.0", "rows added to fin (5)"),
        ({"ron": {"presence": "added", "added": 9}}, "1.3.0", "added ron"),
        ({"ron": {"presence": "added", "added": 9}, "fin": {"added": 5}}, "1.3.0", "added ron; rows added to fin (5)"),
        ({"fin": {"removed": 1}}, "2.0.0", "rows removed from fin (1)"),
        ({"fin": {"removed": 1, "added": 1}}, "2.0.0", "rows removed from fin (1)"),  # as many rows as before
        ({"fin": {"removed": 1}, "ron": {"added": 50}}, "2.0.0", "rows removed from fin (1)"),
        ({"ron": {"presence": "removed", "removed": 9}, "cmn": {"presence": "added"}}, "2.0.0", "removed ron"),
        ({"fin": {"columns": {"more": (None, "string")}}}, "2.0.0", "other columns in fin"),
        ({"ron": {"presence": "removed"}, "fin": {"removed": 2}}, "2.0.0", "removed ron; rows removed from fin (2)"),
        ({c: {"added": 1} for c in "abcd"}, "1.3.0", "rows added to a (1), b (1), c (1), d (1)"),
        ({c: {"added": 1} for c in "abcdef"}, "1.3.0", "rows added to a (1), b (1), c (1) and 3 more"),
    ],
)
def test_the_gravest_change_decides(configs, version, why):
    assert next_version("1.2.3", changes(**configs)) == (version, why)


def test_corrections_without_a_row_say_of_what():
    assert next_version("1.2.3", Changes("a", "b", {}, ["title", "tools"])) == ("1.2.4", "corrections of title, tools")


def test_what_cannot_be_compared_promises_nothing():
    assert next_version("1.2.3", None) == ("2.0.0", "the files of 1.2.3 are damaged and cannot be compared")


COUNTS = st.fixed_dictionaries({name: st.integers(0, 2) for name in ("added", "removed", "changed")})


@given(st.dictionaries(st.sampled_from("abc"), COUNTS), st.tuples(*[st.integers(0, 30)] * 3))
def test_a_version_is_above_the_last_and_more_change_never_means_less(configs, last):
    before = ".".join(map(str, last))
    version = numbers(next_version(before, changes(**configs))[0])
    assert version > last
    assert (version[0] > last[0]) == any(each["removed"] for each in configs.values())
    more = numbers(next_version(before, changes(**configs, z={"removed": 1}))[0])
    assert more >= version
