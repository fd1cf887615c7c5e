"""The audit log."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE audit (
    seq BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor VARCHAR NOT NULL,
    actor_kind VARCHAR(40) NOT NULL,
    roles JSONB NOT NULL,
    action VARCHAR NOT NULL,
    object_kind VARCHAR NOT NULL,
    object_id VARCHAR NOT NULL,
    tenant_id VARCHAR,
    customer_id VARCHAR,
    reason VARCHAR NOT NULL,
    request_id VARCHAR NOT NULL,
    before JSONB,
    after JSONB,
    previous VARCHAR NOT NULL,
    hash VARCHAR NOT NULL,
    CONSTRAINT pk_audit PRIMARY KEY (seq),
    CONSTRAINT ck_audit_actor_kind
        CHECK (actor_kind IN ('customer', 'staff', 'system', 'unverified')),
    CONSTRAINT ck_audit_seq CHECK (seq > 0),
    CONSTRAINT ck_audit_hash CHECK (hash ~ '^[0-9a-f]{64}$')
);
CREATE INDEX ix_audit_at ON audit (at);
CREATE INDEX ix_audit_actor ON audit (actor, seq);
CREATE INDEX ix_audit_object ON audit (object_kind, object_id);
CREATE INDEX ix_audit_tenant ON audit (tenant_id, seq);
CREATE TRIGGER tr_audit_stays BEFORE UPDATE OR DELETE ON audit
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER tr_audit_stays_whole BEFORE TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    for statement in TABLE.split(";"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE audit")
