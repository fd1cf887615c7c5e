"""Usage by age: months of events are made ahead and dropped, identities forgotten."""

from datetime import datetime

from sqlalchemy import Engine
from temporalio import activity

from domain.billing.events import LATEST, REMEMBERED
from domain.messages import UpkeepDone
from domain.metering.hours import month_after, months
from runtime.clock import Clock
from store.usage_partitions import drop_months, ensure_months, forget_identities

AT_ONCE = 10_000
PORTIONS = 20
"""Of identities: a transaction each, so that whoever wants one of them waits for no more than that."""


class UsageUpkeep:
    def __init__(self, engine: Engine, clock: Clock, *, at_once: int = AT_ONCE) -> None:
        self._engine = engine
        self._clock = clock
        self._at_once = at_once

    @activity.defn(name="usage.keep")
    def keep(self) -> UpkeepDone:
        """All months, and some identities, the oldest first. Raises Unavailable, also while one is read."""
        now = self._clock.now()
        # Two months ahead: events that come while this does not run find theirs made.
        ensure_months(self._engine, months(now - LATEST, month_after(month_after(now))))
        return UpkeepDone(dropped=drop_months(self._engine, now)).model_copy(update=self._forget(now))

    def _forget(self, now: datetime) -> dict[str, object]:
        forgotten = last = 0
        for _ in range(PORTIONS):
            last = forget_identities(self._engine, now - REMEMBERED, self._at_once)
            forgotten += last
            if last < self._at_once:
                break
        return {"forgotten": forgotten, "more": last == self._at_once}
