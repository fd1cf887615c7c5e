"""The connection pool to PostgreSQL, and the one place where its failures become ours."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session

from domain.errors import Unavailable

CONNECT_TIMEOUT_SECONDS = 5
POOL_TIMEOUT_SECONDS = 10
STATEMENT_TIMEOUT_MILLIS = 15_000


def make_engine(url: str, pool_size: int, *, pre_ping: bool = True) -> Engine:
    """A pool of at most `pool_size` connections; connects when first used.

    Without `pre_ping` the first call after PostgreSQL restarted raises Unavailable, which a worker's activity
    survives by its retry, and each transaction saves a round trip.
    """
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_SECONDS,
        pool_pre_ping=pre_ping,
        hide_parameters=True,  # an error's text ends up in logs and histories
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_SECONDS,
            "application_name": "tenantry",
            "options": f"-c timezone=UTC -c statement_timeout={STATEMENT_TIMEOUT_MILLIS}",
        },
    )


@contextmanager
def database_errors() -> Iterator[None]:
    """Raises Unavailable where PostgreSQL is away, overloaded, too slow or asks for another try."""
    try:
        yield
    except (OperationalError, InterfaceError, DisconnectionError, PoolTimeout) as error:
        raise _unavailable(getattr(error, "orig", None)) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable("the connection to PostgreSQL was lost") from error
        raise


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """One transaction, committed at the end; rows stay readable after it. Raises Unavailable."""
    with database_errors(), Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def psycopg_transaction(
    engine: Engine, prepare: Callable[[psycopg.Connection[Any]], None]
) -> Iterator[psycopg.Connection[Any]]:
    """One transaction in psycopg's own terms, for COPY and pipelines; commits at the end. Raises Unavailable.

    `prepare` is called once for each connection of the pool, in a transaction of its own.
    """
    with database_errors(), engine.connect() as connection:
        raw = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
        try:
            if prepare not in connection.info.setdefault("prepared", set()):
                prepare(raw)
                raw.commit()
                connection.info["prepared"].add(prepare)
            with raw.transaction():
                yield raw
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            if raw.closed:
                connection.invalidate()
            raise _unavailable(error) from error


def _unavailable(error: BaseException | None) -> Unavailable:
    if isinstance(error, psycopg.errors.QueryCanceled):
        return Unavailable("PostgreSQL did not finish a statement within the time that it is given")
    return Unavailable("PostgreSQL cannot be used right now")
