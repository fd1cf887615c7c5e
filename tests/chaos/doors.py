"""TCP proxies that can do more than shut: stay silent, or swallow the answer to one commit."""

import asyncio
import contextlib

from tests.outages.door import CHUNK_BYTES, Door, Line

COMMIT = b"COMMIT"


class SilentDoor(Door):
    """Also stands for a network that drops packets: connections stay open and nothing comes through."""

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self._talks = asyncio.Event()
        self._talks.set()

    def fall_silent(self) -> None:
        self._talks.clear()

    async def shut(self) -> None:
        self._talks.set()
        await super().shut()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK_BYTES):
                await self._talks.wait()
                writer.write(chunk)
                await writer.drain()
        writer.close()


class DatabaseDoor(Door):
    """Before PostgreSQL: can let a commit through and cut the connection before its answer."""

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self._losing = False
        self.lost = asyncio.Event()
        """Set when an answer was swallowed."""

    def lose_next_commit(self) -> None:
        self.lost.clear()
        self._losing = True

    async def converse(
        self,
        client: Line,
        server: Line,
    ) -> None:
        swallowing = asyncio.Event()

        async def ask() -> None:
            with contextlib.suppress(OSError):
                while chunk := await client[0].read(CHUNK_BYTES):
                    if self._losing and COMMIT in chunk:
                        self._losing = False
                        swallowing.set()
                    server[1].write(chunk)
                    await server[1].drain()
            server[1].close()

        async def answer() -> None:
            with contextlib.suppress(OSError):
                while chunk := await server[0].read(CHUNK_BYTES):
                    if swallowing.is_set():
                        # The server has answered, so the commit is done.
                        self.lost.set()
                        client[1].transport.abort()
                        break
                    client[1].write(chunk)
                    await client[1].drain()
            client[1].close()

        await asyncio.gather(ask(), answer())
