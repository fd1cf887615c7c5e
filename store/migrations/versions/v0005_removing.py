"""Since when a thing that is made once is being removed by ourselves."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE resource ADD COLUMN removing_since TIMESTAMP WITH TIME ZONE")


def downgrade() -> None:
    op.execute("ALTER TABLE resource DROP COLUMN removing_since")
