"""What a sign-up takes of the processors, by kind of process, beside the peers."""

import os
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import psutil

from bench.peers.endpoints import endpoints_of, write
from bench.peers.play import play_peer
from bench.stage import BenchStage
from devstack.stack import Stack

AT_ONCE, MANY = 40, 120
LOOK_SECONDS = 8.0
PEERS = ("script", "empty_workflows", "dbos_signup")
STARTED = "the peer"


def tell_processors(stack: Stack, stage: BenchStage) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        file = Path(folder) / "stack.json"
        write(endpoints_of(stack), file)

        def played(peer: str) -> Mapping[str, float]:
            # What a peer takes for its start is in both; the look at what it made is left out.
            few, many = (
                processor_seconds(
                    stack, partial(play_peer, peer, file, "--no-check", tenants=count, parallel=AT_ONCE)
                )
                for count in (AT_ONCE, MANY)
            )
            return {name: (many[name] - few[name]) / (MANY - AT_ONCE) for name in many}

        def ours() -> Mapping[str, float]:
            spent = processor_seconds(stack, partial(stage.crowd, AT_ONCE, poll_seconds=LOOK_SECONDS))
            return {name: seconds / AT_ONCE for name, seconds in spent.items()}

        columns = {"ours": ours(), **{peer: played(peer) for peer in PEERS}}
    print(f"\nprocessor time of one sign-up, {AT_ONCE} at once, ms")
    print(f"{'':12}{''.join(f'{name:>18}' for name in columns)}")
    for kind in columns["ours"]:
        print(f"{kind:12}{''.join(f'{1000 * spent[kind]:18.0f}' for spent in columns.values())}")
    print(f"{'together':12}{''.join(f'{1000 * sum(spent.values()):18.0f}' for spent in columns.values())}")


def processor_seconds(stack: Stack, call: Callable[[], object]) -> Mapping[str, float]:
    """What each kind of the stack's processes takes during the call, and what was started for it."""
    before = _spent(stack)
    call()
    after = _spent(stack)
    found: dict[str, float] = {}
    for name, seconds in after.items():
        kind = name.rstrip("0123456789").rstrip("-")
        found[kind] = found.get(kind, 0.0) + seconds - before[name]
    return found


def _spent(stack: Stack) -> dict[str, float]:
    ended = os.times()
    found = {process.name: _of_all(psutil.Process(process.pid)) for process in stack.processes()}
    return {**found, STARTED: ended.children_user + ended.children_system}


def _of_all(process: psutil.Process) -> float:
    """With its children, and with those of them that have ended."""
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(one.user + one.system + one.children_user + one.children_system for one in times)
