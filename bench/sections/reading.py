"""How long the API takes to answer while it is asked at a steady pace, beside a route that does nothing."""

import asyncio

from bench.figures import Figure, Section, Target
from bench.load import Call, asked
from bench.peers.empty_route import serving
from bench.peers.endpoints import endpoints_of
from bench.peers.pace import percentile
from bench.stage import QUIET, UNLIMITED, BenchStage, running_stack

ROUNDS = 5
SECONDS = 20
PER_SECOND = 100
REPEATS_IN = 50
"""One request in so many repeats a change under its key; the others read."""
TENANTS = 5


def measure() -> Section:
    ours: list[float] = []
    empty: list[float] = []
    with (
        running_stack(settings={**QUIET, **UNLIMITED}) as stack,
        BenchStage(stack) as stage,
        serving(endpoints_of(stack)) as url,
    ):
        stage.warm_up()
        calls = stage.mixed_calls(TENANTS, PER_SECOND * SECONDS, REPEATS_IN)
        nothing = [Call("GET", "/")] * len(calls)
        asyncio.run(asked(stack.addresses["api"], calls, PER_SECOND))
        for _ in range(ROUNDS):
            empty.append(percentile(asyncio.run(asked(url, nothing, PER_SECOND)), 99))
            ours.append(percentile(asyncio.run(asked(stack.addresses["api"], calls, PER_SECOND)), 99))
    return Section(
        "The API under a steady load",
        [
            Figure("api-p99", "API, p99", "", "ms", tuple(ours)),
            Figure("empty-p99", "an empty FastAPI route, p99", "", "ms", tuple(empty)),
            Figure(
                "api-more",
                "the API's more",
                "an empty FastAPI route",
                "ms",
                tuple(one - other for one, other in zip(ours, empty, strict=True)),
                Target("≤", 30),
            ),
        ],
        [
            f"{PER_SECOND} requests a second for {SECONDS} s, each timed from the moment when it was due.",
            "The limit of requests for each key is lifted, and schedules rest.",
            f"One in {REPEATS_IN} repeats a change; the others read tenants, a list, an operation, plans.",
        ],
    )
