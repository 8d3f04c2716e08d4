"""The file of deployments is read strictly: every fault is named, with the deployment it is in and what was meant."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.deployments import load
from schemas.errors import RecipeError
from schemas.resources import deploy_file

SHIPPED = deploy_file("prefect.yaml")


def changed(folder: Path, change: dict[str, Any]) -> Path:
    """A file like the shipped one, in which `refresh` has other keys."""
    values = yaml.safe_load(SHIPPED.read_text("utf-8"))
    refresh = next(each for each in values["deployments"] if each["entrypoint"].endswith("refresh"))
    refresh.update(change)
    path = folder / "prefect.yaml"
    path.write_text(yaml.safe_dump(values), "utf-8")
    return path


def test_the_shipped_file_has_the_five_jobs_each_in_its_queue() -> None:
    queues = {each.label: each.work_pool.work_queue_name for each in load(SHIPPED).deployments}
    assert queues == {
        "build-dataset": "build",
        "crawl-hub": "default",
        "publish-release": "default",
        "refresh": "build",
        "maintain": "default",
    }


def test_only_upkeep_runs_by_itself_until_somebody_says_so() -> None:
    active = {(each.label, schedule.slug): schedule.active for each in load(SHIPPED).deployments for schedule in each.schedules}
    assert active == {("refresh", "weekly"): False, ("maintain", "nightly"): True}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"concurency_limit": 1}, "refresh.concurency_limit: unknown key. Did you mean concurrency_limit?"),
        ({"schedual": []}, "refresh.schedual: unknown key. Did you mean schedules"),
        ({"work_pool": {"nam": "babelmill"}}, "refresh.work_pool.nam: unknown key. Did you mean name?"),
        ({"work_pool": {}}, "refresh.work_pool.name: missing."),
        (
            {"work_pool": {"name": "babelmill", "job_variables": {"evn": {}}}},
            "refresh.work_pool.job_variables.evn: unknown key. Did you mean env",
        ),
        ({"concurrency_limit": {"limt": 1}}, "refresh.concurrency_limit.limt: unknown key. Did you mean limit?"),
        ({"concurrency_limit": 0}, "refresh.concurrency_limit: Input should be greater than or equal to 1"),
        ({"concurrency_limit": {"limit": 0}}, "refresh.concurrency_limit.limit: Input should be greater than or equal to 1"),
        ({"schedules": [{"slug": "a", "corn": "0 0 * * *"}]}, "refresh.schedules[0].corn: unknown key. Did you mean cron?"),
        ({"schedules": [{"slug": "a"}]}, "refresh.schedules[0]: exactly one of cron, interval and rrule"),
        ({"schedules": [{"slug": "a", "cron": "0 0 * * *", "interval": 60}]}, "refresh.schedules[0]: exactly one of cron"),
        ({"schedules": [{"cron": "0 0 * * *"}]}, "refresh.schedules[0].slug: missing."),
        ({"schedules": [{"slug": "a", "interval": -5}]}, "refresh.schedules[0].interval: Input should be greater than"),
        ({"schedules": [{"slug": "a", "interval": 5}, {"slug": "a", "interval": 6}]}, "refresh: two schedules have the slug a"),
        ({"schedules": {"slug": "a"}}, "refresh.schedules: expected a list"),
        ({"entrypoint": "flows/deployed/refresh.py:refresh"}, "entrypoint: String should match pattern"),
        ({"pull": [{"git_clone": {}}]}, "refresh.pull: unknown key."),
        ({"name": None}, "refresh.name: Input should be a valid string"),
    ],
)
def test_a_fault_is_named_with_its_deployment_and_what_was_meant(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as refused:
        load(changed(tmp_path, change))
    assert message in str(refused.value)


def test_another_deployment_of_a_flow_is_called_by_both_names(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"refresh/mine\.tag: unknown key. Did you mean tags\?"):
        load(changed(tmp_path, {"name": "mine", "tag": []}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("deployments: []", "deployments: Tuple should have at least 1 item"),
        ("deploymnts: []", "deploymnts: unknown key. Did you mean deployments?"),
        ("- a", "expected a mapping, not ['a']"),
        ("", "expected a mapping, not None"),
        ("deployments: [", "line 1: not YAML"),
        ("name: a\nname: b", "line 1: not YAML: key 'name' given twice"),
        ("deployments: [3]", "deployments[0]: expected a mapping, not 3"),
        ("pull: [{prefect.deployments.steps.git_clone: {}}]\ndeployments: [{}]", "pull: Tuple should have at most 0 items"),
    ],
)
def test_what_is_no_such_file_is_refused_in_words(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "prefect.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(RecipeError) as refused:
        load(path)
    assert message in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"none\.yaml: No such file or directory\. Name a file"):
        load(tmp_path / "none.yaml")
