"""The development stack itself: how soon it is there, and what it weighs."""

import time

from bench.figures import Figure, Section, Target
from bench.stage import running_stack

ROUNDS = 5


def measure() -> Section:
    seconds: list[float] = []
    weights: list[float] = []
    for _ in range(ROUNDS):
        began = time.monotonic()
        with running_stack() as stack:
            seconds.append(time.monotonic() - began)
            weights.append(sum(stack.memory().values()) / 2**20)
    return Section(
        "The stack",
        [
            Figure("stack-start", "start of everything", "", "s", tuple(seconds), Target("≤", 10)),
            Figure("stack-memory", "resident, at rest", "", "MiB", tuple(weights), Target("≤", 1229)),
        ],
    )
