"""Pages say what the manifests and summaries say, and text of others stays text."""

import pytest

from flows.build import Built
from flows.deployed import pages
from flows.deployed.reports import MOST, capped
from schemas.manifest import Projection
from tasks.store import Release
from tests.flows.building import run

WRONG = "<script>x</script> [a](http://x) | b"


def test_a_build_whose_rows_were_kept_back(write_recipe):
    rows = [{"id": f"r{i}", "text": "The minister visited Berlin on Monday.", "kept": i} for i in range(4)]
    recipe = write_recipe([*rows, {"id": "r1", "text": "again"}], title=WRONG, license="cc-by-nc-4.0")
    built = run(recipe)
    page = pages.built(built)
    assert "| version | 1.0.0 (first version) |" in page
    assert "| sentences | 8: 2 translated, 6 remembered |" in page
    assert "| `ron_Latn` | `train` | 1 rows that could not be read |" in page
    assert "<script>" not in page
    assert "](http://x)" not in page
    assert f'load_dataset("{built.release.path}", "hin_Deva")' in page
    account = {row["config"]: row for row in pages.rows(built.release.manifest)}
    assert (account["ron_Latn"]["rows_in"], account["ron_Latn"]["rows_out"], account["ron_Latn"]["set_aside"]) == (5, 4, 1)


def test_a_preview_is_not_loaded_as_a_release(write_recipe):
    page = pages.built(run(write_recipe([{"id": "a", "text": "One."}]), limit=1))
    assert "load_dataset" not in page
    assert "| version | none: a preview |" in page


def test_a_build_whose_spans_were_dropped(manifest, tmp_path):
    base = manifest({"eng_Latn": 8, "fin_Latn": 8}, version="1.0.0")
    lost = Projection(spans=9, projected=6, dropped={WRONG: 2, "no link": 1}, methods={"link": 6})
    config = base.configs["fin_Latn"]
    split = config.splits["train"].model_copy(update={"projection": lost, "reasons": {"empty": 3}, "verdicts": {"reject": 3}})
    configs = base.configs | {"fin_Latn": config.model_copy(update={"splits": {"train": split}})}
    run = {"seconds": {"read": 0.5, "all": 2.0}, "sentences": 5, "translated": 4, "from_memory": 1, "warnings": [WRONG]}
    page = pages.built(Built(Release(tmp_path, base.model_copy(update={"configs": configs}), "preview"), run))
    assert "| `fin_Latn` | `train` | 3 | 9 | &lt;script&gt;" in page
    assert "| `fin_Latn` | `train` | 2 rows that could not be read, 1 rows rejected, 3 fields rejected | empty 3 |" in page
    assert "## Licences\n\n- &lt;script&gt;" in page
    assert "| seconds | 2.0 (read 0.5) |" in page


PUBLISHED = {
    "name": "trial", "version": "1.0.0", "repo": "o/n", "tag": "v1.0.0", "url": "https://hub/datasets/o/n", "change": "published",
    "commit": "a" * 40, "private": True, "level": "private", "reasons": [WRONG], "files": 3, "bytes": 1000, "new_bytes": 10, "seconds": 1.5,
    "sent": {"README.md": {"bytes": 10, "new_bytes": 10}}, "deleted": [],
}  # fmt: skip


def test_a_publication():
    page = pages.published(PUBLISHED)
    assert "[o/n v1.0.0](https://hub/datasets/o/n/tree/v1.0.0)" in page
    assert "| readers | its owner alone |" in page
    assert "| files | 1 of 3 sent, 0 deleted |" in page
    assert "<script>" not in page


def test_an_upkeep_with_a_fault():
    told = {"home": "/w", "dry_run": True, "bytes": 2_500_000, "faults": [WRONG], "seconds": 0.1, "parts": []}
    page = pages.kept_up(told)
    assert page.startswith("2.5 MB would be freed in `/w`; 0.1 s\n")
    assert "## What a person must mend\n\n- &lt;script&gt;" in page


@pytest.mark.parametrize(
    ("count", "shown", "words"), [(3, 3, "Rows"), (MOST, MOST, "Rows"), (1005, MOST, "Rows (the first 1,000 of 1,005 rows)")]
)
def test_a_table_has_a_cap(count, shown, words):
    rows, description = capped(({"row": i, "text": "hf_" + "a" * 30} for i in range(count)), "Rows")
    assert (len(rows), description, rows[-1]) == (shown, words, {"row": shown - 1, "text": "***"})


def test_every_row_of_a_table_has_every_column():
    """The UI takes its columns from the first row."""
    rows, _ = capped([{"config": "eng_Latn"}, {"config": "fin_Latn", "spans": 3}], "Rows")
    assert rows == [{"config": "eng_Latn", "spans": None}, {"config": "fin_Latn", "spans": 3}]
