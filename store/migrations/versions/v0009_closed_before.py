"""What an invoice's closing run found closed, without which it cannot be rated again."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE invoice ADD COLUMN closed_before TIMESTAMP WITH TIME ZONE")


def downgrade() -> None:
    op.execute("ALTER TABLE invoice DROP COLUMN closed_before")
