"""Connections to public addresses only, whatever a name led to when somebody looked before."""

import asyncio
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

import httpcore

from domain.webhooks.addresses import Address, reachable

_TRIED = 3
"""Addresses of one name."""
_LOOKED_UP_AT_ONCE = 32


class NotPublic(httpcore.ConnectError):
    """The name leads to no address that webhooks may be sent to."""


class PublicNetwork(httpcore.AsyncNetworkBackend):
    """Looks a name up once, and connects to addresses that it has looked at.

    Above it TLS still goes by the name.
    """

    def __init__(self, *, loopback: bool) -> None:
        self._loopback = loopback
        self._inner = httpcore.AnyIOBackend()
        # Threads of its own: a name server that is slow for one endpoint must not keep those of the database.
        self._names = ThreadPoolExecutor(_LOOKED_UP_AT_ONCE, thread_name_prefix="names")

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failed: Exception = NotPublic("its name leads to no public address")
        for address in await self._addresses(host, port, timeout):
            try:
                return await self._inner.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)

    async def _addresses(self, host: str, port: int, patience: float | None) -> list[Address]:
        try:
            async with asyncio.timeout(patience):
                found = await asyncio.get_running_loop().run_in_executor(self._names, _looked_up, host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("its name was not found in time") from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("its name is not found") from error
        return [one for one in found if reachable(one, loopback=self._loopback)][:_TRIED]


def _looked_up(host: str, port: int) -> list[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ip_address(str(where[0]).partition("%")[0]) for *_, where in found]
