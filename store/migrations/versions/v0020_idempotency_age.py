"""Idempotency keys are forgotten by age."""

from alembic import op

revision = "0020"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_idempotency_created_at ON idempotency (created_at)")


def downgrade() -> None:
    op.execute("DROP INDEX ix_idempotency_created_at")
