"""Indexes for lists of customers, and for finding them by name."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_customer_page ON customer (created_at, id)")
    op.execute("CREATE INDEX ix_customer_name ON customer (name, created_at, id)")


def downgrade() -> None:
    op.execute("DROP INDEX ix_customer_name")
    op.execute("DROP INDEX ix_customer_page")
