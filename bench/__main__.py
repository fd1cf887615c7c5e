"""`make bench`: how fast a sign-up is, how many run at once, what the stack weighs, how fast usage comes in
and invoices go out.

Asserts nothing.
"""

import argparse
import json
import statistics
import sys
import time
from dataclasses import asdict, dataclass

from bench import closing
from bench.stage import REGIONS, BenchStage, running_stack
from bench.usage import rounds

USAGE_ROUNDS = 3
USAGE_BATCHES = 100
USAGE_TENANTS = 20
FEW_CLOSED, MANY_CLOSED = 1_000, 10_000
FLAT_MIB = 16
"""What a closing run may grow by between its first page and its last."""


@dataclass(frozen=True)
class Figure:
    """One line of the result."""

    what: str
    value: float
    unit: str
    target: str
    met: bool


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--signups", type=int, default=15, help="sign-ups measured one after another")
    parser.add_argument("--burst", type=int, default=40, help="sign-ups asked for at once")
    options = parser.parse_args()
    figures = [*measure(options.signups, options.burst), *measure_usage()]
    figures += measure_closing(FEW_CLOSED, MANY_CLOSED)
    if options.json:
        print(json.dumps([asdict(figure) for figure in figures], indent=2))
    else:
        show(figures)
    return 0


def measure(signups: int, burst: int) -> list[Figure]:
    say("starting the stack")
    began = time.monotonic()
    with running_stack() as stack:
        started = time.monotonic() - began
        memory = sum(stack.memory().values()) / 2**20
        with BenchStage(stack) as stage:
            say("warming up")
            for region in REGIONS:
                stage.signup("team", region)
            say(f"{signups} sign-ups one after another")
            seconds = [stage.signup("team", "us-east-1").seconds for _ in range(signups)]
            actions = stage.actions_of_last_signup()
            say(f"{burst} sign-ups at once")
            rate, failed = stage.burst(burst)
    median = statistics.median(seconds)
    return [
        Figure("stack start", started, "s", "<= 10", started <= 10),
        Figure("stack at rest, resident", memory, "MiB", "<= 1229", memory <= 1229),
        Figure("sign-up, POST to active, p50", median, "s", "<= 1.0", median <= 1.0),
        Figure("sign-up, slowest", max(seconds), "s", "", True),
        Figure(f"{burst} sign-ups at once", rate, "per s", ">= 3", rate >= 3),
        Figure(f"failed among {burst}", failed, "", "0", failed == 0),
        Figure("Temporal Actions of a sign-up", actions, "", "<= 30", actions <= 30),
    ]


def measure_usage() -> list[Figure]:
    say("usage over HTTP, beside the least that PostgreSQL could do")
    played = list(rounds(USAGE_ROUNDS, USAGE_BATCHES, USAGE_TENANTS))
    rate = statistics.median(1e6 / one.sent.clock for one in played)
    share = statistics.median(one.share for one in played)
    month = statistics.median(one.month_millis for one in played)
    return [
        Figure("events over HTTP, batches of 500", rate, "per s", ">= 30000", rate >= 30_000),
        Figure("of COPY and INSERT, ready-made", share, "times", ">= 0.35", share >= 0.35),
        Figure("a month's usage of one tenant", month, "ms", "<= 20", month <= 20),
    ]


def measure_closing(fewer: int, more: int) -> list[Figure]:
    say(f"closing runs over {fewer} and {more} tenants with three meters each")
    few, many = closing.measure(fewer), closing.measure(more)
    cost, grown = few.rate / many.rate, many.memory_end - many.memory_begin
    return [
        Figure(f"invoices, {more} tenants", many.rate, "per s", ">= 150", many.rate >= 150),
        Figure(f"cost of one beside {fewer} tenants", cost, "times", "<= 1.2", cost <= 1.2),
        Figure("memory from first page to last", grown, "MiB", f"<= {FLAT_MIB}", grown <= FLAT_MIB),
    ]


def show(figures: list[Figure]) -> None:
    for figure in figures:
        mark = "" if not figure.target else "ok" if figure.met else "MISSED"
        print(f"{figure.what:34} {figure.value:8.2f} {figure.unit:6} {figure.target:8} {mark}")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
