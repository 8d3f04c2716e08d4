"""The automations of a Babelmill server: what it does by itself when a run falls silent, fails, or is left waiting.

They are Babelmill's own and told by their names; `bootstrap` makes them and mends them. Whoever wants another one makes a copy of it
under a name of its own and switches ours off: that stays as it was left.
"""

from datetime import timedelta
from uuid import UUID

from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState, SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification

# Six heartbeats of 30 s (deploy/server.env). Healthy runs on a crowded machine left 31 s between two, 62 s where SQLite lost one, and
# 150 s round a native call that let no other thread run for 120 s; one of 160 s is too long (tests/bench/prefect_faults.py).
SILENT = timedelta(seconds=180)
WAITING = timedelta(hours=1)  # a worker that is busy takes the next run when it has done the last one
TAG = "babelmill"
RUN = "prefect.flow-run."
TELLS = "babelmill: a run failed"  # name of the automation
# An event bears the *name* of a state, so a name of our own (Unchanged) ends a run only if it stands here.
ENDS = ("Completed", "Unchanged", "Failed", "TimedOut", "Crashed", "Cancelled")
STOPS = ("Paused", "Suspended")  # beats no more, or beats on: if it does, the next beat is waited for again
CRASHED = (
    f"No sign of life for {int(SILENT.total_seconds() // 60)} minutes: the process ended without a word (killed, out of memory, "
    "the machine went down) or the network is cut. Start it again: what was translated is kept. If it is alive after all, it goes on "
    "and its own end replaces this state."
)


def silent() -> AutomationCore:
    """A run whose heartbeats stop is set Crashed. A run that has ended already stays as it is: the server refuses (Prefect 3.8.8)."""
    return AutomationCore(
        name="babelmill: a run fell silent",
        description=f"A run that gave no heartbeat for {int(SILENT.total_seconds())} s and did not end is set Crashed.",
        tags=[TAG],
        trigger=EventTrigger(
            match=ResourceSpecification({"prefect.resource.id": f"{RUN}*"}),
            after={f"{RUN}heartbeat"},
            expect={f"{RUN}heartbeat", *(RUN + name for name in (*ENDS, *STOPS))},
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=SILENT,
        ),
        actions=[ChangeFlowRunState(state=StateType.CRASHED, message=CRASHED)],
    )


def failed(block: UUID) -> AutomationCore:
    """A run of a deployment that fails or crashes is told through a notification block."""
    return AutomationCore(
        name=TELLS,
        description="Tells through a notification block which run failed or crashed, with its message.",
        tags=[TAG],
        trigger=_deployed({"Failed", "TimedOut", "Crashed"}, Posture.Reactive, timedelta(0)),
        actions=[_told(block, "{{ flow_run.state.name }}")],
    )


def waiting(block: UUID) -> AutomationCore:
    """A run of a deployment that no worker takes is told through a notification block: a dead worker makes no other noise."""
    return AutomationCore(
        name="babelmill: a run waits for a worker",
        description=f"Tells through a notification block that a run is late and no worker took it for {WAITING}.",
        tags=[TAG],
        trigger=_deployed({"Pending", "Running", "AwaitingConcurrencySlot", *ENDS}, Posture.Proactive, WAITING, after={f"{RUN}Late"}),
        actions=[_told(block, "no worker took it for an hour: start one with prefect worker start --pool babelmill")],
    )


def _deployed(states: set[str], posture: Posture, within: timedelta, after: set[str] | None = None) -> EventTrigger:
    """States of runs that have a deployment: a build from a shell has somebody in front of it, and a sub-run its parent."""
    return EventTrigger(
        match=ResourceSpecification({"prefect.resource.id": f"{RUN}*"}),
        match_related=ResourceSpecification({"prefect.resource.id": "prefect.deployment.*"}),
        after=after or set(),
        expect={RUN + name for name in states},
        for_each={"prefect.resource.id"},
        posture=posture,
        threshold=1,
        within=within,
    )


def _told(block: UUID, what: str) -> SendNotification:
    """A message with flow, run, what happened, the state's message and the run's page."""
    return SendNotification(
        block_document_id=block,
        subject=f"{{{{ flow.name }}}} {{{{ flow_run.name }}}}: {what}",
        body="{{ flow_run.state.message or '' }}\n{{ flow_run|ui_url or '' }}",
    )
