"""Waiting for a condition in another process: never for a time."""

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE_SECONDS = 30
POLL_SECONDS = 0.05


class NotSeen(Exception):
    """What was waited for did not come in time."""


async def until(
    condition: Callable[[], Awaitable[bool]],
    what: str,
    *,
    patience: float = PATIENCE_SECONDS,
    every: float = POLL_SECONDS,
) -> None:
    """Returns when the condition holds; raises NotSeen after `patience` seconds."""
    try:
        async with asyncio.timeout(patience):
            while not await condition():  # noqa: ASYNC110 - it is in another process
                await asyncio.sleep(every)
    except TimeoutError:
        raise NotSeen(f"{what}: not seen within {patience:.0f} s") from None
