"""The translation memory keeps what it was given, and gives back nothing else."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import WarehouseError
from schemas.frames import MEMORY
from tasks.memory import Memory, compaction, key
from tasks.memory.rows import checksums
from tasks.translate import Hypothesis

ENGINE, TARGET, SOURCE = "demo-0123456789abcdef", "fin_Latn", "eng_Latn"


@pytest.fixture
def memory(tmp_path):
    return Memory(tmp_path / "memory")


def keys(*texts, source=SOURCE):
    return [key(source, text) for text in texts]


def append(memory, *pairs, engine=ENGINE, target=TARGET, score=-0.5):
    texts = [text for text, _ in pairs]
    memory.append(engine, target, SOURCE, keys(*texts), texts, [Hypothesis(found, score, False) for _, found in pairs])


def look_up(memory, *texts, engine=ENGINE, target=TARGET):
    found = memory.look_up(engine, target, pl.Series("key", keys(*texts), dtype=pl.Binary))
    answers = dict(found.select("key", "translation").iter_rows())
    assert len(answers) == found.height, "a key came twice"
    return [answers.get(k) for k in keys(*texts)]


def counts(memory):
    return memory.rows().select("engine", "target", "rows").rows()


def partition_files(memory):
    return [file for file in DeltaTable(memory._uri).file_uris() if f"engine={ENGINE}/target={TARGET}" in file]


def test_what_was_appended_is_found_and_nothing_else(memory):
    assert look_up(memory, "dog") == [None]  # before the table is there
    append(memory, ("dog", "koira"), ("cat", "kissa"))
    append(memory, ("cow", "lehmä"))
    assert look_up(memory, "cow", "dog", "horse") == ["lehmä", "koira", None]
    assert look_up(memory) == []


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TRIED = st.lists(st.sampled_from(["repetition", "beam"]), max_size=2).map(tuple)
FOUND = st.builds(Hypothesis, TEXT, st.none() | st.floats(-30, 0, width=64), st.booleans(), TRIED)


def test_every_hypothesis_comes_back_whole(tmp_path_factory):
    @given(st.dictionaries(TEXT, FOUND, min_size=1, max_size=30))
    def comes_back(pairs):
        memory = Memory(tmp_path_factory.mktemp("memory") / "memory")
        memory.append(ENGINE, TARGET, SOURCE, keys(*pairs), list(pairs), list(pairs.values()))
        found = memory.look_up(ENGINE, TARGET, pl.Series("key", keys(*pairs), dtype=pl.Binary))
        answers = {row[0]: row[1:] for row in found.iter_rows()}
        for text, (translation, score, truncated, tried) in pairs.items():
            told = answers[key(SOURCE, text)]
            assert (told[0], told[2], tuple(told[3])) == (translation, truncated, tried)
            assert told[1] == (score if score is None else pytest.approx(score, abs=1e-5))

    comes_back()


@pytest.mark.parametrize("score", [None, -0.00005, -0.12345, -1.00005, 0.0, -0.0, -12345.67891, float("-inf")])
def test_no_score_makes_a_row_unreadable(memory, score):
    append(memory, ("dog", "koira"), score=score)
    assert look_up(memory, "dog") == ["koira"]


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (("eng_Latn", "dog"), ("eng_Latn", "dog"), True),
        (("eng_Latn", "dog"), ("eng_Latn", "dog "), False),
        (("eng_Latn", "dog"), ("deu_Latn", "dog"), False),
        (("eng_Latn", "a\0b"), ("eng_Latn\0a", "b"), True),  # no language code holds a NUL
    ],
)
def test_the_key_is_language_and_text(a, b, same):
    assert len(key(*a)) == 16
    assert (key(*a) == key(*b)) is same


def test_the_key_stays_what_it_is():
    """Memories on disk depend on it."""
    assert key("eng_Latn", "A dog.").hex() == "50b4d3101d812e17392d3d83161ab84f"


def test_engines_and_targets_do_not_mix(memory):
    append(memory, ("dog", "koira"))
    append(memory, ("dog", "hund"), target="deu_Latn")
    append(memory, ("dog", "KOIRA"), engine="echo-0")
    assert look_up(memory, "dog") == ["koira"]
    assert look_up(memory, "dog", target="deu_Latn") == ["hund"]
    assert look_up(memory, "dog", engine="echo-0") == ["KOIRA"]
    assert look_up(memory, "dog", engine="echo-0", target="deu_Latn") == [None]
    assert counts(memory) == [(ENGINE, "deu_Latn", 1), (ENGINE, TARGET, 1), ("echo-0", TARGET, 1)]


def test_a_key_appended_twice_is_one_row_whatever_the_order(tmp_path):
    answers = []
    for order in (("koira", "hauva"), ("hauva", "koira")):
        memory = Memory(tmp_path / order[0])
        for found in order:
            append(memory, ("dog", found))
        answers.append(look_up(memory, "dog"))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("spoilt", ["key", "source_language", "source", "translation", "score", "truncated", "tried", "checksum", None])
def test_a_row_whose_checksum_does_not_fit_is_a_miss(memory, spoilt):
    append(memory, ("cat", "kissa"))
    row = {"source_language": SOURCE, "source": "dog", "translation": "koira", "score": -0.5, "truncated": False, "tried": []}
    row |= {"engine": ENGINE, "target": TARGET, "key": key(SOURCE, "dog")}
    row["checksum"] = checksums(pl.DataFrame(pa.Table.from_pylist([row], MEMORY)), ENGINE, TARGET)[0]
    other = {"key": key(SOURCE, "cow"), "score": -0.6, "truncated": True, "tried": ["beam"], "checksum": bytes(8)}
    if spoilt:
        row[spoilt] = other.get(spoilt, "other")
    write_deltalake(memory._uri, pa.Table.from_pylist([row], MEMORY), mode="append")
    assert look_up(memory, "dog", "cow", "cat") == ["koira" if spoilt is None else None, None, "kissa"]


def test_compaction_keeps_what_reads_return(memory):
    for i in range(6):
        append(memory, (f"text {i % 4}", f"teksti {i}"), (f"only {i}", f"vain {i}"))
    append(memory, ("dog", "hund"), target="deu_Latn")
    texts = [f"text {i}" for i in range(4)] + [f"only {i}" for i in range(6)]
    before = look_up(memory, *texts)
    assert memory.compact(ENGINE, TARGET, files=7) is False  # too few files to be worth it
    assert len(partition_files(memory)) == 6
    assert memory.compact(ENGINE, TARGET, files=6) is True
    assert len(partition_files(memory)) == 1
    assert look_up(memory, *texts) == before
    assert look_up(memory, "dog", target="deu_Latn") == ["hund"]
    assert counts(memory) == [(ENGINE, "deu_Latn", 1), (ENGINE, TARGET, 10)]


def test_compaction_of_nothing_is_no_fault(memory):
    assert memory.compact(ENGINE, TARGET, files=1) is False


def test_what_is_appended_during_compaction_stays(memory, monkeypatch):
    for text in ("dog", "cat"):
        append(memory, (text, text.upper()))
    sound = compaction.sound

    def meanwhile(*arguments):
        monkeypatch.undo()
        append(memory, ("cow", "COW"))  # by another process, after compaction has read the rows
        return sound(*arguments)

    monkeypatch.setattr(compaction, "sound", meanwhile)
    memory.compact(ENGINE, TARGET, files=2)
    assert look_up(memory, "dog", "cat", "cow") == ["DOG", "CAT", "COW"]


WRITER = """
import sys
from pathlib import Path
from tasks.memory import Memory, key
from tasks.translate import Hypothesis
memory, who = Memory(Path(sys.argv[1])), sys.argv[2]
for i in range(10):
    texts = [f"{who} {i}", f"shared {i}"]
    memory.append("demo-0123456789abcdef", "fin_Latn", "eng_Latn", [key("eng_Latn", t) for t in texts], texts,
                  [Hypothesis(t.upper(), None, False) for t in texts])
