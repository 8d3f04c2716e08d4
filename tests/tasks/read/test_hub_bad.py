"""What a repository of the Hub may hold that is no data, or not the same data: a clear error, or a row set aside."""

import gzip
import io
import pickle
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas.errors import SourceError
from schemas.sources import HubSource
from tasks.read import reader

GOOD = '{"id": "a", "text": "One."}\n'


def parquet(**columns):
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, row_group_size=2)
    return sink.getvalue()


def zipped(**files):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return sink.getvalue()


def shards(ending, *contents):
    return {f"data/train-{i:05d}-of-{len(contents):05d}.{ending}": content for i, content in enumerate(contents)}


def read(hub, content, **changes):
    hub.commit("owner/name", content)
    source = HubSource.model_validate({"format": "hub", "repo": "owner/name", **changes})
    parts = [part for split in reader(source).splits() for part in reader(source).parts(split, 10)]
    return [row for part in parts for row in part.table.to_pylist()], [bad for part in parts for bad in part.bad]


CARD = "---\nconfigs:\n- {config_name: fin, data_files: fin/*.parquet}\n- {config_name: swa, data_files: data.pkl}\n---\n"


@pytest.mark.parametrize(
    ("files", "changes", "message"),
    [
        ({"name.py": "raise SystemExit"}, {}, "no Parquet, JSON lines, CSV or TSV file; scripts and pickles are never run"),
        ({"train.pkl": pickle.dumps([1])}, {}, "scripts and pickles are never run"),
        ({"train.pkl": pickle.dumps([1])}, {"files": {"train": "*.pkl"}}, r"train\.pkl is not read: only Parquet"),
        ({"train.zip": zipped(train=GOOD)}, {}, r"archives never unpacked\. .*Unpack train\.zip"),
        ({"train.jsonl.zip": zipped(train=GOOD)}, {"files": {"train": "*.zip"}}, r"train\.jsonl\.zip is not read: only Parquet"),
        ({"../train.parquet": parquet(a=[1])}, {}, r"'\.\./train\.parquet' is a name that leads out of the repository"),
        ({"/etc/train.parquet": parquet(a=[1])}, {}, r"'/etc/train\.parquet' is a name that leads out of the repository"),
        ({"README.md": CARD, "x.parquet": parquet(a=[1])}, {"config": "fin"}, r"no file matches fin/\*\.parquet .*there: x\.parquet"),
        ({"README.md": CARD, "data.pkl": b"x"}, {"config": "swa"}, r"data\.pkl is not read"),
        ({"train.parquet": b"x"}, {}, r"train\.parquet: not a whole Parquet file: .*[^.]\. Fetch it again\."),
        ({"train.parquet": b""}, {}, r"train\.parquet: not a whole Parquet file"),
        ({"train.parquet": pickle.dumps(parquet(a=[1]))}, {}, r"train\.parquet: not a whole Parquet file"),
        ({"train.jsonl.gz": gzip.compress(GOOD.encode())[:-6]}, {}, r"train\.jsonl\.gz: not a whole gzip file"),
        ({"train.jsonl.gz": GOOD.encode()}, {}, r"train\.jsonl\.gz: not a whole gzip file"),
        ({"train.jsonl.zst": b"\x28\xb5\x2f\xfdxx"}, {}, r"train\.jsonl\.zst: not a whole zstd file"),
        ({"train.csv": b""}, {}, r"train\.csv line 1: no header line"),
        (
            shards("parquet", parquet(id=["a"], n=[1]), parquet(id=["b"], n=["x"])),
            {},
            r"train-00001-of-00002\.parquet: its columns differ from those of train-00000-of-.*: 'n' is string, not int64\. Name",
        ),
        (
            shards("parquet", parquet(id=["a"], text=["x"], n=[1]), parquet(id=["b"], m=[1])),
            {},
            "train-00001-of-00002.parquet: its columns differ .*: no 'text', no 'n', 'm' too",
        ),
        (shards("parquet", parquet(a=[1], b=[1]), parquet(b=[1], a=[1])), {}, "their order is another"),
        (shards("csv", "id,text\na,x\n", "id\nb\n"), {}, r"train-00001-of-00002\.csv: header \['id'\], but that of train-00000-of"),
    ],
    ids=lambda value: value[:60] if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_an_error(hub, files, changes, message):
    with pytest.raises(SourceError, match=message):
        read(hub, files, **changes)


@pytest.mark.parametrize(
    ("files", "rows", "reasons"),
    [
        ({"train.jsonl": ""}, 0, []),  # nothing to translate: staging says so
        (shards("jsonl", GOOD, "", GOOD), 2, []),
        (shards("parquet", parquet(a=[1]), parquet(a=pa.array([], pa.int64())), parquet(a=[2])), 2, []),
        (shards("jsonl", GOOD, '{"id": "b"}\n'), 2, []),  # a key that one file lacks is null
        (shards("jsonl", GOOD, pickle.dumps("x") + b"\n" + GOOD.encode()), 2, ["not UTF-8 at byte 1 of the line"]),
        (shards("csv", "id,text\na,x\n", "id,text\nb\n"), 1, ["1 columns, expected 2"]),
        ({"train.jsonl.gz": gzip.compress(GOOD.encode()) * 3}, 3, []),
        ({"train.jsonl.zst": bytes(pa.compress(GOOD.encode(), codec="zstd", asbytes=True))}, 1, []),
        ({"../train.jsonl": GOOD, "train.jsonl": GOOD}, 1, []),  # only what stays where it is put
        ({"train.parquet": parquet(a=list(range(7)))}, 7, []),
    ],
    ids=str,
)
def test_what_is_odd_is_read_or_set_aside(hub, files, rows, reasons):
    good, bad = read(hub, files)
    assert (len(good), [row.reason for row in bad]) == (rows, reasons)


def test_a_row_group_of_a_million_rows_is_read_in_pieces(hub):
    """The whole of it would be 1 GB; see test_bombs for the memory that it takes."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000_000, pa.int32()), pa.array(["0123456789" * 100]))
    sink = io.BytesIO()
    pq.write_table(pa.table({"text": texts}), sink, store_schema=False)
    hub.commit("owner/name", {"train.parquet": sink.getvalue()})
    parts = reader(HubSource(format="hub", repo="owner/name")).parts("train", 10_000)
    assert [next(parts).rows_in for _ in range(3)] == [10_000] * 3


def test_more_than_may_be_unpacked(hub):
    """max_bytes of a split, over all its files."""
    files = shards("jsonl", GOOD * 100, GOOD * 100)
    allowed = len(GOOD) * 150
    with pytest.raises(SourceError, match=r"train-00001-of-00002\.jsonl row 51: .* more than 4\.\d+ KiB .*raise source\.max_bytes"):
        read(hub, files, max_bytes=allowed)
    assert len(read(hub, files, max_bytes=2 * allowed)[0]) == 200
    with pytest.raises(SourceError, match=r"train\.parquet row \d+: the source holds more than 100 bytes"):
        read(hub, {"train.parquet": parquet(text=["x" * 30] * 10)}, max_bytes=100)
