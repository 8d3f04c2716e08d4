"""Deployments of a file, onto the server: what is wrong with them, their registration, and forms that follow the choices.

`python -m flows.deployed.register FILE NOTES` is a part of `babelmill serve`: a process of its own, as Prefect and all that the flows
import take 170 MB, which serve need not hold for weeks.
"""

import asyncio
import importlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prefect import Flow
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule, RRuleSchedule
from prefect.utilities.callables import parameter_schema
from pydantic import ValidationError

from flows import deployed
from flows.deployed.bootstrap import bootstrap
from flows.parameters import SHOWN, members, wrong
from flows.server import RefusedError, Server, known
from schemas.deployments import Concurrency, Deployment, Deployments, Schedule, load
from schemas.errors import BabelmillError, EngineError, RecipeError, did_you_mean


def faults(file: Deployments) -> list[str]:
    """What the file cannot tell by itself: flows that do not exist, parameters that their flow does not take, clocks that never strike."""
    found = []
    for each in file.deployments:
        try:
            form = form_of(each)
        except RecipeError as error:
            found.append(f"{each.label}.entrypoint: {error}")
            continue
        given = {"parameters": each.parameters} | {f"schedules[{i}].parameters": s.parameters for i, s in enumerate(each.schedules)}
        for where, values in given.items():
            found += [f"{each.label}.{where}.{line}" for line in _misgiven(values, form)]
        for i, schedule in enumerate(each.schedules):
            try:
                clock(schedule)
            except ValidationError as error:
                found += [
                    f"{each.label}.schedules[{i}].{'.'.join(map(str, e['loc'])) or 'cron'}: {e['msg'].removeprefix('Value error, ')}"
                    for e in error.errors()
                ]
    names = [each.label for each in file.deployments]
    return found + [
        f"{name}: there are two of this name; give one another `name`." for name in sorted({n for n in names if names.count(n) > 1})
    ]


def _misgiven(values: dict[str, Any], form: dict[str, Any]) -> Iterator[str]:
    known = form.get("properties", {})
    for name, value in values.items():
        if name not in known:
            yield f"{name}: unknown parameter; there are {', '.join(known)}.{did_you_mean(name, known)}"
        elif fault := wrong(value, members(known[name], form)):
            yield f"{name}: {value!r}: {fault}"


def flow_of(entrypoint: str) -> Flow[..., Any]:
    """The flow of a module path. Raises RecipeError with the flows that there are."""
    module, _, name = entrypoint.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ImportError:
        found = None
    if isinstance(found, Flow):
        return found
    known = {f"flows.deployed.{key}" for key, value in vars(deployed).items() if isinstance(value, Flow)}
    near = did_you_mean(entrypoint, known) or f" There are {', '.join(sorted(known))}."
    raise RecipeError(f"no flow {entrypoint!r}.{near}")


def form_of(deployment: Deployment) -> dict[str, Any]:
    """JSON schema of a flow's parameters, with the choices of now."""
    whole: dict[str, Any] = json.loads(json.dumps(parameter_schema(flow_of(deployment.entrypoint)).model_dump_for_openapi(), default=str))
    return whole


def clock(schedule: Schedule) -> dict[str, Any]:
    """A schedule as the API takes it. Raises pydantic's ValidationError."""
    made: CronSchedule | IntervalSchedule | RRuleSchedule
    if schedule.cron is not None:
        made = CronSchedule(cron=schedule.cron, timezone=schedule.timezone)
    elif schedule.interval is not None:
        made = IntervalSchedule(interval=schedule.interval, timezone=schedule.timezone)
    else:
        made = RRuleSchedule(rrule=schedule.rrule or "", timezone=schedule.timezone)
    return made.model_dump(mode="json")


def register(server: Server, file: Deployments, notes: Path) -> list[str]:
    """Make or mend every deployment of the file; a line for each that was registered earlier and stands there no longer.

    notes: a file where the schedules stand as they were registered last. A schedule is written where it is new in `file` or
    differs from that note, and removed where `file` lost it; all else about schedules belongs to those who changed it in the UI.
    """
    before: dict[str, dict[str, Any]] = json.loads(notes.read_text("utf-8")) if notes.is_file() else {}
    now = {}
    for each in file.deployments:
        id_ = _deployment(server, each)
        now[id_] = _schedules(server, id_, each.schedules, before.get(id_, {}))
    ours = {"deployments": {"id": {"any_": sorted(before.keys() | now.keys())}}}
    there = {each["id"]: each for each in server.ask("/deployments/filter", ours)}
    now |= {id_: before[id_] for id_ in before.keys() & there.keys() - now.keys()}
    new = notes.with_suffix(".new")
    new.write_text(json.dumps(now, indent=1), "utf-8")
    new.replace(notes)
    entrypoints = {each.entrypoint for each in file.deployments}
    gone = [there[id_]["entrypoint"] for id_ in now if there[id_]["entrypoint"] not in entrypoints]
    return [f"{each} stands in the file no longer; it stays, with its schedules, until somebody deletes it in the UI" for each in gone]


