"""`make noisy`: 200 sign-ups at once on a noisy day. Exit code 1 if anything did not end as it may."""

import argparse
import asyncio
import os
import sys

from rich.console import Console
from rich.table import Table

from bench.stage import running_stack
from tests.noisy.day import STORMY_SERVICE, Day, Part, Storm
from tests.noisy.judge import verdict

AUDITED = 20


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.noisy", description=__doc__)
    parser.add_argument("--signups", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7, help="which calls are struck")
    options = parser.parse_args()
    os.environ.update(AWS_ACCESS_KEY_ID="tests", AWS_SECRET_ACCESS_KEY="tests")
    with running_stack() as stack:
        return asyncio.run(_play(Day(stack, options.seed), options.signups))


async def _play(day: Day, count: int) -> int:
    say(f"{count} sign-ups at once, nothing goes wrong")
    quiet = await day.quiet(count)
    say(f"{count} sign-ups at once; of four in five 5 % of calls throttled, 1 % without an answer")
    noisy = await day.noisy(count)
    say(f"{count // 4} sign-ups at once, {STORMY_SERVICE} refuses everything for 40 s")
    storm = await day.storm(count // 4, windows=8, seconds=5)
    audited = [signup.tenant_id for signup in noisy.crowd.ended[:AUDITED]]
    incomplete = await day.incomplete(audited)
    await day.close()
    _show(quiet, noisy, storm)
    problems = verdict(quiet, noisy, storm)
    problems += [f"tenant {tenant} is incomplete or has something twice" for tenant in incomplete]
    for problem in problems:
        say(f"FAILED {problem}")
    return 1 if problems else 0


def _show(quiet: Part, noisy: Part, storm: Storm) -> None:
    table = Table("", "quiet", "noisy", title=f"{len(noisy.crowd.ended)} sign-ups at once")
    table.add_row("converged", str(quiet.crowd.converged), str(noisy.crowd.converged))
    for name, percent in (("p50, s", 50), ("p90, s", 90), ("last, s", 100)):
        table.add_row(name, f"{quiet.crowd.seconds(percent):.1f}", f"{noisy.crowd.seconds(percent):.1f}")
    for name, percent in (("spared tenants, p50, s", 50), ("p90, s", 90), ("last, s", 100)):
        seconds = [f"{part.crowd.seconds(percent, part.spared):.1f}" for part in (quiet, noisy)]
        table.add_row(name, *seconds)
    table.add_row("AWS calls", str(len(quiet.calls.aws)), str(len(noisy.calls.aws)))
    table.add_row("Kubernetes calls", str(quiet.calls.clusters), str(noisy.calls.clusters))
    table.add_row("AWS calls throttled", str(quiet.calls.throttled), str(noisy.calls.throttled))
    table.add_row("AWS answers lost", str(quiet.calls.lost), str(noisy.calls.lost))
    per_minute = [str(round(calls * 60 / storm.seconds)) for calls in storm.windows]
    calls = Table("seconds", *(f"{i * storm.seconds:.0f}" for i in range(len(per_minute))))
    calls.title = f"{STORMY_SERVICE} refuses everything: calls a minute"
    calls.add_row("calls", *per_minute)
    console = Console()
    console.print(table)
    console.print(calls)


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
