"""What every peer that signs tenants up has in common: its arguments, its check, its one line of JSON."""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.peers import counting
from bench.peers.checking import NotMade, check, providers_for
from bench.peers.endpoints import Endpoints, read
from bench.peers.tenants import REGIONS, Json, make_tenants
from devstack.processes import StartError

WARMING_ROUNDS = 2
"""Through each region; the bench of our own sign-ups makes one."""


class PeerFailed(Exception):
    """Says why, in words for whoever runs the bench."""


@dataclass(frozen=True)
class Played:
    """What a peer measured of itself, with its processes up and its clients made."""

    wall_seconds: float
    each_seconds: list[float]
    """From when a tenant was asked for, or its turn came, until it could be used."""
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    endpoints: Endpoints
    tenants: list[Json]
    warming: list[Json]
    """Tenants to be made before the clock starts, by peers that keep their processes."""
    parallel: int
    folder: Path
    """For files of this run only."""

    def begin(self) -> float:
        """The moment from which calls are counted and time is measured."""
        counting.begin(self.endpoints)
        return time.monotonic()

    def since(self, began: float) -> float:
        return time.monotonic() - began


Play = Callable[[Job], Played]


def run(
    peer: str,
    version: Callable[[], str],
    play: Play,
    about: str | None,
    *,
    makes_tenants: bool = True,
) -> int:
    """A peer's whole program; its exit code. One that makes no tenants checks its work itself."""
    parser = argparse.ArgumentParser(prog=f"python -m bench.peers.{peer}", description=about)
    parser.add_argument("--stack", type=Path, required=True, help="file of `python -m bench.peers.endpoints`")
    parser.add_argument("--tenants", type=_positive, default=4)
    parser.add_argument("--parallel", type=_positive, default=4, help="tenants under way at once")
    parser.add_argument(
        "--check",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="look at what was made; its calls cost no time, but processors (default: yes)",
    )
    options = parser.parse_args()
    endpoints = read(options.stack)
    tenants = make_tenants(options.tenants)
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        used = REGIONS[: options.tenants]
        warming = make_tenants(WARMING_ROUNDS * len(used), used)
        job = Job(endpoints, tenants, warming, options.parallel, Path(folder))
        try:
            played = play(job)
            calls = counting.counted(endpoints)
            if makes_tenants and options.check:
                _check(job)
            shown = version()
        except (PeerFailed, NotMade, StartError) as error:
            print(f"error: {peer}: {error}", file=sys.stderr)
            return 1
        except Exception as error:  # noqa: BLE001 - whichever of the libraries raises it, the peer failed
            print(f"error: {peer}: {type(error).__name__}: {error}", file=sys.stderr)
            return 1
    show(peer, shown, played, calls, tenants=len(tenants), parallel=options.parallel)
    return 0


def show(
    peer: str, version: str, played: Played, calls: dict[str, int], *, tenants: int, parallel: int
) -> None:
    line = {
        "peer": peer,
        "version": version,
        "tenants": tenants,
        "parallel": parallel,
        "wall_seconds": round(played.wall_seconds, 4),
        "each_seconds": [round(seconds, 4) for seconds in played.each_seconds],
        "provider_calls": calls,
        **played.more,
    }
    print(json.dumps(line), flush=True)


def _check(job: Job) -> None:
    providers = providers_for(asdict(job.endpoints), job.tenants, job.folder)
    for tenant in job.tenants:
        check(providers, tenant)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
