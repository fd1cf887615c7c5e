"""A process with a ground of its own that plays the cases it is told, one after the other."""

import asyncio
import os
import signal
import sys
import traceback
from multiprocessing.connection import Connection
from pathlib import Path

from devstack.processes import StartError
from devstack.state import RunFolder
from runtime.logging import configure_logging
from tests.chaos.ground import Ground
from tests.chaos.matrix import CASE
from tests.chaos.play import play

CASES_PER_GROUND = 60
"""What active tenants leave behind makes each listing slower."""
START_FAILURES = 3


def main(orders: Connection, home: Path) -> None:
    """Plays until it is told None, or until who told it is gone. Sends each result; BROKEN if it cannot."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        asyncio.run(_serve(orders, home))
    except Exception as error:  # noqa: BLE001 - told to who waits for a result
        orders.send("".join(traceback.format_exception_only(error)))


async def _serve(orders: Connection, home: Path) -> None:
    more, failures = True, 0
    while more:
        folder = RunFolder(home).make()
        try:
            _write_to(folder.path / "lane.log")
            async with Ground(folder.path) as ground:
                configure_logging(ground.stage.settings)
                more = await _play_on(ground, orders)
        except StartError:
            # Another program may have taken a port between our look and the server's bind.
            failures += 1
            if failures > START_FAILURES:
                raise
        finally:
            folder.close()


async def _play_on(ground: Ground, orders: Connection) -> bool:
    """Whether to go on with a fresh ground: after many cases, or one that may have left a mess."""
    for _ in range(CASES_PER_GROUND):
        name = await asyncio.to_thread(_next, orders)
        if name is None:
            return False
        result = await play(ground, CASE[name])
        orders.send(result)
        if not result.well:
            break
    return True


def _next(orders: Connection) -> str | None:
    try:
        found: str | None = orders.recv()
    except EOFError:
        return None
    return found


def _write_to(log: Path) -> None:
    """The API of the ground lives in this process, so its log lines are this process's output."""
    with log.open("ab") as output:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(output.fileno(), stream.fileno())
