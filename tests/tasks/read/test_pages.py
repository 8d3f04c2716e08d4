"""What the page headers say a Parquet file unpacks to, against what it does."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import SourceError
from schemas.sources import ParquetSource
from tasks.read import pages
from tasks.read.pages import rows_at_once
from tasks.read.parquet import ParquetReader

TEXTS = st.lists(st.integers(0, 400).map(lambda length: "abcdefghij"[length % 10] * length) | st.none(), min_size=1, max_size=300)
PIECE, PAGE = 4_000, 2_000


def unpacked(path, most=100_000):
    """Bytes of each batch that may be unpacked at once, as Arrow unpacks it."""
    with pq.ParquetFile(path) as opened:
        rows = rows_at_once(path, opened.metadata, most)
        return rows, [batch.nbytes for batch in opened.iter_batches(batch_size=rows)]


@given(
    TEXTS,
    st.sampled_from(["PLAIN", "DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY", "RLE_DICTIONARY"]),
    st.sampled_from(["none", "zstd", "snappy", "gzip", "brotli", "lz4"]),
    st.sampled_from(["1.0", "2.0"]),
    st.booleans(),
)
def test_no_batch_is_much_larger_than_a_piece(scratch, texts, encoding, compression, version, nested):
    path = scratch / "f.parquet"
    column = pa.array([[text] * 3 for text in texts] if nested else texts)
    leaf = "text.list.element" if nested else "text"
    dictionary = encoding == "RLE_DICTIONARY"
    pq.write_table(
        pa.table({"n": range(len(texts)), "text": column.cast(pa.list_(pa.string()) if nested else pa.string())}),
        path,
        compression=compression,
        use_dictionary=[leaf] if dictionary else False,
        column_encoding=None if dictionary else {leaf: encoding},
        data_page_version=version,
        data_page_size=PAGE,
        write_batch_size=1,
        dictionary_pagesize_limit=PAGE,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "PIECE", PIECE)
        rows, batches = unpacked(path)
    largest_row = max(400 * (3 if nested else 1), 1) + 100
    assert max(batches, default=0) <= PIECE + PAGE + largest_row or rows == 1


def test_ordinary_rows_are_read_as_many_at_once_as_is_asked(tmp_path):
    texts = [f"sentence {i} of a text that is as long as a title in a newspaper" for i in range(50_000)]
    pq.write_table(pa.table({"id": range(len(texts)), "text": texts, "same": ["x"] * len(texts)}), tmp_path / "f.parquet")
    assert unpacked(tmp_path / "f.parquet", 10_000)[0] == 10_000


@pytest.mark.parametrize("encoding", ["dictionary", "DELTA_BYTE_ARRAY", "PLAIN"])
def test_few_rows_at_once_where_one_may_be_long(tmp_path, encoding):
    """A dictionary of one string, a string that shares its beginning with the last, a string of one letter: all pack to nothing."""
    table = pa.table({"text": ["0" * 1_000_000] * 100})
    plain = {"use_dictionary": False, "column_encoding": {"text": encoding}, "write_batch_size": 1}
    pq.write_table(table, tmp_path / "f.parquet", compression="zstd", **({} if encoding == "dictionary" else plain))
    assert (tmp_path / "f.parquet").stat().st_size < 20_000
    rows, batches = unpacked(tmp_path / "f.parquet")
    assert rows <= pages.PIECE // 1_000_000
    assert max(batches) <= pages.PIECE


def test_a_page_that_is_too_large_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "PAGE", 50_000)
    pq.write_table(pa.table({"text": ["a"] * 10 + ["0" * 100_000]}), tmp_path / "f.parquet", use_dictionary=False, row_group_size=10)
    with pytest.raises(SourceError, match=r"f\.parquet rows 11 to 11: column 'text' has a page of 97\.\d+ KiB, at most 48\.83 KiB"):
        list(ParquetReader(ParquetSource(format="parquet", path=tmp_path / "f.parquet")).parts("train", 1))


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pa.ListArray.from_arrays([0, 30_000_000], pa.nulls(30_000_000, pa.int64())), "up to 343.3 MiB in a row, at most 256 MiB"),
        (
            pa.ListArray.from_arrays(
                [0, 1000], pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int32()), pa.array(["0" * 1_000_000]))
            ),
            "up to 953.7 MiB in a row, at most 256 MiB are held together",
        ),
        (pa.nulls(10, pa.binary(300 << 20)), "up to 300 MiB in a row"),
        (
            pa.ListArray.from_arrays([0, *[3_000_000] * 900], pa.nulls(3_000_000, pa.int64())),
            "a page that unpacks to 34.34 MiB, at most 30 MiB",
        ),
    ],
    ids=["nulls", "one string", "empty slots", "nulls in one of many rows"],
)
def test_a_row_that_unpacks_to_too_much_is_named(tmp_path, monkeypatch, column, message, version):
    monkeypatch.setattr(pages, "LISTS", 30 << 20 if len(column) == 900 else pages.LISTS)
    pq.write_table(pa.table({"odd": column}), tmp_path / "f.parquet", compression="zstd", data_page_version=version, store_schema=False)
    with pytest.raises(SourceError, match=rf"f\.parquet rows 1 to {len(column)}: column 'odd.*' has .*{message}"):
        list(ParquetReader(ParquetSource(format="parquet", path=tmp_path / "f.parquet")).parts("train", 10))


def test_a_crowded_row_among_empty_ones_is_seen_where_the_header_tells(tmp_path):
    """Page version 2. Version 1 tells the mean alone."""
    lists = pa.ListArray.from_arrays([0, *[500_000] * 100_000], pa.array(range(500_000)))
    pq.write_table(pa.table({"odd": lists}), tmp_path / "f.parquet", data_page_version="2.0", write_batch_size=1, data_page_size=10_000)
    rows, batches = unpacked(tmp_path / "f.parquet", 10_000)
    assert rows < 10
    assert max(batches) < 5_000_000


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    path = tmp_path_factory.mktemp("checked") / "f.parquet"
    table = pa.table({"n": range(300), "text": [f"sentence {i}" for i in range(300)], "tags": [["a", str(i)] for i in range(300)]})
    pq.write_table(table, path, write_page_checksum=True, row_group_size=100)
    return path.read_bytes(), table


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_damaged_byte_is_an_error_or_does_no_harm(checked, scratch, at, change):
    raw, table = checked
    at %= len(raw)
    path = scratch / "damaged.parquet"
    path.write_bytes(raw[:at] + bytes([raw[at] ^ change]) + raw[at + 1 :])
    try:
        parts = list(ParquetReader(ParquetSource(format="parquet", path=path)).parts("train", 1000))
    except SourceError:
        return
    assert pa.concat_tables(part.table for part in parts).num_rows == table.num_rows or at > len(raw) - 3_000  # the footer has no checksum
