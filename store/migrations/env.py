"""Run by alembic for every command; the connection comes from store/migrate.py, inside its transaction."""

from alembic import context

from store.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
