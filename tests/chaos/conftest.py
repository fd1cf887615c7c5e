"""One ground per test process, made anew after a case that may have left a mess."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.chaos.ground import Ground
from tests.chaos.matrix import CASE
from tests.chaos.play import Result, play


class Grounds:
    """Plays cases one after the other."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._made = 0
        self._ground: Ground | None = None
        self._open = AsyncExitStack()

    async def play(self, case: str) -> Result:
        result = await play(await self.ground(), CASE[case])
        if not result.well:
            await self.close()
        return result

    async def ground(self) -> Ground:
        if self._ground is None:
            self._made += 1
            folder = self._home / str(self._made)
            folder.mkdir()
            self._ground = await self._open.enter_async_context(Ground(folder))
        return self._ground

    async def close(self) -> None:
        self._ground = None
        await self._open.aclose()


@pytest.fixture(scope="session")
async def grounds(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Grounds]:
    made = Grounds(tmp_path_factory.mktemp("chaos"))
    yield made
    await made.close()
