"""Requests at a steady rate, however long each takes."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence


async def paced(send: Callable[[int], Awaitable[None]], rate: float, seconds: float) -> list[float]:
    """Seconds of each, from the moment at which it was due: a late start counts, as it does for a client."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def one(number: int) -> float:
        due = began + number / rate
        await asyncio.sleep(due - loop.time())
        await send(number)
        return loop.time() - due

    return await asyncio.gather(*map(one, range(int(rate * seconds))))


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