"""


def test_processes_that_append_at_once_lose_nothing(memory):
    """Also the making of the table is contended."""
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, memory._uri, f"w{n}"], stderr=subprocess.PIPE) for n in range(3)]
    for writer in writers:
        _, errors = writer.communicate(timeout=60)
        assert writer.returncode == 0, errors.decode()
    texts = [f"w{n} {i}" for n in range(3) for i in range(10)] + [f"shared {i}" for i in range(10)]
    assert look_up(memory, *texts) == [text.upper() for text in texts]
    assert memory.rows()["rows"].sum() == 60


@pytest.mark.parametrize("place", ["memory", "memory/_delta_log"])
def test_a_folder_that_cannot_be_written_names_the_way_out(tmp_path, write, place):
    write(place, "a file where a folder should be")  # also for root, who may write to read-only folders
    with pytest.raises(
        WarehouseError, match=r"^translation memory .*memory: .*\. Nothing of this chunk was kept; mend it, run again\.$"
    ) as error:
        append(Memory(tmp_path / "memory"), ("dog", "koira"))
    assert str(error.value).isprintable()  # delta-rs colours its messages


@pytest.mark.parametrize("harm", [lambda path: path.write_bytes(path.read_bytes()[:-20]), Path.unlink], ids=["torn", "gone"])
def test_a_damaged_file_is_a_miss_and_the_others_are_read(memory, caplog, harm):
    append(memory, ("dog", "koira"))
    (file,) = partition_files(memory)
    append(memory, ("cat", "kissa"))
    harm(Path(file))
    assert look_up(memory, "dog", "cat") == [None, "kissa"]
    assert Path(file).name in caplog.text
    append(memory, ("dog", "koira"))
    assert look_up(memory, "dog", "cat") == ["koira", "kissa"]
    assert memory.compact(ENGINE, TARGET, files=2)
    caplog.clear()
    assert look_up(memory, "dog", "cat") == ["koira", "kissa"]
    assert caplog.text == "", "compaction leaves the damaged file behind"
