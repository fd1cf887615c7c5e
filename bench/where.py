"""`python -m bench.where`: where the time of a sign-up goes, by the clock and by the processors.

By the histories of sign-ups made one after the other, medians in milliseconds; and by the processor time that
each process takes for many at once, beside the peers. Asserts nothing.
"""

import argparse
import asyncio
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from temporalio.client import Client, WorkflowHistory

from bench.processors import tell_processors
from bench.stage import QUIET, BenchStage, SignedUp, running_stack
from domain.naming import workflow_id

SINGLE = 12


@dataclass(frozen=True)
class Activity:
    """One that a run executed: instants in milliseconds from the run's first event."""

    name: str
    scheduled: float
    started: float
    ended: float


@dataclass(frozen=True)
class Run:
    activities: Sequence[Activity]
    length: float

    @property
    def chain(self) -> list[Activity]:
        """What the end waited for: before each activity the one that ended last before it was scheduled."""
        found = [max(self.activities, key=lambda one: one.ended)]
        while before := [one for one in self.activities if one.ended <= found[0].scheduled]:
            found.insert(0, max(before, key=lambda one: one.ended))
        return found

    @property
    def executing(self) -> float:
        """How long at least one activity executed."""
        total = until = 0.0
        for one in sorted(self.activities, key=lambda one: one.started):
            total += max(one.ended - max(one.started, until), 0)
            until = max(until, one.ended)
        return total


def main() -> int:
    argparse.ArgumentParser(prog="python -m bench.where", description=__doc__).parse_args()
    with running_stack(settings=QUIET) as stack, BenchStage(stack) as stage:
        stage.warm_up()
        tell_clock([stage.signup("team", "us-east-1") for _ in range(SINGLE)], stack.temporal.address)
        tell_processors(stack, stage)
    return 0


def tell_clock(signups: Sequence[SignedUp], address: str) -> None:
    runs = asyncio.run(_runs(signups, address))
    chains = [run.chain for run in runs]
    print(f"{len(runs)} sign-ups one after the other, medians, ms")
    _tell("from the POST until the end is recorded", [1000 * one.seconds for one in signups])
    _tell("the run, from its first event to its last", [run.length for run in runs])
    _tell("  some activity executes", [run.executing for run in runs])
    _tell("on the longest chain of activities", [chain[-1].ended for chain in chains])
    _tell("  they execute", [sum(one.ended - one.started for one in chain) for chain in chains])
    _tell("  they wait for a worker", [sum(one.started - one.scheduled for one in chain) for chain in chains])
    print(f"\nof the chain of one: waits, executes, ms\n{_lines(chains[-1])}")
    ordered = sorted(runs[-1].activities, key=lambda one: one.scheduled)
    print(f"\nof all activities of that one\n{_lines(ordered)}")


async def _runs(signups: Sequence[SignedUp], address: str) -> list[Run]:
    client = await Client.connect(address)
    handles = [client.get_workflow_handle(workflow_id(one.slug, one.tenant_id)) for one in signups]
    return [_read(await handle.fetch_history()) for handle in handles]


def _read(history: WorkflowHistory) -> Run:
    first = history.events[0].event_time.ToDatetime()
    scheduled: dict[int, tuple[str, float]] = {}
    started: dict[int, float] = {}
    activities: list[Activity] = []

    def since(moment: datetime) -> float:
        return (moment - first).total_seconds() * 1000

    for event in history.events:
        at = since(event.event_time.ToDatetime())
        if event.HasField("activity_task_scheduled_event_attributes"):
            name = event.activity_task_scheduled_event_attributes.activity_type.name
            scheduled[event.event_id] = (name, at)
        elif event.HasField("activity_task_started_event_attributes"):
            started[event.activity_task_started_event_attributes.scheduled_event_id] = at
        elif event.HasField("activity_task_completed_event_attributes"):
            number = event.activity_task_completed_event_attributes.scheduled_event_id
            activities.append(Activity(*scheduled[number], started[number], at))
    return Run(activities, since(history.events[-1].event_time.ToDatetime()))


def _tell(what: str, values: Sequence[float]) -> None:
    print(f"  {what:44} {statistics.median(values):8.0f}")


def _lines(activities: Sequence[Activity]) -> str:
    return "\n".join(
        f"  {one.name:44} {one.started - one.scheduled:8.0f} {one.ended - one.started:8.0f}"
        for one in activities
    )


if __name__ == "__main__":
    sys.exit(main())
