"""Tables in code and tables in the database are the same."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

from devstack.postgres import Postgres
from store.engine import make_engine
from store.migrate import downgrade, upgrade
from store.tables import Table

# What compare_metadata does not look at: checks, conditions of indexes, deferrable keys.
DEFINITIONS = text(
    """
    SELECT conrelid::regclass::text AS owner, conname AS name, pg_get_constraintdef(oid) AS definition
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT table_name, column_name, concat_ws(' ', data_type, is_nullable, column_default)
      FROM information_schema.columns WHERE table_schema = 'public'
    """
)


def definitions(engine: Engine) -> set[tuple[str, ...]]:
    with engine.connect() as connection:
        return {tuple(row) for row in connection.execute(DEFINITIONS) if row.owner != "alembic_version"}


def fresh(postgres: Postgres) -> tuple[str, Engine]:
    url = postgres.create_database(f"m{uuid4().hex[:12]}")
    return url, make_engine(url, pool_size=2)


def test_migrations_lead_to_the_models(postgres: Postgres) -> None:
    """The migrated schema has every table, column, key, check and index of the models, and no other."""
    url, migrated = fresh(postgres)
    upgrade(url)
    _, declared = fresh(postgres)
    Table.metadata.create_all(declared)

    with migrated.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Table.metadata) == []
    assert definitions(migrated) == definitions(declared)
    assert len(definitions(migrated)) > 100


def test_migrations_can_be_taken_back(postgres: Postgres) -> None:
    """Down to nothing and up again gives the same schema."""
    url, engine = fresh(postgres)
    upgrade(url)
    before = definitions(engine)
    downgrade(url, "base")
    assert definitions(engine) == set()
    upgrade(url)
    assert definitions(engine) == before


def test_processes_that_start_at_once_migrate_once(postgres: Postgres) -> None:
    """Four upgrades at the same time on an empty database all succeed."""
    url, engine = fresh(postgres)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(upgrade, [url] * 4))
    assert definitions(engine)
