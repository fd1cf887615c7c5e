"""A TCP proxy on loopback: while it is shut, what stands behind it cannot be reached and keeps its state."""

import asyncio
import contextlib
from urllib.parse import urlsplit

from devstack.processes import free_port

CHUNK_BYTES = 65_536
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Door:
    """Leads to one address: that of a URL, whatever its scheme."""

    def __init__(self, target: str) -> None:
        self._target = urlsplit(target)
        self._port = free_port()
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.StreamWriter] = set()

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def open(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._pass, "127.0.0.1", self._port)

    async def shut(self) -> None:
        """New connections are refused, those under way are cut."""
        if self._server is None:
            return
        self._server.close()
        for writer in self._passing:
            writer.transport.abort()
        await self._server.wait_closed()
        self._server = None

    async def converse(self, client: Line, server: Line) -> None:
        """Carries both ways until one end is done."""
        await asyncio.gather(self.carry(client[0], server[1]), self.carry(server[0], client[1]))

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK_BYTES):
                writer.write(chunk)
                await writer.drain()
        writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A connection that is cut is what this is for.
        with contextlib.suppress(OSError):
            target_reader, target_writer = await asyncio.open_connection(
                self._target.hostname, self._target.port
            )
            both = {writer, target_writer}
            self._passing |= both
            try:
                await self.converse((reader, writer), (target_reader, target_writer))
            finally:
                self._passing -= both
