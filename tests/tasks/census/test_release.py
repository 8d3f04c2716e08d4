import re
from datetime import timedelta

import polars as pl
import pytest
import yaml

from schemas.census import CARDS, Account, CensusManifest, Query
from schemas.errors import PublishError
from tasks.census.compare import events
from tasks.census.history import History
from tasks.census.journal import listed
from tasks.census.release import release
from tasks.census.report import by_month, coverage_by_rank, overlap
from tasks.census.snapshot import snapshot
from tests.tasks.census.records import NOW, record
from tests.tasks.page import parse

HOSTILE = "o/<script>alert(1)</script>"
WILD = ["language:ko", "language:en", "license:mit", "license:odbl", "<img src=x onerror=y>", "| `a` |", "---", "\u202eevil"]
DATASETS = {
    "o/plain": record(5, tags=["language:ko", "license:mit", "size_categories:n<1K", "task_categories:translation"]),
    HOSTILE: record(6, tags=WILD),
    "o/none": record(7, tags=["language:ja", "language:ko", "language:zh"], downloads=None, likes=None, createdAt=None),
}


@pytest.fixture
def history(tmp_path):
    """Two snapshots: in the second, one is new and one has another licence and card."""
    history = History(tmp_path / "history")
    query = Query(languages=["ko", "ja"], endpoint="https://huggingface.co")
    first = {name: fields for name, fields in DATASETS.items() if name != "o/none"}
    first["o/plain"] = {**DATASETS["o/plain"], "tags": ["language:ko", "license:other"]}
    words = {"card_sha": "0", "card_digest": "d", "card_words": 120, "card_sections": ["uses", "citation"]}
    cards = pl.DataFrame([{"id": "o/plain", **words}], schema=pl.Schema(CARDS))
    for number, datasets in enumerate((first, DATASETS), 1):
        rows = listed([{"id": name, **fields} for name, fields in datasets.items()], "language:ko").sort("id")
        rows = rows.with_columns(pl.concat_list("under").alias("under"))
        told = [{"filters": ["language:ko"], "found": 3}, {"filters": ["<b>"], "found": 0, "failed": "the Hub answered 500"}]
        account = Account.model_validate({"query": query, "listings": told, "pages": 9, "cards": 1, "found": rows.height, "kept": 0})
        made = events(history.state(removed=True), rows, cards, [])
        history.append(made, number, NOW + timedelta(days=7 * number), f"{number:016}", account)
    return history


def test_datasets_loads_it_as_it_stands(history, tmp_path, monkeypatch):
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    path = release(snapshot(history, 2), tmp_path / "releases")
    assert path == tmp_path / "releases/census-jpn-kor/1.2.0"
    census = datasets.load_dataset(str(path), split="train", cache_dir=str(tmp_path / "cache"))
    assert [(row["id"], row["licences"]) for row in census] == [(HOSTILE, ["mit", "odbl"]), ("o/none", []), ("o/plain", ["mit"])]
    changes = datasets.load_dataset(str(path), "changes", split="train", cache_dir=str(tmp_path / "cache"))
    assert [(row["id"], row["change"], row["field"]) for row in changes] == [
        ("o/none", "new", None),
        ("o/plain", "changed", "licences"),
        ("o/plain", "changed", "size"),
        ("o/plain", "changed", "tasks"),
    ]


def test_the_same_snapshot_is_the_same_bytes(history, tmp_path):
    one, other = (release(snapshot(history, 2), tmp_path / name) for name in ("one", "other"))
    files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert [str(path) for path in files] == [
        "README.md",
        "census/train-00000-of-00001.parquet",
        "census.json",
        "changes/train-00000-of-00001.parquet",
        "report.html",
    ]
    assert [(one / path).read_bytes() for path in files] == [(other / path).read_bytes() for path in files]
    manifest = CensusManifest.model_validate_json((one / "census.json").read_bytes())
    assert {file.path for file in manifest.files} == {str(path) for path in files} - {"census.json"}


