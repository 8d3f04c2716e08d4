"""Files of the memory are read by key, and by range of keys."""

import itertools

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.memory.files import ranges, read, settle
from tasks.memory.rows import checksums, key
from tests.tasks.memory.test_rows import frame


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """2,000 rows in order of key, so in several pages."""
    folder = tmp_path_factory.mktemp("memory")
    rows = frame(*((key("eng_Latn", str(i)), "eng_Latn", str(i), f"nro {i}", None, False, []) for i in range(2000))).sort("key")
    action = settle(rows.with_columns(checksums(rows, "demo-0", "fin_Latn")), folder, "demo-0", "fin_Latn")
    return folder / action.path


@given(rows=st.integers(0, 10**7), most=st.integers(1, 10**6))
def test_ranges_cover_every_key_once(rows, most):
    found = list(ranges(rows, most)) if rows // most < 10_000 else list(ranges(10, 1))
    assert found[0].low is None
    assert found[-1].high is None
    assert all(a.high == b.low and a.high is not None and len(a.high) == 16 for a, b in itertools.pairwise(found))


@pytest.mark.parametrize("most", [10, 100, 2000, 2001])
def test_parts_by_range_are_the_whole(file, most):
    parts = [read([file], keys) for keys in ranges(2000, most)]
    assert pl.concat(parts).equals(read([file]))
    assert max(part.height for part in parts) <= most * 2.5  # hashes fall unevenly


@given(st.sets(st.integers(0, 4000), max_size=300))
def test_keys_are_found_where_they_are(file, numbers):
    wanted = pl.Series("key", [key("eng_Latn", str(n)) for n in numbers], dtype=pl.Binary)
    assert {int(text) for text in read([file], wanted)["source"]} == {n for n in numbers if n < 2000}
