"""What a file of deployments says is held against the flows that there are."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.deployed.register import faults, form_of
from schemas.deployments import Deployments, load
from schemas.resources import deploy_file

SHIPPED = deploy_file("prefect.yaml")
NIGHTLY = {"slug": "nightly", "cron": "30 2 * * *"}


def changed(flow: str, change: dict[str, Any]) -> Deployments:
    """The shipped file, in which one deployment has other keys."""
    values = yaml.safe_load(SHIPPED.read_text("utf-8"))
    next(each for each in values["deployments"] if each["entrypoint"].endswith(flow)).update(change)
    return Deployments.model_validate(values)


def test_the_shipped_file_is_right() -> None:
    assert faults(load(SHIPPED)) == []


@pytest.mark.parametrize(
    ("flow", "change", "message"),
    [
        ("refresh", {"parameters": {"recipee": "xmind-sample"}}, "refresh.parameters.recipee: unknown parameter; there are recipe, "),
        ("refresh", {"parameters": {"recipee": "xmind-sample"}}, "Did you mean recipe?"),
        ("refresh", {"parameters": {"public": "perhaps"}}, "refresh.parameters.public: 'perhaps': expected true or false."),
        ("refresh", {"parameters": {"recipe": "xmind-smaple"}}, "not a choice; there are "),
        ("refresh", {"parameters": {"recipe": "xmind-smaple"}}, "Did you mean xmind-sample"),
        ("build_dataset", {"parameters": {"limit": "20"}}, "build-dataset.parameters.limit: '20': expected "),
        ("build_dataset", {"parameters": {"languages": "fin_Latn"}}, "build-dataset.parameters.languages: 'fin_Latn': expected a list."),
        ("build_dataset", {"parameters": {"languages": ["fin_Latn", "fi_Latn"]}}, "not a choice. Did you mean fin_Latn"),
        (
            "maintain",
            {"schedules": [NIGHTLY | {"parameters": {"previews": 3}}]},
            "maintain.schedules[0].parameters.previews: unknown parameter",
        ),
        ("maintain", {"schedules": [NIGHTLY | {"cron": "61 2 * * *"}]}, "maintain.schedules[0].cron: "),
        ("maintain", {"schedules": [NIGHTLY | {"cron": "every night"}]}, "maintain.schedules[0].cron: "),
        ("maintain", {"schedules": [NIGHTLY | {"timezone": "Mars/Olympus"}]}, "maintain.schedules[0].timezone: "),
        ("maintain", {"schedules": [{"slug": "a", "rrule": "FREQ=SOMETIMES"}]}, "maintain.schedules[0].rrule: "),
        ("maintain", {"entrypoint": "flows.deployed.maintian"}, "maintian.entrypoint: no flow 'flows.deployed.maintian'. Did you mean "),
        ("maintain", {"entrypoint": "flows.deployed.Any"}, "no flow 'flows.deployed.Any'"),
        ("maintain", {"entrypoint": "nothing.here"}, "flows.deployed.build_dataset, flows.deployed.crawl_hub"),
        ("maintain", {"entrypoint": "flows.deployed.refresh"}, "refresh: there are two of this name"),
    ],
)
def test_a_fault_is_named_with_its_deployment_and_what_was_meant(flow: str, change: dict[str, Any], message: str) -> None:
    assert message in "\n".join(faults(changed(flow, change)))


def test_a_recipe_that_somebody_added_is_a_choice_at_once(home: Path) -> None:
    [build, *_] = load(SHIPPED).deployments
    assert "mine" not in form_of(build)["properties"]["recipe"]["enum"]
    (home / "recipes").mkdir(parents=True)
    (home / "recipes" / "mine.yaml").write_text("name: mine\n", "utf-8")
    assert "mine" in form_of(build)["properties"]["recipe"]["enum"]