def follow_choices(server: Server, file: Deployments) -> list[str]:
    """Bring the choices of the forms up to date, and nothing else; a line for each that came or went."""
    lines = []
    for each in file.deployments:
        there, form = server.ask(_path(each)), form_of(each)
        if form != there["parameter_openapi_schema"]:
            server.ask(f"/deployments/{there['id']}", {"parameter_openapi_schema": form}, "PATCH")
            lines += [f"{each.label}: {line}" for line in _changes(there["parameter_openapi_schema"] or {}, form)]
    return lines


def _path(each: Deployment) -> str:
    return f"/deployments/name/{flow_of(each.entrypoint).name}/{each.name}"


def _deployment(server: Server, each: Deployment) -> str:
    flow = flow_of(each.entrypoint)
    limit = each.concurrency_limit
    body = {
        "description": each.description or flow.description,
        "version": each.version,
        "tags": list(each.tags),
        "parameters": each.parameters,
        "parameter_openapi_schema": form_of(each),
        "enforce_parameter_schema": True,
        "entrypoint": each.entrypoint,
        "pull_steps": [],
        "work_pool_name": each.work_pool.name,
        "work_queue_name": each.work_pool.work_queue_name,
        "job_variables": each.work_pool.job_variables.model_dump(exclude_none=True, exclude_defaults=True),
        "concurrency_limit": limit.limit if isinstance(limit, Concurrency) else limit,
        "concurrency_options": {"collision_strategy": limit.collision_strategy} if isinstance(limit, Concurrency) else None,
    }
    try:
        there = server.ask(_path(each))
    except RefusedError as refused:
        if refused.status != 404:
            raise
        flow_id = server.ask("/flows/", {"name": flow.name})["id"]
        return str(server.ask("/deployments/", {"name": each.name, "flow_id": flow_id, **body})["id"])
    server.ask(f"/deployments/{there['id']}", body, "PATCH")  # a second POST would remove all schedules
    return str(there["id"])


def _schedules(server: Server, id_: str, wanted: tuple[Schedule, ...], before: dict[str, Any]) -> dict[str, Any]:
    """Write what changed since `before`; the note for next time."""
    place = f"/deployments/{id_}/schedules"
    there = {each["slug"]: each["id"] for each in server.ask(place) if each["slug"]}
    now = {each.slug: each.model_dump(mode="json") for each in wanted}
    for each in wanted:
        if before.get(each.slug) == now[each.slug]:
            continue
        body = {"schedule": clock(each), "active": each.active, "parameters": each.parameters, "slug": each.slug}
        if each.slug in there:
            server.ask(f"{place}/{there[each.slug]}", body, "PATCH")
        else:
            server.ask(place, [body])
    for slug in before.keys() - now.keys():
        if slug in there:
            server.ask(f"{place}/{there[slug]}", method="DELETE")
    return now


def _changes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """Choices that came or went, a line for each parameter."""
    for name, schema in new.get("properties", {}).items():
        before, after = _choices(old.get("properties", {}).get(name, {})), _choices(schema)
        marks = [f"+{choice}" for choice in sorted(after - before)] + [f"-{choice}" for choice in sorted(before - after)]
        if marks:
            yield f"{name}: {', '.join(marks[:SHOWN])}"


def _choices(schema: dict[str, Any]) -> set[str]:
    kinds = [inner for kind in members(schema) for inner in (kind, *members(kind.get("items", {})))]
    return {str(choice) for kind in kinds for choice in kind.get("enum", ())}


def main(arguments: list[str]) -> int:
    """FILE NOTES: make what the server lacks, register the file. FILE alone: only follow the choices. 0, or the error's exit code."""
    file, *notes = map(Path, arguments)
    try:
        server, found = known(), load(file)
        if server is None:
            raise EngineError("PREFECT_API_URL is not set.")
        if not notes:
            lines = follow_choices(server, found)
        else:
            if faulty := faults(found):
                raise RecipeError("\n".join(f"{file}: {fault}" for fault in faulty))
            wait(server)
            lines = [line for line in asyncio.run(bootstrap()) if " is there" not in line and not line.startswith("no Secret")]
            lines += register(server, found, *notes)
    except BabelmillError as error:
        print(error)
        return error.exit_code
    print("\n".join(lines))
    return 0


def wait(server: Server) -> None:
    """Until the server answers, as it may still be starting: whoever started this waits no longer than it has patience."""
    while not server.answers():
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
