from datetime import datetime

import pytest

from schemas.frames import BEHAVIORS
from schemas.resources import data_root
from schemas.sources import MindSource
from tasks.read.behaviors import behaviors, count
from tasks.read.mind import behaviors_of

GOOD = "1\tU87\t11/11/2019 6:34:04 AM\tN1 N2\tN3-1 N-4-0"


def test_a_line_becomes_a_row(write):
    (part,) = behaviors(write("behaviors.tsv", GOOD + "\n"), 10)
    assert part.table.schema == BEHAVIORS
    assert part.table.to_pylist() == [
        {
            "impression_id": "1",
            "user_id": "U87",
            "time": datetime(2019, 11, 11, 6, 34, 4),
            "history": ["N1", "N2"],
            "impressions": [{"nid": "N3", "clicked": True}, {"nid": "N-4", "clicked": False}],
        }
    ]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("1\tU87", "2 columns, expected 5"),
        (GOOD.replace("11/11/2019 6:34:04 AM", "2019-11-11"), "time '2019-11-11' is not like"),
        (GOOD.replace("N3-1", "N3-7"), "impression 'N3-7' does not end in -0 or -1"),
    ],
)
def test_bad_lines_are_set_aside(write, line, fault):
    file = write("behaviors.tsv", f"{line}\n{GOOD}\n")
    (part,) = behaviors(file, 10)
    assert (part.table.num_rows, part.rows_in, count(file)) == (1, 2, 2)
    [bad] = part.bad
    assert (bad.line, bad.raw) == (1, line)
    assert fault in bad.reason


def test_a_user_without_history_and_impressions_without_labels(write):
    (part,) = behaviors(write("behaviors.tsv", "1\tU1\t11/11/2019 6:34:04 PM\t\tN1 N2\n"), 10)
    [row] = part.table.to_pylist()
    assert row["history"] == []
    assert row["impressions"] == [{"nid": "N1", "clicked": None}, {"nid": "N2", "clicked": None}]
    assert row["time"].hour == 18


def test_the_sample_has_some_and_the_limit_holds():
    [(split, file)] = behaviors_of(MindSource(format="mind", path=data_root() / "sample" / "mind")).items()
    assert split == "train"
    assert [part.rows_in for part in behaviors(file, 100, 250)] == [100, 100, 50]
    assert sum(part.table.num_rows for part in behaviors(file, 100)) == count(file) == 440
