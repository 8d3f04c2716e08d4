import uuid
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import SourceError
from schemas.sources import ParquetSource
from tasks.read.parquet import PLAIN, ParquetReader


def read(path, rows=1000):
    return list(ParquetReader(ParquetSource(path=path, format="parquet")).parts("train", rows))


@given(st.lists(st.integers(0, 40), min_size=1, max_size=3), st.integers(1, 15), st.integers(1, 12))
def test_parts_hold_exactly_rows_whatever_the_files_and_row_groups(tmp_path_factory, counts, group, rows):
    folder = tmp_path_factory.mktemp("parts")
    start, where = 0, []
    for i, count in enumerate(counts):
        pq.write_table(pa.table({"n": pa.array(range(start, start + count), pa.int64())}), folder / f"{i}.parquet", row_group_size=group)
        start += count
        where += [(f"{i}.parquet", row) for row in range(1, count + 1)]
    parts = read(folder, rows)
    assert [part.rows_in for part in parts] == ([min(rows, start - at) for at in range(0, start, rows)] or [0])
    assert [place for part in parts for place in part.where] == where
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


def test_a_file_without_rows_tells_its_columns(tmp_path):
    table = pa.table({"a": pa.array([], pa.string())})
    pq.write_table(table, tmp_path / "f.parquet")
    (part,) = read(tmp_path / "f.parquet")
    assert part.table.equals(table)


WORDS = pa.array(["a", None, "b"])


@pytest.mark.parametrize(
    ("column", "plain"),
    [
        (WORDS.cast(pa.string_view()), pa.string()),
        (pa.array([b"a", None], pa.binary_view()), pa.binary()),
        (WORDS.dictionary_encode(), pa.string()),
        (pa.array([["a"], None], pa.list_(pa.string_view())), pa.list_(pa.string())),
        (pa.array([["a"], None], pa.large_list(pa.string_view())), pa.large_list(pa.string())),
        (pa.array([["a", "b"], None], pa.list_(pa.string_view(), 2)), pa.list_(pa.string(), 2)),
        (pa.array([{"x": ["a"]}, None], pa.struct([("x", pa.list_(pa.string_view()))])), pa.struct([("x", pa.list_(pa.string()))])),
        (pa.StructArray.from_arrays([WORDS.dictionary_encode()], ["x"]), pa.struct([("x", pa.string())])),
    ],
    ids=lambda value: str(value) if isinstance(value, pa.DataType) else str(value.type),
)
def test_views_and_dictionaries_become_plain_values(tmp_path, column, plain):
    pq.write_table(pa.table({"c": column}), tmp_path / "f.parquet")
    (part,) = read(tmp_path / "f.parquet")
    assert part.table.schema.field("c").type == plain
    assert part.table.column("c").to_pylist() == column.to_pylist()
    assert part.table.filter(pa.array([True] + [False] * (len(column) - 1))).num_rows == 1  # views have no kernel for it


MAP = pa.map_(pa.string(), pa.int64())


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pa.array([[("a", 1)]], MAP), r"holds map<string, int64 .*Cast it to list<struct<key: string, value: int64>> and write"),
        (pa.array([{"x": [("a", 1)]}], pa.struct([("x", MAP)])), r"holds map<string, int64"),
        (pa.array([uuid.UUID(int=1).bytes], pa.uuid()), r"holds extension<arrow\.uuid>, .*Cast it to fixed_size_binary\[16\]"),
        (pa.array(["{}"], pa.json_()), r"holds extension<arrow\.json>, .*Cast it to string"),
        (pa.array([Decimal("1.5")], pa.decimal256(50, 2)), r"holds decimal256\(50, 2\), .*Cast it to decimal128\(38, 2\)"),
        (pa.array([Decimal("1.5")], pa.decimal32(5, 2)), r"holds decimal32\(5, 2\), .*Cast it to decimal128\(5, 2\)"),
        (pa.array([[1]], pa.list_view(pa.int64())), r"holds list_view<.*>, .*Cast it to list<int64>"),
    ],
    ids=lambda value: "" if isinstance(value, str) else str(value.type),
)
def test_a_type_that_later_steps_cannot_hold_says_what_to_cast_it_to(tmp_path, column, message):
    pq.write_table(pa.table({"odd": column}), tmp_path / "f.parquet")
    with pytest.raises(SourceError, match=r"f\.parquet: column 'odd' " + message):
        read(tmp_path / "f.parquet")


def test_every_type_let_through_is_known_to_datasets():
    from datasets import Features

    kinds = [
        *(pa.null(), pa.bool_(), pa.int8(), pa.uint64(), pa.float16(), pa.float64(), pa.decimal128(38, 2), pa.string(), pa.large_string()),
        *(pa.binary(), pa.large_binary(), pa.binary(2), pa.date32(), pa.date64(), pa.time32("ms"), pa.time64("ns"), pa.duration("s")),
        *(pa.timestamp("ns"), pa.timestamp("us", "Europe/Helsinki")),
    ]
    assert all(any(fits(kind) for kind in kinds) for fits in PLAIN)
    for kind in kinds:
        assert any(fits(kind) for fits in PLAIN)
        Features.from_arrow_schema(pa.schema([("c", kind)]))


def test_what_arrow_cannot_read_is_not_called_damaged(tmp_path):
    pl.DataFrame({"n": pl.Series([1], dtype=pl.Int128)}).write_parquet(tmp_path / "f.parquet")
    with pytest.raises(SourceError, match=r"f\.parquet: a type that is not supported: Integers with more than 64 bits"):
        read(tmp_path / "f.parquet")
