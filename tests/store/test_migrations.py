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

BEFORE_ZONES = """
INSERT INTO plan (name, definition, synced_at) VALUES ('team', '{}', now());
INSERT INTO cell (name, region, definition, synced_at) VALUES ('one', 'r', '{}', now());
INSERT INTO customer (id, name, created_at) VALUES ('acme', 'Acme', now());
INSERT INTO tenant (id, slug, customer_id, plan, cell, region, blueprint, phase, target, outputs, conditions,
                    run_id, created_at, updated_at, deleted_at)
SELECT id, slug, 'acme', 'team', 'one', 'r', 'b', 'deleted', '{"plan": "team"}', '{}', '[]',
       '', now(), now(), now()
  FROM (VALUES ('a00000000001', 'billed'), ('a00000000002', 'free')) AS given (id, slug);
INSERT INTO subscription (tenant_id, start, zone, currency, problem)
VALUES ('a00000000001', now(), 'Europe/Paris', 'EUR', '');
INSERT INTO idempotency (caller, key, body_hash, customer_id, created_at)
VALUES ('us', 'made', '', 'acme', now())
"""
ANOTHER_KEY = """
INSERT INTO idempotency (caller, key, body_hash, customer_id, created_at)
VALUES ('us', 'changed', '', 'acme', now() + interval '1 second')
"""


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


def test_tenants_of_before_keep_the_zone_they_were_billed_in(postgres: Postgres) -> None:
    """Who had a subscription gets its zone, nobody else one; back again, one key of each customer is left."""
    url, engine = fresh(postgres)
    upgrade(url, "0009")
    with engine.begin() as connection:
        for statement in BEFORE_ZONES.split(";"):
            connection.execute(text(statement))
    upgrade(url)
    with engine.begin() as connection:
        zones = connection.execute(text("SELECT slug, time_zone FROM tenant ORDER BY slug"))
        assert [tuple(row) for row in zones] == [("billed", "Europe/Paris"), ("free", None)]
        connection.execute(text(ANOTHER_KEY))
    downgrade(url, "0009")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT key FROM idempotency")).scalars().all() == ["made"]
