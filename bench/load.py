"""A steady load on an API, by one client with some connections."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import aiohttp

from bench.peers.pace import paced

CONNECTIONS = 32


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, object] | None = None


async def asked(url: str, calls: Sequence[Call], per_second: float) -> list[float]:
    """Milliseconds of each call. Raises RuntimeError for an answer that is no success."""
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(url, connector=connector) as session:

        async def send(number: int) -> None:
            call = calls[number]
            async with session.request(
                call.method, call.path, headers=call.headers, json=call.body
            ) as answer:
                text = await answer.text()
                if not answer.ok:
                    raise RuntimeError(f"{call.method} {call.path}: {answer.status} {text[:200]}")

        seconds = await paced(send, per_second, len(calls) / per_second)
    return [1000 * one for one in seconds]
