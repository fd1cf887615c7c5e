"""What looks at tenants found, and what belongs to no tenant; operations that repair."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE observation (
    tenant_id VARCHAR NOT NULL,
    provider VARCHAR NOT NULL,
    observed_at TIMESTAMP WITH TIME ZONE,
    since TIMESTAMP WITH TIME ZONE,
    differences JSONB NOT NULL,
    error VARCHAR,
    deferred_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_observation PRIMARY KEY (tenant_id, provider),
    CONSTRAINT ck_observation_provider CHECK (provider IN ('aws', 'kubernetes')),
    CONSTRAINT ck_observation_seen_since CHECK ((observed_at IS NULL) = (since IS NULL)),
    CONSTRAINT ck_observation_found_by_a_look CHECK (NOT (differences <> '[]') OR (observed_at IS NOT
        NULL)),
    CONSTRAINT fk_observation_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
);
CREATE INDEX ix_observation_drifted ON observation (tenant_id) WHERE differences <> '[]';
CREATE TABLE orphan (
    id VARCHAR NOT NULL,
    provider VARCHAR NOT NULL,
    place VARCHAR NOT NULL,
    cell VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    namespace VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    provider_id VARCHAR NOT NULL,
    tenant_id VARCHAR NOT NULL,
    slug VARCHAR NOT NULL,
    why VARCHAR NOT NULL,
    state VARCHAR(40) NOT NULL,
    first_seen TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen TIMESTAMP WITH TIME ZONE NOT NULL,
    requested_by VARCHAR,
    reason VARCHAR,
    requested_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    detail VARCHAR NOT NULL,
    CONSTRAINT pk_orphan PRIMARY KEY (id),
    CONSTRAINT ck_orphan_state CHECK (state IN ('deleted', 'deleting', 'found', 'gone', 'refused')),
    CONSTRAINT ck_orphan_provider CHECK (provider IN ('aws', 'kubernetes')),
    CONSTRAINT ck_orphan_deleted_by CHECK (NOT (state IN ('deleting', 'deleted', 'refused')) OR
        (requested_by IS NOT NULL AND reason IS NOT NULL AND requested_at IS NOT NULL)),
    CONSTRAINT ck_orphan_end_has_instant CHECK ((ended_at IS NOT NULL) = (state IN ('deleted', 'gone'))),
    CONSTRAINT ck_orphan_reason CHECK (reason IS NULL OR length(btrim(reason)) BETWEEN 1 AND 500)
);
CREATE UNIQUE INDEX uq_orphan_there ON orphan (provider, place, kind, namespace, name) WHERE state IN
        ('deleting', 'found', 'refused')
"""
KINDS = "'remove', 'repair', 'restore', 'resume', 'scale', 'signup', 'suspend', 'teardown'"


def upgrade() -> None:
    for statement in UP.split(";"):
        op.execute(statement)
    _allow(KINDS)


def downgrade() -> None:
    # An earlier version cannot read what repairs did.
    op.execute(
        "UPDATE tenant SET held_by = NULL FROM operation WHERE operation.kind = 'repair'"
        " AND operation.id = tenant.held_by"
    )
    op.execute("UPDATE operation SET kind = 'scale' WHERE kind = 'repair'")
    _allow(KINDS.replace("'repair', ", ""))
    op.execute("DROP TABLE orphan")
    op.execute("DROP TABLE observation")


def _allow(kinds: str) -> None:
    op.execute("ALTER TABLE operation DROP CONSTRAINT ck_operation_kind")
    op.execute(f"ALTER TABLE operation ADD CONSTRAINT ck_operation_kind CHECK (kind IN ({kinds}))")
