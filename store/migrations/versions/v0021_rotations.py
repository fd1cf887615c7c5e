"""Operations that rotate the password of a tenant's database."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

KINDS = "'remove', 'repair', 'restore', 'resume', 'rotate', 'scale', 'signup', 'suspend', 'teardown'"


def upgrade() -> None:
    _allow(KINDS)


def downgrade() -> None:
    # An earlier version cannot read what rotations did.
    op.execute(
        "UPDATE tenant SET held_by = NULL FROM operation WHERE operation.kind = 'rotate'"
        " AND operation.id = tenant.held_by"
    )
    op.execute("UPDATE operation SET kind = 'repair' WHERE kind = 'rotate'")
    _allow(KINDS.replace("'rotate', ", ""))


def _allow(kinds: str) -> None:
    op.execute("ALTER TABLE operation DROP CONSTRAINT ck_operation_kind")
    op.execute(f"ALTER TABLE operation ADD CONSTRAINT ck_operation_kind CHECK (kind IN ({kinds}))")
