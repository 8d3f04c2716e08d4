"""What runs on the server: worker, queues, deployments, automation, and how the last runs ended."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from flows.doctor.finding import Finding, absent, bad, ok
from flows.doctor.server import FILE, SECONDS
from flows.server import RefusedError, Server, known
from flows.settings import settings
from schemas.errors import EngineError
from schemas.recipe_file import named

POOL, QUEUES = "babelmill", ("build", "default")
FLOWS = ("build-dataset", "crawl-hub", "publish-release", "refresh", "maintain")
BEAT = "prefect.flow-run.heartbeat"
SERVE = "babelmill serve"
WORKER = f"{SERVE}, or prefect worker start --pool {POOL}"
POLLED = timedelta(minutes=2)  # a worker looks every 5-15 s
SILENT = timedelta(minutes=5)  # longer than the automation waits
SHOWN = 10  # runs at work that are looked at
Json = dict[str, Any]


def look() -> Iterator[Finding]:
    """Everything that a run needs. Says nothing where there is no server, or it does not let us in: that is said elsewhere."""
    server = known()
    if server is None:
        return
    try:
        own = server.ask("/admin/settings", timeout=SECONDS)
    except EngineError:
        return
    now, beat = datetime.now(UTC), own["flows"]["heartbeat_frequency"]
    yield from pool(server, now)
    there = _deployments(server)
    yield from deployed(there, sorted(named(settings().added)))
    yield automation(_ask(server, "/automations/filter"), beat)
    yield stuck(_silent(server, now) if beat else [], now)
    yield ended(_last(server, there))


def pool(server: Server, now: datetime) -> Iterator[Finding]:
    """The work pool, who works in it, and whether each queue is looked into."""
    try:
        found = server.ask(f"/work_pools/{POOL}", timeout=SECONDS)
    except RefusedError as refused:
        if refused.status != 404:
            raise
        yield bad("worker", f"there is no work pool {POOL}: nothing can run. Start {SERVE}, or run python deploy/bootstrap.py.")
        return
    if found["is_paused"]:
        yield absent("pool", f"{POOL} is paused: nothing starts until somebody resumes it (UI, Work Pools)")
    yield worker(_ask(server, f"/work_pools/{POOL}/workers/filter"), now)
    yield queues(_ask(server, f"/work_pools/{POOL}/queues/filter"), now)


def worker(workers: Iterable[Json], now: datetime) -> Finding:
    """workers: as the server lists them, the dead ones too."""
    found = sorted(workers, key=lambda each: str(each["last_heartbeat_time"]), reverse=True)
    live = [each for each in found if each["status"] == "ONLINE"]
    if live:
        told = ", ".join(f"{each['name']} ({_ago(each['last_heartbeat_time'], now)})" for each in live)
        return ok("worker", f"{len(live)} at work in {POOL}, last heartbeat: {told}")
    last = f"; the last one, {found[0]['name']}, was there {_ago(found[0]['last_heartbeat_time'], now)}" if found else ""
    return bad("worker", f"none is alive in {POOL}{last}: runs wait. Start {WORKER}.")


def queues(found: Iterable[Json], now: datetime) -> Finding:
    """found: the queues of the pool."""
    by_name = {each["name"]: each for each in found}
    if lacking := [name for name in QUEUES if name not in by_name]:
        return bad("queues", f"{', '.join(lacking)} lacking: {SERVE} or python deploy/bootstrap.py makes them.")
    if paused := [name for name in QUEUES if by_name[name]["is_paused"]]:
        return absent("queues", f"{', '.join(paused)} paused: what is sent there waits until somebody resumes it (UI, Work Pools)")
    idle = [name for name in QUEUES if not _since(by_name[name]["last_polled"], now, POLLED)]
    if idle:
        return bad(
            "queues", f"nobody looks into {', '.join(idle)}: what is sent there waits. Start a worker without -q or with -q {idle[0]}."
        )
    return ok("queues", f"{' and '.join(QUEUES)} are looked into")


def deployed(there: dict[str, Json], recipes: list[str]) -> Iterator[Finding]:
    """there: flow -> its deployment `default`. recipes: the names that the form should offer."""
    if lacking := [flow for flow in FLOWS if flow not in there]:
        yield bad("deployments", f"{', '.join(lacking)} lacking: start {SERVE}, or prefect --no-prompt deploy --all in deploy/.")
    else:
        yield ok("deployments", ", ".join(FLOWS))
    if build := there.get("build-dataset"):
        offered = ((build.get("parameter_openapi_schema") or {}).get("properties") or {}).get("recipe", {}).get("enum")
        yield choices(recipes if offered is None else offered, recipes)
    if upkeep := there.get("maintain"):
        if not upkeep["paused"] and any(each["active"] for each in upkeep["schedules"]):
            yield ok("upkeep", "scheduled")
        else:
            yield absent("upkeep", "not scheduled: nothing old is ever removed. Switch the schedule of maintain on (UI, Deployments).")


def choices(offered: list[str], recipes: list[str]) -> Finding:
    """offered: by the form."""
    lacking, gone = sorted(set(recipes) - set(offered)), sorted(set(offered) - set(recipes))
    way_out = f"{SERVE} brings it up to date within half a minute; without it, deploy again."
    if lacking:
        return bad("choices", f"the form does not offer {', '.join(lacking)}: {way_out}")
    if gone:
        return bad("choices", f"the form offers {', '.join(gone)}, which is not here: {way_out}")
    return ok("choices", f"the form offers all {len(recipes)} recipes")


def automation(found: Iterable[Json], beat: int | None) -> Finding:
    """Whether runs that died are seen, and healthy ones are not taken for dead. beat: seconds between heartbeats; None for none."""
    silent = [each for each in found if BEAT in (each["trigger"].get("after") or ()) and each["trigger"].get("posture") == "Proactive"]
    if not silent:
        return bad(
            "crashes", f"no automation sees runs that died: they stay Running for ever. {SERVE} or python deploy/bootstrap.py makes it."
        )
    name, within = silent[0]["name"], float(silent[0]["trigger"]["within"])
    if not any(each["enabled"] for each in silent):
        return absent("crashes", f"the automation {name!r} is switched off: a run that died stays Running for ever")
    if beat is None:
        return bad("crashes", f"{name!r} waits for heartbeats, and runs give none. Set PREFECT_FLOWS_HEARTBEAT_FREQUENCY=30 ({FILE}).")
    if within < 2 * beat:
        told = f"{name!r} takes a run for dead after {within:.0f} s, and heartbeats come every {beat} s: healthy runs would be set Crashed"
        return bad("crashes", f"{told}. Set PREFECT_FLOWS_HEARTBEAT_FREQUENCY=30 ({FILE}), for server and workers.")
    return ok("crashes", f"a run without heartbeat for {within:.0f} s is set Crashed; they come every {beat} s")


def stuck(silent: list[Json], now: datetime) -> Finding:
    """silent: runs that are Running and have not given a heartbeat for SILENT."""
    if not silent:
        return ok("at work", "no run is stuck")
    told = ", ".join(f"{run['name']} (since {_ago(run['start_time'], now)})" for run in silent)
    return bad(
        "at work", f"Running without a heartbeat: {told}. If its process has ended, set it to Crashed or cancel it (UI), and run it again."
    )


def ended(last: dict[str, Json | None]) -> Finding:
    """last: deployment -> the last of its runs that ended, if any did. One that a person started told that person why it failed."""
    failed = {flow: run for flow, run in last.items() if run and run["state_type"] in ("FAILED", "CRASHED")}
    if failed:
        told = " | ".join(f"{flow} {_end(run)}" for flow, run in failed.items())
        return (bad if any(run["auto_scheduled"] for run in failed.values()) else absent)("last runs", told)
    never = ", ".join(flow for flow, run in last.items() if run is None)
    return ok("last runs", f"none failed; never ran: {never}" if never else "none failed")


def _end(run: Json) -> str:
    """How a run ended, in one line."""
    said = " ".join(str(run["state"]["message"]).split())
    return f"({run['name']}, {run['end_time'][:16]}Z) {run['state']['name']}: {said}"


def _silent(server: Server, now: datetime) -> list[Json]:
    """Of the oldest runs at work, those that gave no heartbeat for SILENT."""
    wanted = {"flow_runs": {"state": {"type": {"any_": ["RUNNING"]}}}, "sort": "START_TIME_ASC", "limit": SHOWN}
    late = {"since": (now - SILENT).isoformat(), "until": now.isoformat()}
    found = []
    for run in server.ask("/flow_runs/filter", wanted, timeout=SECONDS):
        if run["start_time"] and _since(run["start_time"], now, SILENT):
            continue
        beats = {"occurred": late, "event": {"name": [BEAT]}, "resource": {"id": [f"prefect.flow-run.{run['id']}"]}}
        if not server.ask("/events/filter", {"filter": beats, "limit": 1}, timeout=SECONDS)["events"]:
            found.append(run)
    return found


def _deployments(server: Server) -> dict[str, Json]:
    """Flow -> its deployment `default`."""
    flows = {each["id"]: each["name"] for each in server.ask("/flows/filter", {"flows": {"name": {"any_": list(FLOWS)}}}, timeout=SECONDS)}
    found = server.ask("/deployments/filter", {"deployments": {"name": {"any_": ["default"]}}}, timeout=SECONDS)
    return {flows[each["flow_id"]]: each for each in found if each["flow_id"] in flows}


def _last(server: Server, there: dict[str, Json]) -> dict[str, Json | None]:
    done = {"state": {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED"]}}}
    found: dict[str, Json | None] = {}
    for flow, each in there.items():
        wanted = {"deployments": {"id": {"any_": [each["id"]]}}, "flow_runs": done, "sort": "END_TIME_DESC", "limit": 1}
        found[flow] = next(iter(server.ask("/flow_runs/filter", wanted, timeout=SECONDS)), None)
    return found


def _ask(server: Server, path: str) -> list[Json]:
    found: list[Json] = server.ask(path, {}, timeout=SECONDS)
    return found


def _since(when: str | None, now: datetime, within: timedelta) -> bool:
    return when is not None and now - datetime.fromisoformat(when) <= within


def _ago(when: str, now: datetime) -> str:
    seconds = (now - datetime.fromisoformat(when)).total_seconds()
    return f"{seconds:.0f} s ago" if seconds < 120 else f"{seconds / 60:.0f} min ago" if seconds < 7200 else f"{seconds / 3600:.0f} h ago"
