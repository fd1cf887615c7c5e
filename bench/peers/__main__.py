"""`python -m bench.peers`: our own sign-ups and every peer once, side by side on one stack."""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.peers.counting import totals
from bench.peers.driver import PeerFailed
from bench.peers.endpoints import Endpoints, endpoints_of, write
from bench.peers.play import Line, play_ours, play_peer
from bench.peers.tenants import PLAN, REGIONS
from bench.stage import QUIET, BenchStage, running_stack

HEADER = ("who", "tenants", "at once", "per second", "each, median s", "AWS calls", "Kubernetes calls")
FORM = "{:16} {:>7} {:>7} {:>10} {:>14} {:>9} {:>16}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    parser.add_argument("--signups", type=int, default=10, help="sign-ups measured one after another")
    parser.add_argument("--burst", type=int, default=40, help="sign-ups asked for at once")
    parser.add_argument("--ansible", type=int, default=4, help="tenants of Ansible, all at once")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="peers-") as folder, running_stack(settings=QUIET) as stack:
        file, endpoints = Path(folder) / "stack.json", endpoints_of(stack)
        write(endpoints, file)
        with BenchStage(stack) as stage:
            for region in REGIONS:
                stage.signup(PLAN, region)
            try:
                shown = list(_played(stage, endpoints, file, options.signups, options.burst, options.ansible))
            except PeerFailed as error:
                print(error, file=sys.stderr)
                return 1
    for version in dict.fromkeys(line["version"] for line in shown if line["version"]):
        print(version)
    return 0


def _played(
    stage: BenchStage, endpoints: Endpoints, file: Path, signups: int, burst: int, ansible: int
) -> Iterator[Line]:
    """Each is shown as soon as it is there."""
    plays: list[Callable[[], Line]] = [
        lambda: play_ours(stage, endpoints, signups, at_once=False),
        lambda: play_peer("script", file, tenants=signups, parallel=1),
        lambda: play_ours(stage, endpoints, burst, at_once=True),
        lambda: play_peer("empty_workflows", file, tenants=burst, parallel=burst),
        lambda: play_peer("dbos_signup", file, tenants=burst, parallel=burst),
        lambda: play_ours(stage, endpoints, ansible, at_once=True),
        lambda: play_peer("ansible_signups", file, tenants=ansible, parallel=ansible),
    ]
    # First: what a stack with many tenants looks after by itself would be in its way.
    route = play_peer("empty_route", file)
    print(f"an empty route, 100 requests a second: p99 {1000 * route['p99_seconds']:.1f} ms", flush=True)
    yield route
    print(FORM.format(*HEADER), flush=True)
    for play in plays:
        line = play()
        print(FORM.format(*_row(line)), flush=True)
        yield line


def _row(line: Line) -> tuple[object, ...]:
    """Calls are those of one tenant."""
    count, each = line["tenants"], line["each_seconds"]
    calls = totals(line["provider_calls"])
    kubernetes = calls.pop("kubernetes", 0)
    median = f"{statistics.median(each):.3f}" if each else ""
    rate = f"{count / line['wall_seconds']:.2f}"
    aws = sum(calls.values())
    return line["peer"], count, line["parallel"], rate, median, f"{aws / count:g}", f"{kubernetes / count:g}"


if __name__ == "__main__":
    sys.exit(main())
