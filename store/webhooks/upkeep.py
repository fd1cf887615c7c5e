"""Events go when they are old, and with them what became of their deliveries."""

from datetime import datetime

from sqlalchemy import Engine, text

from store.engine import transaction

_FORGET = text(
    """
DELETE FROM webhook_event WHERE id IN (
    SELECT id FROM webhook_event WHERE at < :before ORDER BY at, id LIMIT :most FOR UPDATE SKIP LOCKED
)"""
)
_FORGET_REMOVED = text("DELETE FROM webhook WHERE removed_at < :before")


def forget_events(engine: Engine, before: datetime, most: int) -> int:
    """How many went, at most `most`; endpoints that were removed as long ago go, too. Raises Unavailable."""
    values = {"before": before, "most": most}
    with transaction(engine) as session:
        forgotten = session.connection().execute(_FORGET, values).rowcount
        session.connection().execute(_FORGET_REMOVED, {"before": before})
    return forgotten
