"""What people do to a run: recorded with the operation; things that they leave behind, in the inventory."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UP = """
ALTER TABLE operation ADD COLUMN interventions JSONB NOT NULL DEFAULT '[]';
ALTER TABLE operation ALTER COLUMN interventions DROP DEFAULT;
ALTER TABLE resource ADD COLUMN skipped JSONB;
ALTER TABLE resource DROP CONSTRAINT ck_resource_state;
ALTER TABLE resource ADD CONSTRAINT ck_resource_state
    CHECK (state IN ('gone', 'intended', 'made', 'skipped'));
ALTER TABLE resource ADD CONSTRAINT ck_resource_skipped_says_why
    CHECK ((state = 'skipped') = (skipped IS NOT NULL));
ALTER TABLE resource ADD CONSTRAINT ck_resource_skipped_is_unproven
    CHECK (NOT (state = 'skipped') OR (gone_at IS NULL AND proof IS NULL));
CREATE INDEX ix_tenant_held ON tenant (held_by) WHERE held_by IS NOT NULL
"""

# Without a state of its own, a skipped thing counts as one whose end was never proven.
DOWN = """
DROP INDEX ix_tenant_held;
ALTER TABLE resource DROP CONSTRAINT ck_resource_skipped_is_unproven;
ALTER TABLE resource DROP CONSTRAINT ck_resource_skipped_says_why;
ALTER TABLE resource DROP CONSTRAINT ck_resource_state;
UPDATE resource SET state = CASE WHEN made_at IS NULL THEN 'intended' ELSE 'made' END WHERE state = 'skipped';
ALTER TABLE resource ADD CONSTRAINT ck_resource_state CHECK (state IN ('gone', 'intended', 'made'));
ALTER TABLE resource DROP COLUMN skipped;
ALTER TABLE operation DROP COLUMN interventions
"""


def upgrade() -> None:
    for statement in UP.split(";"):
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN.split(";"):
        op.execute(statement)
