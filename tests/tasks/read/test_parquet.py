import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import SourceError
from schemas.recipe import ParquetSource
from tasks.read.parquet import ParquetReader


def read(path, rows=1000):
    return list(ParquetReader(ParquetSource(path=path, format="parquet")).parts("train", rows))


@given(st.lists(st.integers(0, 40), min_size=1, max_size=3), st.integers(1, 15), st.integers(1, 12))
def test_parts_hold_exactly_rows_whatever_the_files_and_row_groups(tmp_path_factory, counts, group, rows):
    folder = tmp_path_factory.mktemp("parts")
    start = 0
    for i, count in enumerate(counts):
        pq.write_table(pa.table({"n": pa.array(range(start, start + count), pa.int64())}), folder / f"{i}.parquet", row_group_size=group)
        start += count
    parts = read(folder, rows)
    assert [part.rows_in for part in parts] == [min(rows, start - at) for at in range(0, start, rows)]
    assert [n for part in parts for n in part.table.column("n").to_pylist()] == list(range(start))
    assert all(list(part.places) == list(range(part.table.num_rows)) for part in parts)


def test_types_and_nulls_stay_and_metadata_goes(tmp_path):
    table = pa.table({"id": [1, 2], "tags": [["a"], None], "text": pa.array(["é", None], pa.large_string())})
    pq.write_table(table.replace_schema_metadata({"pandas": "{}"}), tmp_path / "f.parquet")
    (part,) = read(tmp_path / "f.parquet")
    assert part.table.equals(table)
    assert part.table.schema.metadata is None


@pytest.fixture
def whole(tmp_path):
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({"text": [f"sentence {i}" for i in range(2000)]}), path, write_page_checksum=True, use_dictionary=False)
    return path, path.read_bytes()


@pytest.mark.parametrize("keep", [0, 3, 4, 100, -9, -1])
def test_a_truncated_file_is_an_error(whole, keep):
    path, raw = whole
    path.write_bytes(raw[:keep])
    with pytest.raises(SourceError, match=r"f\.parquet: not a whole Parquet file: .* Fetch it again"):
        read(path)


def test_a_flipped_bit_is_an_error_and_not_other_data(whole):
    path, raw = whole
    at = len(raw) // 3
    path.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
    with pytest.raises(SourceError, match="not a whole Parquet file"):
        read(path)


def test_what_is_no_parquet_is_an_error(write):
    with pytest.raises(SourceError, match="not a whole Parquet file"):
        read(write("f.parquet", '{"a": 1}\n' * 100))


def test_files_with_other_columns_are_an_error(tmp_path):
    pq.write_table(pa.table({"a": [1]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"a": ["x"]}), tmp_path / "2.parquet")
    with pytest.raises(SourceError, match=r"2\.parquet: its columns differ from those of 1\.parquet"):
        read(tmp_path)


def test_a_file_without_rows_has_no_parts(tmp_path):
    pq.write_table(pa.table({"a": pa.array([], pa.string())}), tmp_path / "f.parquet")
    assert read(tmp_path / "f.parquet") == []
