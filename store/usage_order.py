"""The order in which usage was stored, and cut-offs: what an invoice knew, so that it can be rated again.

Each ingesting transaction draws one number while it holds a lock shared with all others, and holds it until
it has committed. Whoever reads a cut-off takes that lock alone, for a moment: then every transaction that has
drawn a number has ended, and every later one will draw a higher number. So what is stored up to a cut-off
never grows. Ingestion waits for nobody but that moment; commits are still written to disk together.
"""

from typing import Any

import psycopg
from sqlalchemy import Engine, text

from store.engine import transaction

LOCK = 0x7573616765  # any fixed number that no other use of advisory locks has
CUT_OFF_WAIT_MILLIS = 5_000
"""Ingestion queues up behind a reader of a cut-off; it gives up before anybody notices."""
IDLE_LIMIT_MILLIS = 10_000
"""A process that stops in the middle of an ingestion is cut off, or no cut-off could be read."""

# What a statement waited for it must then see: under any other level it would sum up without it.
_COMMITTED = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"
_SHARED = f"""
SELECT set_config('idle_in_transaction_session_timeout', '{IDLE_LIMIT_MILLIS}', true),
       pg_advisory_xact_lock_shared({LOCK})"""
_NUMBER = "SELECT nextval('usage_ingestion')"
_WAIT = text(f"SET LOCAL lock_timeout = {CUT_OFF_WAIT_MILLIS}")
_ALONE = text(f"SELECT pg_advisory_xact_lock({LOCK})")
_LAST = text("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM usage_ingestion")


def draw(connection: psycopg.Connection[Any]) -> int:
    """The number of this transaction; call it before anything is written."""
    with connection.pipeline():
        connection.execute(_COMMITTED)
        connection.execute(_SHARED)
        # A statement of its own: within one, PostgreSQL promises no order of lock and number.
        drawn = connection.execute(_NUMBER)
    (number,) = drawn.fetchone() or (0,)
    return int(number)


def cut_off(engine: Engine) -> int:
    """The number up to which everything that will ever be stored is stored; 0 before the first event.

    Raises Unavailable if ingesting transactions do not end in time.
    """
    with transaction(engine) as session:
        connection = session.connection()
        connection.execute(_WAIT)
        connection.execute(_ALONE)
        return int(connection.execute(_LAST).scalar_one())
