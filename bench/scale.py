"""`python -m bench.scale`: whether Route 53 holds sign-ups up as docs/scale.md says. A simulation, on a clock
that jumps: what is told does not depend on the machine. `--table` prints the tables of that page.

Asserts nothing.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from activities.aws.dns import SPREADING_SECONDS
from activities.polling import spacing
from bench.scale_model import DRIFT_PER_MINUTE, HOURS, ROUTE53, burst_seconds, dns_calls, knee
from bench.scale_picture import picture
from bench.scale_route53 import Outcome, Stage, simulate
from bench.scale_tables import TABLES, table

CROWD = 600
LIMIT = ROUTE53["5/s"]
OFTEN_CALLS = 21
"""What a sign-up asks if it looks at its records as often as at other things."""


@dataclass(frozen=True)
class Part:
    title: str
    head: tuple[str, ...]
    rows: Iterator[tuple[str, ...]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--table", action="store_true", help="the tables of docs/scale.md, and no simulation")
    parser.add_argument("--picture", action="store_true", help="its picture, as SVG")
    options = parser.parse_args()
    if options.picture:
        print(picture(), end="")
        return 0
    if options.table:
        print("\n\n".join(f"{name}\n\n{tabled()}" for name, tabled in TABLES.items()))
        return 0
    for part in parts():
        print(f"{part.title}\n\n{table(part.head, part.rows)}\n", flush=True)
    return 0


def parts() -> Iterator[Part]:
    took = ("calls each", "refused", "p50", "p95")
    yield Part(
        "Sign-ups for an hour, evenly if not told; one account, 5 requests a second, two worker processes",
        ("sign-ups a second", "of the knee", "predicted", *took),
        steady(),
    )
    yield Part(
        f"{CROWD} sign-ups at once, by accounts; two worker processes",
        ("accounts", *(f"{name}: {what}" for name in ROUTE53 for what in ("at least", "simulated"))),
        accounts(),
    )
    yield Part(
        f"{CROWD} sign-ups at once in one account that takes 5 requests a second, by worker processes",
        ("processes", "at least", "simulated", "sign-ups a second", *took),
        processes(),
    )
    yield Part(
        f"A sign-up each 10 s in one account, while {CROWD} come at once in another; two worker processes",
        ("pace", "predicted", *took),
        neighbours(),
    )


def steady() -> Iterator[tuple[str, ...]]:
    alone, scanned = Stage(LIMIT), Stage(LIMIT, scanned_per_minute=DRIFT_PER_MINUTE)
    for share in (0.5, 0.8, 0.95, 1.2, 2.0):
        yield _steady(alone, share, dns_calls())
    for share in (0.5, 0.8):
        yield _steady(alone, share, dns_calls(), " at random", by_chance)
    for share in (0.5, 0.8):
        yield _steady(scanned, share, dns_calls(), " beside a scan")
    often = Stage(LIMIT, pause=lambda since: spacing(SPREADING_SECONDS, since).total_seconds())
    yield _steady(often, 0.8, OFTEN_CALLS, " with a look every 1.8 s")


def evenly(rate: float) -> list[float]:
    return [number / rate for number in range(round(rate * HOURS))]


def by_chance(rate: float) -> list[float]:
    chance = Random(1)
    return sorted(chance.uniform(0, HOURS) for _ in range(round(rate * HOURS)))


def _steady(
    stage: Stage, share: float, calls: int, remark: str = "", come: Callable[[float], list[float]] = evenly
) -> tuple[str, ...]:
    """`share` is of what an account carries that nothing else asks, as the engine is."""
    rate = share * knee(LIMIT)
    outcome = simulate(stage, come(rate))
    of_knee = rate / knee(stage.limit, stage.scanned_per_minute, calls)
    predicted = f"{calls} calls, none refused" if of_knee < 1 else "refusals"
    return (f"{rate:.2f}{remark}", f"{of_knee:.2f}", predicted, *_took(outcome))


def accounts() -> Iterator[tuple[str, ...]]:
    for count in (1, 2, 4, 8):
        cells = [str(count)]
        for limit in ROUTE53.values():
            outcome = simulate(Stage(limit, accounts=count), [0.0] * CROWD)
            cells += [f"{burst_seconds(limit, CROWD // count):.0f} s", f"{outcome.ended:.0f} s"]
        yield tuple(cells)


def processes() -> Iterator[tuple[str, ...]]:
    least = f"{burst_seconds(LIMIT, CROWD):.0f} s"
    for count in (1, 2, 4, 6, 8):
        outcome = simulate(Stage(LIMIT, processes=count), [0.0] * CROWD)
        yield (str(count), least, f"{outcome.ended:.0f} s", f"{outcome.per_second:.2f}", *_took(outcome))


def neighbours() -> Iterator[tuple[str, ...]]:
    beside = [10.0 * number for number in range(60)]
    for own in (False, True):
        outcome = simulate(Stage(LIMIT, pace_for_each_account=own), [0.0] * CROWD, beside)
        how = "one for each account" if own else "one for all, as now"
        yield (how, "as alone" if own else "slower", *_took(outcome))


def _took(outcome: Outcome) -> tuple[str, ...]:
    return (
        f"{outcome.calls:.1f}",
        f"{outcome.refusals:.0%}",
        f"{outcome.percentile(50):.0f} s",
        f"{outcome.percentile(95):.0f} s",
    )


if __name__ == "__main__":
    sys.exit(main())
