"""Checksums of the rows of the memory."""

import polars as pl
import pytest

from schemas.frames import MEMORY
from tasks.memory.rows import PAYLOAD, checksums, key, sound

SCHEMA = pl.Schema(MEMORY)
ROW = (key("eng_Latn", "A dog."), "eng_Latn", "A dog.", "Koira.", -0.5, False, [])


def frame(*rows):
    return pl.DataFrame(list(rows), schema={name: SCHEMA[name] for name in ("key", *PAYLOAD)}, orient="row")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (ROW, "831da82e71099b2b"),
        ((*ROW[:4], None, True, ["beam", "repetition"]), "7806efa5e43d0c31"),
        ((*ROW[:3], None, *ROW[4:]), None),  # no translation: nothing to believe
    ],
)
def test_the_checksum_stays_what_it_is(row, expected):
    """Memories on disk depend on it."""
    (found,) = checksums(frame(row), "demo-0", "fin_Latn")
    assert (found and found.hex()) == expected


def test_many_rows_are_summed_as_one_is(monkeypatch):
    rows = frame(*((*ROW[:3], f"Koira {i}.", -i / 7, i % 2 == 0, ["beam"] * (i % 3)) for i in range(10)))
    one_by_one = [checksums(rows[i : i + 1], "demo-0", "fin_Latn")[0] for i in range(10)]
    monkeypatch.setattr("tasks.memory.rows.AT_ONCE", 3)
    assert checksums(rows, "demo-0", "fin_Latn").to_list() == one_by_one
    assert len(set(one_by_one)) == 10


def test_of_sound_rows_the_smallest_checksum_stays():
    rows = frame(*((*ROW[:3], text, *ROW[4:]) for text in ("Koira.", "Hauva.", "Rakki.")))
    rows = rows.with_columns(checksums(rows, "demo-0", "fin_Latn"))
    spoilt = rows.sort("checksum").with_columns(checksum=pl.when(pl.int_range(pl.len()) == 0).then(pl.lit(bytes(8))).otherwise("checksum"))
    assert sound(rows, "demo-0", "fin_Latn")["checksum"].to_list() == [rows["checksum"].min()]
    assert sound(spoilt, "demo-0", "fin_Latn")["checksum"].to_list() == [rows["checksum"].sort()[1]]
    assert sound(rows, "demo-0", "swe_Latn").is_empty()
