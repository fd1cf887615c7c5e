"""What a worker process weighs after very many operations."""

from bench.figures import Figure, Section, Target
from bench.stage import UNLIMITED, BenchStage, running_stack

EARLY, LATE = 2_000, 10_000
AT_ONCE = 40


def measure() -> Section:
    """Some half an hour: each operation is the sign-up or the removal of a tenant of plan `echo`."""
    with running_stack(workers=1, settings=UNLIMITED) as stack, BenchStage(stack) as stage:
        weights: dict[int, float] = {}
        done = 0
        while done < LATE:
            done += stage.lives(AT_ONCE)
            for mark in (EARLY, LATE):
                if done >= mark:
                    weights.setdefault(mark, stack.memory()["worker-1"] / 2**20)
    return Section(
        "A worker that grows old",
        [
            Figure("worker-early", f"worker after {EARLY:,} operations", "", "MiB", (weights[EARLY],)),
            Figure("worker-late", f"worker after {LATE:,} operations", "", "MiB", (weights[LATE],)),
            Figure(
                "worker-age",
                f"worker after {LATE:,} operations",
                f"after {EARLY:,}",
                "times",
                (weights[LATE] / weights[EARLY],),
                Target("≤", 1.1),
            ),
        ],
    )
