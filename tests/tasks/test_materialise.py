"""What is written is what is read back, or an error."""

import hashlib
import itertools
import os
import random
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import IntegrityError, WarehouseError
from schemas.frames import QUALITY
from tasks import materialise
from tasks.materialise import entry, guarded, read_back


def table(rows=2000):
    quality = [
        None,
        {"verdict": "accept", "reasons": [], "tried": []},
        {"verdict": "flag", "reasons": ["language"], "tried": ["clauses"]},
        {"verdict": "reject", "reasons": ["empty", "loop"], "tried": ["clauses", "repetition"]},
    ]
    return pa.table(
        {
            "id": [str(i) for i in range(rows)],
            "text": [f"Lause {random.Random(i).random()}" for i in range(rows)],
            "text_quality": pa.array([quality[i % 4] for i in range(rows)], QUALITY),
        }
    )


def test_the_same_table_gives_the_same_bytes(tmp_path):
    whole = table()
    pieces = pa.concat_tables([whole.slice(0, 700), whole.slice(700, 1), whole.slice(701)])
    files = [materialise.write(t, tmp_path, f"{i}/f.parquet") for i, t in enumerate([whole, whole, pieces])]
    assert len({file.read_bytes() for file in files}) == 1


def test_what_others_said_of_a_table_is_left_out(tmp_path):
    file = materialise.write(table(3).replace_schema_metadata({"pandas": "{}"}), tmp_path, "f.parquet")
    assert pq.read_schema(file).metadata is None


def test_numbers_come_from_the_file(tmp_path):
    materialise.write(table(8), tmp_path, "fin_Latn/train.parquet")
    shard = read_back(tmp_path, "fin_Latn/train.parquet", 8, ["text"])
    raw = (tmp_path / "fin_Latn/train.parquet").read_bytes()
    assert shard.file == entry(tmp_path, "fin_Latn/train.parquet", 8)
    assert (shard.file.path, shard.file.bytes, shard.file.rows) == ("fin_Latn/train.parquet", len(raw), 8)
    assert shard.file.sha256 == hashlib.sha256(raw).hexdigest()
    assert shard.verdicts == Counter(accept=2, flag=2, reject=2)
    assert shard.reasons == Counter(language=2, empty=2, loop=2)
    assert shard.tried == Counter(flag=2, reject=2)
    assert shard.columns["text"] == "string"


def test_a_column_of_the_source_is_not_taken_for_the_checks(tmp_path):
    theirs = table(8).append_column("other_quality", table(8).column("text_quality"))  # a release taken as a source
    materialise.write(theirs, tmp_path, "f.parquet")
    assert read_back(tmp_path, "f.parquet", 8, ["text"]).verdicts == Counter(accept=2, flag=2, reject=2)
    assert read_back(tmp_path, "f.parquet", 8).verdicts == Counter()


@pytest.mark.parametrize("rows", [0, 1, 2001])
def test_other_rows_than_were_written_are_an_error(tmp_path, rows):
    materialise.write(table(), tmp_path, "f.parquet")
    with pytest.raises(IntegrityError, match=rf"f\.parquet holds 2000 rows, {rows} were written"):
        read_back(tmp_path, "f.parquet", rows)


def test_a_table_without_rows(tmp_path):
    materialise.write(table(0), tmp_path, "f.parquet")
    assert read_back(tmp_path, "f.parquet", 0).file.rows == 0


def test_a_flipped_byte_among_the_data_is_an_error(tmp_path):
    """Pages carry checksums; their headers and the footer do not, and are covered by the sha256 of the manifest."""
    file = materialise.write(table(), tmp_path, "f.parquet")
    raw = file.read_bytes()
    column = pq.ParquetFile(file).metadata.row_group(0).column(1)
    body = range(column.data_page_offset + 200, column.data_page_offset + 4000)  # of the first page, past its header
    for at in random.Random(1).sample(body, 100):
        file.write_bytes(raw[:at] + bytes([raw[at] ^ 0x10]) + raw[at + 1 :])
        with pytest.raises(IntegrityError, match=r"f\.parquet cannot be read back: .*run the build again"):
            read_back(tmp_path, "f.parquet", 2000)


