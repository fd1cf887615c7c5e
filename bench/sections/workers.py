"""One worker process and two, where what holds them up is the provider."""

from collections.abc import Mapping

import httpx

from bench.figures import Figure, Section, Target
from bench.stage import BenchStage, running_stack
from devstack.stack import Stack

ROUNDS = 5
AT_ONCE = 12
SLOTS = 10
CALL_SECONDS = 0.25
"""That each provider call takes: a tenth of that of a throttled real one."""
SETTINGS: Mapping[str, str] = {"TENANTRY_WORKER_ACTIVITIES": str(SLOTS)}


def measure() -> Section:
    one, two = _rates(1), _rates(2)
    ratios = tuple(more / fewer for fewer, more in zip(one, two, strict=True))
    return Section(
        "Worker processes",
        [
            Figure("workers-1", f"sign-ups, {AT_ONCE} at once, one process", "", "per s", one),
            Figure("workers-2", f"sign-ups, {AT_ONCE} at once, two processes", "", "per s", two),
            Figure("workers", "two processes", "one", "times", ratios, Target("≥", 1.7)),
        ],
        [f"{SLOTS} activity slots in each process; each provider call takes {CALL_SECONDS} s."],
    )


def _rates(workers: int) -> tuple[float, ...]:
    with running_stack(workers=workers, settings=SETTINGS) as stack, BenchStage(stack) as stage:
        stage.warm_up()
        _slow(stack)
        return tuple(stage.crowd(AT_ONCE).all_succeeded().rate for _ in range(ROUNDS))


def _slow(stack: Stack) -> None:
    fault = {"action": "delay", "seconds": CALL_SECONDS, "match": {}}
    for url in (stack.aws.url, *stack.clusters.urls().values()):
        httpx.post(f"{url}/_devstack/faults", json=fault).raise_for_status()
