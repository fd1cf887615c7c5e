"""A request that meets an operation whose run was lost starts the recovery; it waits for no schedule."""

import anyio.to_thread
from sqlalchemy import Engine

from activities.recovery import Recovery
from api.problems import away
from api.temporal_errors import temporal_errors
from domain.errors import Unavailable
from store.recovery import held_tenant


class Revival:
    """One per process."""

    def __init__(self, engine: Engine, recovery: Recovery) -> None:
        self._engine = engine
        self._recovery = recovery

    async def of(self, tenant_id: str) -> bool:
        """Whether the operation that holds the tenant has an open run, which is started if it was lost.

        False: nothing holds the tenant. Raises ApiProblem.
        """
        held = await anyio.to_thread.run_sync(held_tenant, self._engine, tenant_id)
        if held is None:
            return False
        try:
            with temporal_errors():
                await self._recovery.recover(held)
        except Unavailable as error:
            raise away("Temporal") from error
        return True
