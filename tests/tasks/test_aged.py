"""How old and how large."""

import os
from pathlib import Path

import pytest

from tasks.aged import DAY, older, size

NOW = 1_000 * DAY


@pytest.fixture
def made(tmp_path: Path):
    """made({name: days ago}): a folder with these files."""

    def make(files: dict[str, float], folder: float = 100) -> Path:
        place = tmp_path / "folder"
        place.mkdir()
        for name, days in files.items():
            path = place / name
            path.parent.mkdir(exist_ok=True, parents=True)
            path.write_bytes(b"12345")
            os.utime(path, (NOW - days * DAY,) * 2)
        for path in [*place.rglob("*"), place]:
            if path.is_dir():
                os.utime(path, (NOW - folder * DAY,) * 2)
        return place

    return make


@pytest.mark.parametrize(
    ("files", "folder", "is_older"),
    [
        ({"a": 31, "b/c": 40}, 100, True),
        ({"a": 31, "b/c": 29}, 100, False),  # one file deep below is enough
        ({"a": 31}, 3, False),  # something was removed from it three days ago
        ({}, 31, True),
        ({}, 29, False),
    ],
)
def test_the_last_change_of_all_counts(made, files, folder, is_older):
    assert older(made(files, folder), 30, NOW) is is_older


def test_what_is_gone_is_not_old_and_has_no_size(tmp_path):
    assert not older(tmp_path / "none", 0, NOW)
    assert size(tmp_path / "none") == 0


def test_a_link_is_not_what_it_points_to(made, tmp_path):
    place = made({"a": 1, "b/c": 1})
    (tmp_path / "large").write_bytes(b"x" * 1000)
    (place / "link").symlink_to(tmp_path / "large")
    (place / "loop").symlink_to(place)
    assert size(place) < 200
    assert size(place / "a") == 5
