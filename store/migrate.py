"""Brings a database to the newest schema."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, func, make_url, select
from sqlalchemy.engine import create_engine
from sqlalchemy.pool import NullPool

from store.engine import CONNECT_TIMEOUT_SECONDS, database_errors

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 0x74656E616E74  # any fixed number: two processes that start at once migrate one after the other


def upgrade(url: str, revision: str = "head") -> None:
    """Apply what is missing, in one transaction; safe when several processes call it at once.

    Raises Unavailable.
    """
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    _run(url, lambda config: command.downgrade(config, revision))


def alembic_config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _run(url: str, change: Callable[[Config], None]) -> None:
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        poolclass=NullPool,
        connect_args={"connect_timeout": CONNECT_TIMEOUT_SECONDS},
    )
    try:
        with database_errors(), engine.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
            change(alembic_config(connection))
    finally:
        engine.dispose()
