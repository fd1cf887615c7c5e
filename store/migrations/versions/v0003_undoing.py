"""Why a run undoes its work: what carries it on after a loss must end it the same way."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE operation ADD COLUMN undoing JSONB")
    op.execute(
        "ALTER TABLE operation ADD CONSTRAINT ck_operation_undoing_is_started "
        "CHECK (NOT (undoing IS NOT NULL) OR (started_at IS NOT NULL))"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE operation DROP CONSTRAINT ck_operation_undoing_is_started")
    op.execute("ALTER TABLE operation DROP COLUMN undoing")