def test_a_version_that_is_there_is_left_alone_and_nothing_is_overwritten(history, tmp_path):
    path = release(snapshot(history, 1), tmp_path)
    before = {each: each.stat().st_mtime_ns for each in path.rglob("*")}
    assert release(snapshot(history, 1), tmp_path) == path
    assert {each: each.stat().st_mtime_ns for each in path.rglob("*")} == before
    (path / "census.json").unlink()
    with pytest.raises(PublishError, match="is in the way"):
        release(snapshot(history, 1), tmp_path)
    assert not list((tmp_path / ".staging").iterdir())


def test_numbers_of_the_card_are_those_of_the_file(history, tmp_path):
    path = release(snapshot(history, 2), tmp_path)
    text = (path / "README.md").read_text("utf-8")
    front, body = re.fullmatch(r"---\n(.*?)\n---\n(.*)", text, re.DOTALL).groups()
    header = yaml.safe_load(front)
    assert (header["language"], header["size_categories"]) == (["ja", "ko"], ["n<1K"])
    assert [config["config_name"] for config in header["configs"]] == ["census", "changes"]
    file = pl.read_parquet(path / "census/train-00000-of-00001.parquet")
    assert f"{file.height} datasets of `https://huggingface.co`" in body
    told = dict(re.findall(r"^\| ([\w-]+) \| ([\d,]+) \|$", body, re.MULTILINE))
    counted = dict(file["language_kind"].value_counts().rows() + file["licence_class"].value_counts().rows())
    assert {kind: int(count) for kind, count in told.items()} == counted
    assert "1 datasets name several licences" in body
    assert "- changed: 1\n- new: 1\n" in body
    assert "**Not complete:** the list for `<b>`" in body


def test_the_report_is_sound_whatever_the_names(history, tmp_path, monkeypatch):
    path = release(snapshot(history, 2), tmp_path)
    page = parse((path / "report.html").read_text("utf-8"))
    assert not page.all("script")
    assert not page.all("img")
    assert page.all("dd", id="total")[0].text == "3"
    (top,) = page.all("table", id="top")
    assert top.all("bdi")[0].text == HOSTILE
    assert [[cell.text for cell in row.all("td")][:1] for row in page.all("table", id="kind-bars")[0].all("tr")[1:]] == [["1"], ["3"]]
    assert len(page.all("table", id="changelog")[0].all("tr")) == 1 + 4
    assert not re.findall(r"(?:src|href)=\"(?!#|data:)", (path / "report.html").read_text("utf-8")), "it asks nothing of the network"


def test_overlap_counts_exactly_these_languages(history):
    census = snapshot(history, 2).census
    assert overlap(census, ["jpn", "kor"]) == [((False, True), 2), ((True, True), 1)]
    assert overlap(census, ["cmn", "eng", "jpn", "kor"]) == [
        ((True, False, True, True), 1),
        ((False, True, False, True), 1),
        ((False, False, False, True), 1),
    ]


def test_months_without_datasets_are_there():
    census = pl.DataFrame({"created": [NOW - timedelta(days=100), None, NOW]})
    assert by_month(census) == [("2025-11", 1), ("2025-12", 0), ("2026-01", 0), ("2026-02", 0), ("2026-03", 1)]
    assert by_month(census.filter(pl.col("created").is_null())) == []


def test_quarters_by_downloads():
    rows = pl.DataFrame(
        {
            "id": list("abcde"),
            "downloads": [1, 9, 5, None, 7],
            "card_words": [1, 2, 3, 4, 5],
            "card_sections": [["uses"], [], [], None, ["uses"]],
        }
    )
    found = coverage_by_rank(rows)
    assert [name for name, *_ in found] == ["most downloaded quarter", "second", "third", "least downloaded quarter"]
    assert [cards for _, cards, _, _ in found] == [1, 1, 1, 1], "the one whose card was not read is in none"
