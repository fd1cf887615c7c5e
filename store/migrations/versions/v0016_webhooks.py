"""Webhooks: endpoints, events and deliveries; idempotency keys that made or changed an endpoint."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE webhook (
    id VARCHAR NOT NULL,
    url VARCHAR NOT NULL,
    events JSONB NOT NULL,
    customer_id VARCHAR,
    generation INTEGER NOT NULL,
    key_id VARCHAR NOT NULL,
    earlier_key_id VARCHAR,
    earlier_until TIMESTAMP WITH TIME ZONE,
    created_by VARCHAR NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    failures INTEGER NOT NULL,
    failing_since TIMESTAMP WITH TIME ZONE,
    resting_until TIMESTAMP WITH TIME ZONE,
    disabled_at TIMESTAMP WITH TIME ZONE,
    disabled_because VARCHAR NOT NULL,
    removed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_webhook PRIMARY KEY (id),
    CONSTRAINT ck_webhook_id CHECK (id ~ '^wh[a-z0-9]{12}$'),
    CONSTRAINT ck_webhook_url CHECK (length(url) BETWEEN 8 AND 1000),
    CONSTRAINT ck_webhook_generation CHECK (generation > 0),
    CONSTRAINT ck_webhook_failures CHECK (failures >= 0),
    CONSTRAINT ck_webhook_failing_since CHECK ((failures > 0) = (failing_since IS NOT NULL)),
    CONSTRAINT ck_webhook_disabled_says_why CHECK ((disabled_at IS NULL) = (disabled_because = '')),
    CONSTRAINT fk_webhook_customer_id FOREIGN KEY (customer_id) REFERENCES customer (id)
);
CREATE INDEX ix_webhook_page ON webhook (created_at, id);
CREATE TABLE webhook_event (
    id VARCHAR NOT NULL,
    type VARCHAR(40) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    tenant_id VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    data JSON NOT NULL,
    CONSTRAINT pk_webhook_event PRIMARY KEY (id),
    CONSTRAINT ck_webhook_event_id CHECK (id ~ '^ev[a-z0-9]{20}$'),
    CONSTRAINT ck_webhook_event_tenant_id CHECK (tenant_id ~ '^[a-z][a-z0-9]{11}$'),
    CONSTRAINT ck_webhook_event_type
        CHECK (type IN ('invoice.finalized', 'operation.finished', 'tenant.phase_changed'))
);
CREATE INDEX ix_webhook_event_at ON webhook_event (at, id);
CREATE TABLE webhook_delivery (
    webhook_id VARCHAR NOT NULL,
    event_id VARCHAR NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    state VARCHAR(40) NOT NULL,
    attempts INTEGER NOT NULL,
    next_at TIMESTAMP WITH TIME ZONE,
    last_at TIMESTAMP WITH TIME ZONE,
    status INTEGER,
    problem VARCHAR NOT NULL,
    delivered_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_webhook_delivery PRIMARY KEY (webhook_id, event_id),
    CONSTRAINT ck_webhook_delivery_state CHECK (state IN ('delivered', 'failed', 'pending')),
    CONSTRAINT ck_webhook_delivery_pending_has_next CHECK ((state = 'pending') = (next_at IS NOT NULL)),
    CONSTRAINT ck_webhook_delivery_delivered_has_instant
        CHECK ((state = 'delivered') = (delivered_at IS NOT NULL)),
    CONSTRAINT fk_webhook_delivery_webhook_id
        FOREIGN KEY (webhook_id) REFERENCES webhook (id) ON DELETE CASCADE,
    CONSTRAINT fk_webhook_delivery_event_id
        FOREIGN KEY (event_id) REFERENCES webhook_event (id) ON DELETE CASCADE
);
CREATE INDEX ix_webhook_delivery_due ON webhook_delivery (webhook_id, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX ix_webhook_delivery_page ON webhook_delivery (webhook_id, at, event_id);
CREATE INDEX ix_webhook_delivery_event ON webhook_delivery (event_id);
CREATE TRIGGER tr_webhook_event_stays BEFORE UPDATE ON webhook_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE idempotency ADD COLUMN webhook_id VARCHAR;
ALTER TABLE idempotency DROP CONSTRAINT ck_idempotency_customer_or_operation;
ALTER TABLE idempotency ADD CONSTRAINT ck_idempotency_one_thing
    CHECK (num_nonnulls(customer_id, operation_id, webhook_id) = 1)
"""


def upgrade() -> None:
    for statement in TABLES.split(";"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DELETE FROM idempotency WHERE webhook_id IS NOT NULL")
    op.execute("ALTER TABLE idempotency DROP CONSTRAINT ck_idempotency_one_thing")
    op.execute("ALTER TABLE idempotency DROP COLUMN webhook_id")
    op.execute(
        "ALTER TABLE idempotency ADD CONSTRAINT ck_idempotency_customer_or_operation "
        "CHECK ((customer_id IS NOT NULL) <> (operation_id IS NOT NULL))"
    )
    for table in ("webhook_delivery", "webhook_event", "webhook"):
        op.execute(f"DROP TABLE {table}")
