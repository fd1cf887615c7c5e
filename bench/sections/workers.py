"""One worker process and two, where what holds them up is the provider."""

from collections.abc import Mapping

import httpx

from bench.figures import Figure, Section, Target
from bench.stage import QUIET, BenchStage, running_stack
from devstack.stack import Stack

ROUNDS = 5
PLAN = "echo"
"""Of the small blueprint: of the large one, two processes make as many as two cores can make at all."""
UNDER_WAY = 36
"""More than two processes have slots for. So many ends are a round: each wave has then come round once."""
COUNT = UNDER_WAY * (ROUNDS + 2)
"""The first ends come late, and at the last ones nothing new begins: they do not count."""
CALL_SECONDS = 0.25
"""That each provider call takes."""
SLOTS = 10
SETTINGS: Mapping[str, str] = {**QUIET, "TENANTRY_WORKER_ACTIVITIES": str(SLOTS)}


def measure() -> Section:
    one, two = _rates(1), _rates(2)
    ratios = tuple(more / fewer for fewer, more in zip(one, two, strict=True))
    return Section(
        "Worker processes",
        [
            Figure("workers-1", f"sign-ups, {UNDER_WAY} under way, one process", "", "per s", one),
            Figure("workers-2", f"sign-ups, {UNDER_WAY} under way, two processes", "", "per s", two),
            Figure("workers", "two processes", "one", "times", ratios, Target("≥", 1.7)),
        ],
        [
            f"{SLOTS} activity slots a queue in each process; each provider call takes {CALL_SECONDS} s.",
            f"Plan {PLAN}, so that slots are the limit and not two cores; a round is {UNDER_WAY} ends.",
        ],
    )


def _rates(workers: int) -> tuple[float, ...]:
    with running_stack(workers=workers, settings=SETTINGS) as stack, BenchStage(stack) as stage:
        stage.warm_up()
        _slow(stack)
        return stage.stream(PLAN, COUNT, UNDER_WAY).all_succeeded().steady_rates(ROUNDS, UNDER_WAY)


def _slow(stack: Stack) -> None:
    fault = {"action": "delay", "seconds": CALL_SECONDS, "match": {}}
    for url in (stack.aws.url, *stack.clusters.urls().values()):
        httpx.post(f"{url}/_devstack/faults", json=fault).raise_for_status()
