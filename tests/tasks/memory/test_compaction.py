"""Compaction: one row per key, large files left alone, nobody's rows lost."""

import threading
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.memory import Memory, compaction, key
from tasks.memory.files import SETTLED, listed, read, settle
from tasks.memory.rows import checksums
from tasks.translate import Hypothesis

ENGINE, TARGET = "demo-0123456789abcdef", "fin_Latn"
FULL = 40  # rows of a file


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(compaction, "ROWS", FULL)


@pytest.fixture
def memory(tmp_path):
    return Memory(tmp_path / "memory")


def add(memory, *pairs):
    texts = [text for text, _ in pairs]
    keys = [key("eng_Latn", text) for text in texts]
    memory.append(ENGINE, TARGET, "eng_Latn", keys, texts, [Hypothesis(found, None, False) for _, found in pairs])


def stored(memory):
    """Source -> translation of every row there is; fails if a key stands there twice."""
    rows = read([file.path for file in files(memory)])
    assert rows["key"].is_unique().all(), "a sentence is stored twice"
    return dict(rows.select("source", "translation").iter_rows())


def files(memory):
    return listed(DeltaTable(memory._uri), memory._folder)


def settled(memory):
    return {file.name for file in files(memory) if file.path.name.startswith(SETTLED) and file.rows >= FULL // 2}


def numbers(*which):
    return [(f"number {i}", f"nro {i}") for i in which]


def test_large_files_stay_as_they_are(memory):
    add(memory, *numbers(*range(100)))
    assert memory.compact(ENGINE, TARGET, files=1)
    large = settled(memory)
    assert len(large) == 3, "100 rows, 40 a file"
    add(memory, *numbers(*range(95, 105)))
    assert memory.compact(ENGINE, TARGET, files=1)
    assert settled(memory) == large
    assert stored(memory) == dict(numbers(*range(105)))
    assert not memory.compact(ENGINE, TARGET, files=2), "one small file is left"


@pytest.mark.parametrize("order", [("koira", "hauva"), ("hauva", "koira")])
def test_of_two_translations_the_same_one_stays_whichever_was_first(memory, order):
    for translation in order:
        add(memory, ("dog", translation), *numbers(*range(30)))
        memory.compact(ENGINE, TARGET, files=1)
    sums = {t: checksums(row("dog", t), ENGINE, TARGET)[0] for t in order}
    assert stored(memory)["dog"] == min(order, key=sums.__getitem__)


def row(source, translation):
    values = (key("eng_Latn", source), "eng_Latn", source, translation, None, False, [])
    types = [pl.Binary, pl.String, pl.String, pl.String, pl.Float32, pl.Boolean, pl.List(pl.String)]
    names = ["key", "source_language", "source", "translation", "score", "truncated", "tried"]
    return pl.DataFrame([values], schema=dict(zip(names, types, strict=True)), orient="row")


def test_a_large_file_with_a_damaged_row_is_written_anew_once_the_row_came_again(memory):
    add(memory, *numbers(*range(30)))
    memory.compact(ENGINE, TARGET, files=1)
    (old,) = files(memory)
    spoilt = read([old.path]).with_columns(translation=pl.when(pl.col("source") == "number 7").then(pl.lit("?")).otherwise("translation"))
    new = settle(spoilt, memory._folder, ENGINE, TARGET)
    old.path.write_bytes((memory._folder / new.path).read_bytes())
    add(memory, *numbers(7))
    assert memory.compact(ENGINE, TARGET, files=1)
    assert stored(memory) == dict(numbers(*range(30)))


def test_what_two_groups_of_files_share_is_stored_once(memory):
    for first in (0, 5):
        add(memory, *numbers(*range(first, first + 15)), *numbers(*range(first, first + 15)))  # 30 rows: a group of its own
    assert memory.compact(ENGINE, TARGET, files=1)
    assert stored(memory) == dict(numbers(*range(20)))


def test_a_large_file_that_cannot_be_read_is_left_behind(memory, caplog):
    add(memory, *numbers(*range(30)))
    memory.compact(ENGINE, TARGET, files=1)
    files(memory)[0].path.write_bytes(b"PAR1")
    add(memory, *numbers(*range(10)))
    assert memory.compact(ENGINE, TARGET, files=1)
    caplog.clear()
    assert stored(memory) == dict(numbers(*range(10)))
    assert caplog.text == ""


@pytest.mark.parametrize("other", ["append", "compact", "prune"])
def test_what_another_commits_meanwhile_is_kept(memory, monkeypatch, other):
    add(memory, *numbers(*range(5)))
    add(memory, *numbers(*range(3, 9)))
    honest = compaction.commit

    def late(*arguments):
        monkeypatch.setattr(compaction, "commit", honest)
        if other == "append":
            add(memory, *numbers(3, 20))
        elif other == "compact":
            assert memory.compact(ENGINE, TARGET, files=1)
        else:
            memory.prune([(ENGINE, TARGET)])
        return honest(*arguments)

    monkeypatch.setattr(compaction, "commit", late)
    assert memory.compact(ENGINE, TARGET, files=1) is (other == "append")
    if other == "append":
        assert sum(file.rows for file in files(memory)) == 9 + 2
        memory.compact(ENGINE, TARGET, files=1)
    expected = {"append": [*range(9), 20], "compact": range(9), "prune": []}[other]
    assert stored(memory) == dict(numbers(*expected))


def test_writers_at_once_with_the_same_sentences_and_compactions_between(memory):
    """Two builds on one warehouse: what both translated is stored once in the end, and nothing is lost."""
    shared, failed = 60, []

    def build(first):
        try:
            mine = Memory(Path(memory._uri))
            for start in range(0, shared, 10):
                add(mine, *numbers(*range(start, start + 10)), (f"only {first} {start}", "vain"))
                mine.compact(ENGINE, TARGET, files=3)
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=build, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    memory.compact(ENGINE, TARGET, files=1)
    only = {f"only {name} {start}": "vain" for name in "ab" for start in range(0, shared, 10)}
    assert stored(memory) == dict(numbers(*range(shared))) | only


STEPS = st.lists(st.sets(st.integers(0, 150), min_size=1, max_size=60) | st.just("compact"), min_size=2, max_size=6)


@settings(max_examples=25)
@given(STEPS)
def test_whatever_is_appended_and_compacted_reads_are_the_same(tmp_path_factory, steps):
    memory, expected = Memory(tmp_path_factory.mktemp("memory") / "memory"), {}
    for step in steps:
        if step == "compact":
            memory.compact(ENGINE, TARGET, files=1)
        else:
            add(memory, *numbers(*sorted(step)))
            expected |= dict(numbers(*step))
        asked = pl.Series("key", [key("eng_Latn", f"number {i}") for i in range(151)], dtype=pl.Binary)
        found = memory.look_up(ENGINE, TARGET, asked)
        assert dict(found.select("key", "translation").iter_rows()) == {key("eng_Latn", s): t for s, t in expected.items()}
    pages = pl.concat([pl.DataFrame(schema={"source": pl.String}), *(p.select("source") for p in memory.pages(ENGINE, TARGET))])
    assert sorted(pages["source"]) == sorted(expected)


def test_pruning_frees_the_disk_and_leaves_the_rest(memory):
    add(memory, *numbers(*range(30)))
    memory.append(ENGINE, "swe_Latn", "eng_Latn", [key("eng_Latn", "dog")], ["dog"], [Hypothesis("hund", None, False)])
    uncommitted = memory._folder / f"engine={ENGINE}" / f"target={TARGET}" / "of-another-writer.parquet"
    uncommitted.write_bytes(b"")
    assert memory.prune([(ENGINE, TARGET)]) > 0
    assert memory.rows().select("target", "rows").rows() == [("swe_Latn", 1)]
    assert list(uncommitted.parent.iterdir()) == [uncommitted], "only what the table held is removed"
    assert memory.prune([(ENGINE, TARGET)]) == 0
    add(memory, *numbers(1))
    assert stored(memory) == {"number 1": "nro 1", "dog": "hund"}
