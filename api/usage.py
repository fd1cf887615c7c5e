"""Taking usage: a token, a body, and what became of each event. Blocks; run in threads of its own."""

from collections.abc import Mapping
from dataclasses import dataclass

import anyio
import anyio.to_thread
from sqlalchemy import Engine

from domain.bearer import is_of
from domain.metering.cloud_events import Parsed, read_events
from domain.metering.meters import Meter, dials
from domain.metering.refusals import RefusalCode, Refused
from runtime.clock import Clock
from store.usage_ingest import Ingested, Ingestion
from store.usage_read import UsageReader
from store.usage_tokens import hash_of

CONFLICT = (
    "another event of this source and id was stored before, and stays: give each event an id of its own"
)


class WrongToken(Exception):
    """It is not the tenant's; the message says why it cannot be."""


@dataclass(frozen=True)
class Taken:
    inserted: int
    duplicates: int
    refused: list[Refused]
    """In the order of the batch."""


class UsageDesk:
    """`at_once` batches are stored side by side; others wait, so that connections are left for all else."""

    def __init__(self, engine: Engine, clock: Clock, meters: Mapping[str, Meter], at_once: int) -> None:
        self.meters = meters
        self.reader = UsageReader(engine, clock)
        self._engine = engine
        self._clock = clock
        self._dials = dials(meters.values())
        self._ingestion = Ingestion(engine, clock)
        self._at_once = anyio.CapacityLimiter(at_once)

    async def take(self, tenant_id: str, token: str, body: bytes) -> Taken:
        """Raises WrongToken, NotEvents; Unavailable, after which the same body may be sent again."""
        return await anyio.to_thread.run_sync(self._take, tenant_id, token, body, limiter=self._at_once)

    def _take(self, tenant_id: str, token: str, body: bytes) -> Taken:
        stored = hash_of(self._engine, tenant_id)
        if stored is None:
            raise WrongToken(f"Tenant {tenant_id} has no token: it is gone, or its sign-up is not so far.")
        if not is_of(token, stored):
            raise WrongToken(f"This is not the token that tenant {tenant_id} has now.")
        parsed = read_events(body, self._dials, self._clock.now())
        return _taken(parsed, self._ingestion.ingest(tenant_id, parsed.events))


def _taken(parsed: Parsed, stored: Ingested) -> Taken:
    refused = parsed.refused
    if stored.conflicts:
        conflicts = set(stored.conflicts)
        refused = sorted(
            refused
            + [
                Refused(event.position, event.source, event.id, RefusalCode.CONFLICT, CONFLICT)
                for event in parsed.events
                if event.position in conflicts
            ]
        )
    return Taken(len(stored.inserted), len(stored.duplicates), refused)
