"""What `plan` counts."""

from collections.abc import Callable
from pathlib import Path

import pytest

from flows.estimate import estimate
from flows.options import Options, request
from tests.flows.building import run

NUMBERS = ["one", "two", "three", "four", "five"]
ROWS = [{"id": str(i), "text": f"Sentence number {NUMBERS[i % 5]}. Same everywhere."} for i in range(20)]


@pytest.mark.parametrize("at_once", [1, 4, 1000])
def test_a_sentence_counts_once_however_the_corpus_is_cut(
    home: Path, write_recipe: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("flows.estimate.AT_ONCE", at_once)
    changes = {"translate": {"engine": "echo", "into": ["fin", "ron"]}, "chunk_rows": 3}
    recipe = write_recipe(ROWS, **changes)
    found = estimate(request(Options(str(recipe))))
    assert (found["rows"], found["segments"]) == (20, 40)
    assert found["languages"] == {code: {"sentences": 6, "from_memory": 0, "missing": 6} for code in ("fin_Latn", "ron_Latn")}
    assert found["tokens"] == 2 * (5 * 3 + 2)
    run(recipe)
    assert estimate(request(Options(str(recipe))))["languages"]["ron_Latn"] == {"sentences": 6, "from_memory": 6, "missing": 0}
