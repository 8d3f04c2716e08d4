"""The upkeep as a flow run on a real Prefect server."""

import pytest

from flows.deployed import maintain
from tests.flows.building import run
from tests.flows.deployed.runs import artifacts, run_of

pytestmark = pytest.mark.flow


def test_an_upkeep_tells_what_it_did_and_a_damaged_release_fails_it(api, home, write_recipe):
    release = run(write_recipe([{"id": "a", "text": "The minister visited Berlin on Monday."}])).release
    done = run_of(api, maintain(return_state=True))
    assert (done["name"], done["state_type"]) == ("upkeep", "COMPLETED")
    assert f"freed in {home}" in done["state"]["message"]
    found = artifacts(api, done)
    assert {"part", "looked_at", "removed", "bytes"} <= found["upkeep-parts"][0].keys()
    assert f"freed in `{home}`" in found["upkeep-summary"]
    (release.path / "README.md").write_text("damaged")
    failed = run_of(api, maintain(dry_run=True, return_state=True))
    assert (failed["name"], failed["state_type"]) == ("dry run", "FAILED")
    assert str(release.path / "README.md") in failed["state"]["message"]
    wrong = run_of(api, maintain(previews_older=0, return_state=True))
    assert "RecipeError: previews_older 0: Input should be greater than or equal to 1" in wrong["state"]["message"]