@pytest.mark.parametrize("keep", [0, 10, -1, -200])
def test_half_a_file_is_an_error(tmp_path, keep):
    file = materialise.write(table(), tmp_path, "f.parquet")
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(IntegrityError, match="cannot be read back"):
        read_back(tmp_path, "f.parquet", 2000)


def test_no_file_is_an_error(tmp_path):
    with pytest.raises(IntegrityError, match="cannot be read back"):
        read_back(tmp_path, "f.parquet", 1)


def test_what_the_disk_refuses_names_the_way_out(tmp_path, write):
    write("release", "a file where a folder should be")
    with pytest.raises(WarehouseError, match=r"release.*: (File exists|Not a directory)\. Make room or choose another place"):
        materialise.write(table(1), tmp_path / "release", "fin_Latn/f.parquet")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_a_full_disk_names_the_way_out():
    with pytest.raises(WarehouseError, match="No space left on device"), guarded(os.devnull), open("/dev/full", "wb", 0) as full:  # noqa: PTH123
        full.write(b"x")


def test_other_errors_pass_through():
    with pytest.raises(KeyError), guarded(os.devnull):
        raise KeyError("x")


def lines(*counts, length=1000):
    """Tables of so many rows, each row of `length` random letters."""
    rng = random.Random(0)
    return [
        pa.table(
            {
                "n": pa.array([rng.getrandbits(32) for _ in range(n)], pa.int64()),
                "text": pa.array([rng.randbytes(length // 2).hex() for _ in range(n)], pa.string()),
            }
        )
        for n in counts
    ]


@pytest.mark.parametrize("counts", [[0], [0, 0, 0], [1], [7, 0, 93], [100], [30, 30, 40], [1] * 100])
def test_a_split_is_cut_into_files_and_row_groups_that_hold_all_rows_in_order(tmp_path, monkeypatch, counts):
    monkeypatch.setattr(materialise, "GROUP_BYTES", 10_000)
    monkeypatch.setattr(materialise, "FILE_BYTES", 45_000)
    tables = lines(*counts)
    written = materialise.write_split(iter(tables), tmp_path, "fin_Latn/train")
    total = max(1, -(-sum(counts) // 40))  # about 10 rows a group, 4 groups a file
    assert len(written) in (total, total + 1)
    assert list(written) == [f"fin_Latn/train-{i:05d}-of-{len(written):05d}.parquet" for i in range(len(written))]
    assert sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.*")) == list(written)
    for path, rows in written.items():
        groups = [pq.ParquetFile(tmp_path / path).metadata.row_group(i) for i in range(pq.ParquetFile(tmp_path / path).num_row_groups)]
        assert sum(group.num_rows for group in groups) == read_back(tmp_path, path, rows).file.rows
        assert all(0 < group.num_rows <= 10 for group in groups)
    assert pa.concat_tables(pq.read_table(tmp_path / path) for path in written).equals(pa.concat_tables(tables))


@given(cuts=st.lists(st.integers(0, 200), max_size=12), apart=st.booleans(), piece=st.sampled_from([1, 7, 64, 8_192]))
def test_how_the_rows_of_a_group_are_cut_into_tables_changes_no_byte(scratch, cuts, apart, piece):
    whole = table(1_000)
    bounds = sorted({0, 1_000, *(5 * cut for cut in cuts)})
    tables = [whole.slice(start, end - start) for start, end in itertools.pairwise(bounds)]
    if apart:  # in buffers of their own, without the offsets and null bitmaps of the whole
        tables = [pa.Table.from_pylist(each.to_pylist(), whole.schema) for each in tables]
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(materialise, "PIECE_ROWS", piece)
        files = [materialise.write_split(rows, scratch, stem) for stem, rows in (("whole", [whole]), ("cut", tables))]
    assert [list(written.values()) for written in files] == [[1_000], [1_000]]
    assert len({(scratch / path).read_bytes() for written in files for path in written}) == 1


def test_a_row_larger_than_a_group_has_one_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(materialise, "GROUP_BYTES", 100)
    (path,) = materialise.write_split(lines(3), tmp_path, "train")
    assert pq.ParquetFile(tmp_path / path).num_row_groups == 3
