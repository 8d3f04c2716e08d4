"""Files of some kilobytes that would fill the memory: what a process that reads them needs at its peak, and how it ends."""

import gzip
import json
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

MB = 1_000_000
ABOVE = 400  # MB above what the process has after its imports
READ = """
import json, resource, sys, time
from pathlib import Path
from pydantic import TypeAdapter
from schemas.errors import SourceError
from schemas.sources import Source
from tasks.read import reader
import tasks.read.parquet

peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
start, rows, bad, said = peak(), 0, [], ""
source = TypeAdapter(Source).validate_python({"format": sys.argv[1], "path": sys.argv[2]})
try:
    for part in reader(source).parts("train", int(sys.argv[3])):
        rows, bad = rows + part.table.num_rows, [*bad, *part.bad]
except SourceError as error:
    said = str(error)
bad = [(b.line, b.reason, len(b.raw)) for b in bad]
print(json.dumps({"above": peak() - start, "seconds": time.process_time(), "rows": rows, "bad": bad, "said": said}))
"""


def read(path, format, rows=10_000):
    command = [sys.executable, "-c", READ, format, str(path), str(rows)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["above"] < ABOVE
    assert found["seconds"] < 10
    return found


def parquet(path, column, **options):
    pq.write_table(pa.table({"text": column}), path, compression="zstd", **options)
    assert path.stat().st_size < 300_000
    return path


def repeated(count, size):
    """`count` rows with the same string, in memory once."""
    return pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), pa.array(["0" * size]))


def test_a_dictionary_of_one_string_that_2000_rows_repeat(tmp_path):
    path = parquet(tmp_path / "f.parquet", repeated(2000, MB), store_schema=False)  # 2 GB in 60 KB
    found = read(path, "parquet")
    assert found["said"].startswith("f.parquet row 144: the 10,000 rows of a chunk hold more than 128 MiB")
    assert "Lower chunk_rows in the recipe" in found["said"]
    whole = read(path, "parquet", rows=100)
    assert (whole["rows"], whole["said"]) == (2000, "")


def test_a_dictionary_that_arrow_keeps(tmp_path):
    found = read(parquet(tmp_path / "f.parquet", repeated(2000, MB)), "parquet")
    assert "f.parquet row 144: the 10,000 rows" in found["said"]


def test_strings_that_share_their_beginning(tmp_path):
    path = parquet(tmp_path / "f.parquet", ["0" * MB] * 500, use_dictionary=False, column_encoding={"text": "DELTA_BYTE_ARRAY"})
    assert "f.parquet row 144: the 10,000 rows" in read(path, "parquet")["said"]


def test_lists_of_one_string(tmp_path):
    lists = pa.ListArray.from_arrays(pa.array(range(0, 2001, 20), pa.int32()), repeated(2000, MB))
    assert "f.parquet row 7: the 10,000 rows" in read(parquet(tmp_path / "f.parquet", lists, store_schema=False), "parquet")["said"]


def test_one_row_of_zeros(tmp_path):
    path = parquet(tmp_path / "f.parquet", ["a", "0" * (140 * MB)], use_dictionary=False, row_group_size=1, write_statistics=False)
    found = read(path, "parquet")
    assert found["said"].startswith("f.parquet rows 2 to 2: column 'text' has a page of 133.5 MiB, at most 128 MiB")


def test_a_long_string_is_set_aside_and_the_rest_read_on(tmp_path):
    found = read(parquet(tmp_path / "f.parquet", ["a", "0" * (20 * MB), "b"]), "parquet")
    assert found["rows"] == 2
    assert [(line, reason) for line, reason, _ in found["bad"]] == [(2, "19.07 MiB in one string, at most 16 MiB are read")]
    assert found["bad"][0][2] < 1000, "the row is not kept whole"


def zeros(megabytes):
    """Members of gzip, which unpack to so many million zeros."""
    return gzip.compress(b"0" * MB) * megabytes


def test_gzip_of_one_line(tmp_path):
    """A good line, one of 1 GB, a good line."""
    first, last = gzip.compress(b'{"text": "a"}\n{"text": "'), gzip.compress(b'"}\n{"text": "b"}\n')
    (tmp_path / "f.jsonl.gz").write_bytes(first + zeros(1000) + last)
    found = read(tmp_path / "f.jsonl.gz", "jsonl")
    assert found["rows"] == 2
    assert [(line, reason) for line, reason, _ in found["bad"]] == [(2, "953.7 MiB in one string, at most 16 MiB are read")]


@pytest.mark.parametrize(
    ("format", "head", "line"),
    [
        ("jsonl", b"", b'{"text": "' + b"0" * MB + b'"}\n'),
        ("csv", b"text\n", b"0" * MB + b"\n"),
        ("csv", b'text\n"', b"0" * MB + b"\n"),  # a quote that never closes
        ("jsonl", b"", b'{"text": [' + b"[]," * (MB // 3) + b"0]}\n"),  # lists take 32 times their two bytes
    ],
    ids=["jsonl", "csv", "quote", "lists"],
)
def test_gzip_of_many_lines(tmp_path, format, head, line):
    (tmp_path / f"f.{format}.gz").write_bytes(gzip.compress(head) + gzip.compress(line) * 1000)
    assert f"f.{format}.gz row " in (said := read(tmp_path / f"f.{format}.gz", format)["said"])
    assert "the 10,000 rows of a chunk hold more than 128 MiB" in said
