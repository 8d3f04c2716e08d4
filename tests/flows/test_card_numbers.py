"""The card of a release that was built says what its files say."""

import pytest

from tests.flows.building import run
from tests.tasks.card_numbers import disagreements


@pytest.mark.parametrize("on_reject", ["field", "row"])
def test_the_card_counts_what_a_check_kept_back(write_recipe, on_reject):
    rows = [{"id": str(i), "text": text} for i, text in enumerate(["The minister visited Berlin.", "x" * 300, "", None, "!?"])]
    checks = {"reject": ["truncated", "empty"], "flag": ["language"], "on_reject": on_reject}
    release = run(write_recipe(rows, checks=checks)).release
    assert sum(config.splits["train"].verdicts.get("reject", 0) for config in release.manifest.configs.values())
    told = disagreements(release.path, ["text"])
    kept = ("funnel", "check") if on_reject == "row" else ()  # the verdicts of rows that left are in rejected/ alone
    assert [each for each in told if not each.startswith(tuple(f"('{what}'" for what in kept))] == []
