"""What a Prefect server needs before Babelmill's flows can run on it: made where it is missing, mended where it is ours and differs.

Left as people set them: limits and pauses of the pool and its queues, whether an automation is switched on. No global concurrency limit
and no variable is made: no flow uses one.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
from apprise import Apprise
from prefect.blocks.notifications import SlackWebhook
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import StateType
from prefect.events.clients import get_events_client
from prefect.events.schemas.automations import Automation, AutomationCore
from prefect.events.schemas.events import Event, Resource
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.settings import get_current_settings
from prefect.workers.process import ProcessWorker

from flows.deployed import automations
from flows.settings import settings
from schemas.errors import EngineError, RecipeError, did_you_mean

POOL = "babelmill"
QUEUES = {
    "default": "census, publication, upkeep: a processor and the network are enough",
    "build": "builds and refreshes: they load the model, so on a cluster the workers with a GPU take them",
}
SLACK, OURS = "slack-webhook", "babelmill-notify"  # the block made from BABELMILL_NOTIFY_URL; its type passes any Apprise address on
NO_SECRETS = "no Secret block: workers read HF_TOKEN from their own environment"
AS_BEFORE = f"failed runs are told as before: automation {automations.TELLS!r}"
NO_NOTIFICATION = "no notification of failed runs: set BABELMILL_NOTIFY_URL to an Apprise address, or name a notification block (TYPE/NAME)"


async def bootstrap(notify: str | None = None) -> list[str]:
    """Make or mend the work pool, its queues and the automations of the server at PREFECT_API_URL; a second time changes nothing.

    notify: notification block told of failed runs, as "slack-webhook/team"; else one is made from BABELMILL_NOTIFY_URL, if that is set.
    Returns a line per part: "made work pool babelmill", "work pool babelmill is there", "mended automation ...".
    Raises EngineError if the server does not answer, refuses, or has something else under our names; RecipeError for `notify`.
    """
    async with _server() as client:
        told = [await _pool(client), *[await _queue(client, name) for name in QUEUES]]
        wanted = [automations.silent()]
        block, line = await _notification(client, notify)
        if block:
            wanted += [automations.failed(block), automations.waiting(block)]
        told += [await _automation(client, each) for each in wanted]
        return [*told, line, NO_SECRETS, *await _asked(client)]


async def _asked(client: PrefectClient) -> list[str]:
    """Watch the runs that are said to be at work: a heartbeat in the name of each, after which its own must come.

    What a server waits for is lost when it is away for long. A run that died with it, on a machine that went down, would run for ever.
    """
    running = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING])))
    runs = await client.read_flow_runs(flow_run_filter=running)
    async with get_events_client() as events:
        for run in runs:
            resource = {"prefect.resource.id": f"{automations.RUN}{run.id}", "prefect.resource.name": run.name}
            await events.emit(Event(event=f"{automations.RUN}heartbeat", resource=Resource(resource)))
    return [f"asked {len(runs)} runs at work for a sign of life"] if runs else []


@asynccontextmanager
async def _server() -> AsyncIterator[PrefectClient]:
    """The server of the environment; what it answers instead of an answer becomes an EngineError."""
    address = get_current_settings().api.url
    if not address:  # get_client would start a server of its own
        raise EngineError("PREFECT_API_URL is not set: start a server (babelmill serve) and set it to that address, ending in /api.")
    try:
        async with get_client() as client:
            yield client
    except httpx.HTTPStatusError as error:
        code = error.response.status_code
        way_out = "Set PREFECT_API_AUTH_STRING to the server's user:password." if code in (401, 403) else "See the server's log."
        what = f"{error.request.method} {error.request.url.path}"
        raise EngineError(f"the Prefect server at {address} answered {what} with {code}. {way_out}") from None
    except httpx.HTTPError as error:
        raise EngineError(f"no Prefect server answers at {address} ({type(error).__name__}). Start it, or mend PREFECT_API_URL.") from None


async def _pool(client: PrefectClient) -> str:
    template = ProcessWorker.get_default_base_job_template()
    try:
        await client.create_work_pool(WorkPoolCreate(name=POOL, type="process", base_job_template=template))
    except ObjectAlreadyExists:
        kind = (await client.read_work_pool(POOL)).type
        if kind != "process":
            way_out = f"Delete it (prefect work-pool delete {POOL}) and run this again"
            raise EngineError(f"the work pool {POOL} is of type {kind}, expected process. {way_out}.") from None
        return f"work pool {POOL} is there"
    return f"made work pool {POOL}"


async def _queue(client: PrefectClient, name: str) -> str:
    """A pool is born with its default queue, which needs only our words."""
    try:
        await client.create_work_queue(name=name, description=QUEUES[name], work_pool_name=POOL)
    except ObjectAlreadyExists:
        queue = await client.read_work_queue_by_name(name, work_pool_name=POOL)
        if not queue.description or queue.description == "The work pool's default queue.":
            await client.update_work_queue(queue.id, description=QUEUES[name])
            return f"described work queue {name}"
        return f"work queue {name} is there"
    return f"made work queue {name}"


async def _automation(client: PrefectClient, wanted: AutomationCore) -> str:
    """One automation of its name, as wanted, switched on or off as it was left. The server lets a name be used twice."""
    what = f"automation {wanted.name!r}"
    there = await client.read_automations_by_name(wanted.name)  # last changed first
    if not there:
        await client.create_automation(wanted)
        return f"made {what}"
    found, *doubles = there
    for double in doubles:
        await client.delete_automation(double.id)
    off = "" if found.enabled else ", switched off by hand"
    if _meaning(found) != _meaning(wanted):
        # What is unset would not be sent, and the server refuses the owner in an update.
        whole = AutomationCore.model_validate(wanted.model_dump(exclude={"owner_resource"}) | {"enabled": found.enabled})
        await client.update_automation(found.id, whole)
        return f"mended {what}{off}"
    return f"removed a double of {what}{off}" if doubles else f"{what} is there{off}"


def _meaning(automation: Automation | AutomationCore) -> dict[str, Any]:
    """All of an automation that is ours to say."""
    return automation.model_dump(include={"description", "tags", "trigger", "actions"})


async def _notification(client: PrefectClient, notify: str | None) -> tuple[UUID | None, str]:
    """The block that is told of failed runs, and a line on it. A block is none of ours: it is looked at, never changed."""
    if notify is None:
        return await _address(client)
    kind, _, name = notify.partition("/")
    try:
        document = await client.read_block_document_by_name(name, kind, include_secrets=False)
    except ObjectNotFound:
        there = [f"{each.block_type.slug}/{each.name}" for each in await client.read_block_documents() if each.block_type]
        near = did_you_mean(notify, there) or f" There are {', '.join(sorted(there)) or 'no blocks'}."
        raise RecipeError(f"no notification block {notify!r} on this server (TYPE/NAME, as in slack-webhook/team).{near}") from None
    if not document.block_schema or "notify" not in document.block_schema.capabilities:
        raise RecipeError(f"the block {notify!r} cannot notify. Name one of a notification type, as slack-webhook or discord-webhook.")
    return document.id, f"failed runs are told to {notify}"


async def _address(client: PrefectClient) -> tuple[UUID | None, str]:
    """The block for BABELMILL_NOTIFY_URL, whose address holds a secret as a rule: the server stores it encrypted and shows stars.

    Not of the type Custom Webhook: where its receiver fails, the address stands in the server's log with the error.
    """
    given, what = settings().notify_url, f"{SLACK}/{OURS}"
    if not given or not given.get_secret_value():  # compose.yaml sets it, empty
        return None, AS_BEFORE if await client.read_automations_by_name(automations.TELLS) else NO_NOTIFICATION
    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it repeats an address that it does not understand
    if not Apprise().add(given.get_secret_value()):
        kinds = "slack://, mailtos://, https://hooks.slack.com/..., jsons://HOST/PATH for a webhook of your own"
        raise RecipeError(f"BABELMILL_NOTIFY_URL is no address that Apprise knows, as {kinds}.")
    try:
        document = await client.read_block_document_by_name(OURS, SLACK)
        if document.data.get("url") == given.get_secret_value():
            return document.id, f"failed runs are told to {what}, which is there"
        verb = "mended"
    except ObjectNotFound:
        verb = "made"
    return await SlackWebhook(url=given).asave(OURS, overwrite=True), f"{verb} {what}: failed runs are told to it"
