"""What is due: taken for a while, so that a killed worker's attempt is made again by another."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, text

from domain.errors import capped
from domain.webhooks.retries import DISABLED_AFTER, next_try, rest_until
from runtime.clock import Clock
from store.engine import transaction
from store.tables import DeliveryState, WebhookDeliveryRow, WebhookRow

TAKEN_FOR = timedelta(minutes=1)
"""Longer than an attempt can last."""

_DUE = text(
    """
SELECT id FROM webhook
 WHERE removed_at IS NULL AND disabled_at IS NULL AND (resting_until IS NULL OR resting_until <= :now)
   AND EXISTS (SELECT FROM webhook_delivery WHERE webhook_id = webhook.id AND next_at <= :now)"""
)
_TAKE = text(
    """
WITH due AS (
    SELECT delivery.webhook_id, delivery.event_id FROM webhook_delivery AS delivery
     WHERE delivery.webhook_id = :webhook AND delivery.next_at <= :now
     ORDER BY delivery.next_at, delivery.at LIMIT :most FOR UPDATE SKIP LOCKED
)
UPDATE webhook_delivery AS delivery SET attempts = attempts + 1, next_at = :until, last_at = :now
  FROM due JOIN webhook_event AS event ON event.id = due.event_id
 WHERE delivery.webhook_id = due.webhook_id AND delivery.event_id = due.event_id
RETURNING event.id, event.type, event.at, event.data, delivery.attempts"""
)


@dataclass(frozen=True)
class Secret:
    """What a secret is made from."""

    key_id: str
    generation: int


@dataclass(frozen=True)
class Attempt:
    """One event that an endpoint is to be told now."""

    webhook_id: str
    event_id: str
    type: str
    at: datetime
    data: Mapping[str, Any]
    number: int


@dataclass(frozen=True)
class Round:
    """What an endpoint is told at once, and how."""

    webhook_id: str
    url: str
    secrets: tuple[Secret, ...]
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True)
class Outcome:
    """What an attempt came to: delivered if there is no problem."""

    status: int | None
    problem: str = ""
    gone: bool = False
    """The endpoint wants nothing any more."""
    wish: timedelta | None = None
    """After which it wants to be asked again."""


class Queue:
    """Raises Unavailable throughout."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def due(self) -> list[str]:
        """Endpoints that are to be told something now."""
        with transaction(self._engine) as session:
            return list(session.connection().execute(_DUE, {"now": self._clock.now()}).scalars())

    def take(self, webhook_id: str, most: int) -> Round | None:
        """The next deliveries of an endpoint; None if nothing of it is due."""
        now = self._clock.now()
        with transaction(self._engine) as session:
            row = session.get(WebhookRow, webhook_id)
            if row is None or not _asked(row, now):
                return None
            # One that fails is probed by a single delivery: the others keep their attempts.
            values = {
                "webhook": webhook_id,
                "most": 1 if row.failures else most,
                "now": now,
                "until": now + TAKEN_FOR,
            }
            found = session.connection().execute(_TAKE, values).all()
        attempts = tuple(Attempt(webhook_id, *one) for one in found)
        return Round(webhook_id, row.url, _secrets(row, now), attempts) if attempts else None

    def end(self, attempt: Attempt, outcome: Outcome) -> str:
        """Writes down what an attempt came to; why the endpoint was disabled by it, if it was."""
        now = self._clock.now()
        with transaction(self._engine) as session:
            # The endpoint first, as everybody does: two that wait for each other would wait for ever.
            webhook = session.get(WebhookRow, attempt.webhook_id, with_for_update={"key_share": True})
            delivery = session.get(
                WebhookDeliveryRow, (attempt.webhook_id, attempt.event_id), with_for_update=True
            )
            if webhook is None or delivery is None:
                return ""
            if delivery.attempts < attempt.number:
                # Replayed meanwhile: it is told once more, whatever came of this.
                return ""
            if not outcome.problem:
                _delivered(webhook, delivery, outcome, now)
            elif delivery.attempts == attempt.number and delivery.state is DeliveryState.PENDING:
                _failed(webhook, delivery, outcome, now)
            return webhook.disabled_because


def _asked(row: WebhookRow, now: datetime) -> bool:
    resting = row.resting_until is not None and row.resting_until > now
    return row.removed_at is None and row.disabled_at is None and not resting


def _secrets(row: WebhookRow, now: datetime) -> tuple[Secret, ...]:
    newest = Secret(row.key_id, row.generation)
    if row.earlier_key_id is None or row.earlier_until is None or row.earlier_until <= now:
        return (newest,)
    return newest, Secret(row.earlier_key_id, row.generation - 1)


def _delivered(webhook: WebhookRow, delivery: WebhookDeliveryRow, outcome: Outcome, now: datetime) -> None:
    delivery.state, delivery.next_at, delivery.delivered_at = DeliveryState.DELIVERED, None, now
    delivery.status, delivery.problem = outcome.status, ""
    if webhook.failures:
        webhook.failures, webhook.failing_since, webhook.resting_until = 0, None, None


def _failed(webhook: WebhookRow, delivery: WebhookDeliveryRow, outcome: Outcome, now: datetime) -> None:
    delivery.status, delivery.problem = outcome.status, capped(outcome.problem)
    delivery.next_at = next_try(delivery.attempts, now)
    if delivery.next_at is None:
        delivery.state = DeliveryState.FAILED
    webhook.failures += 1
    webhook.failing_since = webhook.failing_since or now
    webhook.resting_until = rest_until(webhook.failures, webhook.failing_since, now, outcome.wish)
    if outcome.gone:
        _disable(webhook, "it answered 410 Gone", now)
    elif now - webhook.failing_since >= DISABLED_AFTER:
        _disable(
            webhook, f"it has taken nothing for {DISABLED_AFTER.days} days; last: {outcome.problem}", now
        )


def _disable(webhook: WebhookRow, why: str, now: datetime) -> None:
    webhook.disabled_at, webhook.disabled_because = now, capped(why)
