"""What is kept for a time: months of usage are made and dropped; identities, keys, webhooks forgotten.

And a checkpoint of the audit log, told to the logs as often.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine
from temporalio import activity

from domain.billing.events import LATEST, REMEMBERED
from domain.messages import UpkeepDone
from domain.metering.hours import month_after, months
from domain.webhooks.retries import KEPT
from runtime.clock import Clock
from store.audit import tell_head
from store.idempotency import KEPT as KEYS_KEPT
from store.idempotency import forget_keys
from store.usage_partitions import drop_months, ensure_months, forget_identities
from store.webhooks.upkeep import forget_events

AT_ONCE = 10_000
PORTIONS = 20
"""Of what is forgotten: a transaction each, so that whoever wants one of them waits for no more than that."""


class UsageUpkeep:
    def __init__(self, engine: Engine, clock: Clock, *, at_once: int = AT_ONCE) -> None:
        self._engine = engine
        self._clock = clock
        self._at_once = at_once

    @activity.defn(name="usage.keep")
    def keep(self) -> UpkeepDone:
        """All months, and some identities, the oldest first. Raises Unavailable, also while one is read."""
        now = self._clock.now()
        tell_head(self._engine)
        # Two months ahead: events that come while this does not run find theirs made.
        ensure_months(self._engine, months(now - LATEST, month_after(month_after(now))))
        self._forget_some(forget_keys, now - KEYS_KEPT)
        self._forget_some(forget_events, now - KEPT)
        return UpkeepDone(dropped=drop_months(self._engine, now)).model_copy(update=self._forget(now))

    def _forget_some(self, forget: Callable[[Engine, datetime, int], int], before: datetime) -> None:
        for _ in range(PORTIONS):
            if forget(self._engine, before, self._at_once) < self._at_once:
                return

    def _forget(self, now: datetime) -> dict[str, object]:
        forgotten = last = 0
        for _ in range(PORTIONS):
            last = forget_identities(self._engine, now - REMEMBERED, self._at_once)
            forgotten += last
            if last < self._at_once:
                break
        return {"forgotten": forgotten, "more": last == self._at_once}
