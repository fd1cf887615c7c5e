"""Support access to tenants."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE access_grant (
    id varchar NOT NULL,
    tenant_id varchar NOT NULL,
    requested_by varchar NOT NULL,
    reason varchar NOT NULL,
    seconds integer NOT NULL,
    mode varchar(40) NOT NULL,
    approval varchar NOT NULL,
    slot integer NOT NULL,
    state varchar(40) NOT NULL,
    requested_at timestamptz NOT NULL,
    approved_by varchar,
    approved_at timestamptz,
    ends_at timestamptz,
    ended_at timestamptz,
    ended_by varchar,
    detail varchar NOT NULL,
    CONSTRAINT pk_access_grant PRIMARY KEY (id),
    CONSTRAINT fk_access_grant_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant (id),
    CONSTRAINT ck_access_grant_id CHECK (id ~ '^ag[0-9a-f]{18}$'),
    CONSTRAINT ck_access_grant_state CHECK (
        state IN ('active', 'approved', 'expired', 'failed', 'lapsed', 'requested', 'revoked', 'withdrawn')),
    CONSTRAINT ck_access_grant_mode CHECK (mode IN ('read', 'write')),
    CONSTRAINT ck_access_grant_approval CHECK (approval IN ('second_person', 'customer')),
    CONSTRAINT ck_access_grant_seconds CHECK (seconds BETWEEN 1 AND 28800),
    CONSTRAINT ck_access_grant_slot CHECK (slot BETWEEN 1 AND 4),
    CONSTRAINT ck_access_grant_reason CHECK (length(btrim(reason)) BETWEEN 1 AND 500),
    CONSTRAINT ck_access_grant_approved CHECK (
        NOT (state IN ('approved', 'active', 'expired'))
        OR (approved_by IS NOT NULL AND approved_at IS NOT NULL AND ends_at IS NOT NULL)),
    CONSTRAINT ck_access_grant_second_person CHECK (approved_by <> requested_by),
    CONSTRAINT ck_access_grant_ends CHECK (ends_at - approved_at <= make_interval(secs => seconds)),
    CONSTRAINT ck_access_grant_end_has_instant CHECK (
        (ended_at IS NULL) = (state IN ('active', 'approved', 'requested')))
)"""


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(
        "CREATE UNIQUE INDEX uq_access_grant_slot ON access_grant (tenant_id, slot) "
        "WHERE state IN ('active', 'approved', 'requested')"
    )
    op.execute("CREATE INDEX ix_access_grant_page ON access_grant (requested_at, id)")
    op.execute("CREATE INDEX ix_access_grant_tenant_id ON access_grant (tenant_id, requested_at, id)")


def downgrade() -> None:
    op.execute("DROP TABLE access_grant")
