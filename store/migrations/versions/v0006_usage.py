"""Usage: identities, events by month, and their sums by the hour."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

UP = """
CREATE SEQUENCE usage_ingestion;
CREATE TABLE usage_identity (
    name UUID NOT NULL,
    content UUID NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ingestion BIGINT NOT NULL,
    CONSTRAINT pk_usage_identity PRIMARY KEY (name)
);
CREATE INDEX ix_usage_identity_received ON usage_identity (received_at);
CREATE TABLE usage_event (
    tenant_id VARCHAR COLLATE "C" NOT NULL,
    meter VARCHAR COLLATE "C" NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ingestion BIGINT NOT NULL,
    value NUMERIC NOT NULL,
    source VARCHAR COLLATE "C" NOT NULL,
    id VARCHAR COLLATE "C" NOT NULL,
    grp VARCHAR COLLATE "C" NOT NULL,
    key VARCHAR COLLATE "C"
) PARTITION BY RANGE (at);
CREATE INDEX ix_usage_event_read ON usage_event (tenant_id, meter, at);
CREATE TABLE usage_hour (
    tenant_id VARCHAR COLLATE "C" NOT NULL,
    meter VARCHAR COLLATE "C" NOT NULL,
    hour TIMESTAMP WITH TIME ZONE NOT NULL,
    grp VARCHAR COLLATE "C" NOT NULL,
    count BIGINT NOT NULL,
    sum NUMERIC NOT NULL,
    max NUMERIC NOT NULL,
    first_at TIMESTAMP WITH TIME ZONE,
    last_value NUMERIC,
    integral NUMERIC,
    ingestion BIGINT NOT NULL,
    CONSTRAINT pk_usage_hour PRIMARY KEY (tenant_id, meter, hour, grp),
    CONSTRAINT ck_usage_hour_count CHECK (count > 0),
    CONSTRAINT ck_usage_hour_hour CHECK (date_trunc('hour', hour, 'UTC') = hour),
    CONSTRAINT ck_usage_hour_state_whole CHECK (
        (first_at IS NULL) = (last_value IS NULL) AND (first_at IS NULL) = (integral IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX ix_usage_hour_state ON usage_hour (tenant_id, meter, grp, hour) WHERE last_value IS NOT NULL;
CREATE TABLE usage_key (
    tenant_id VARCHAR COLLATE "C" NOT NULL,
    meter VARCHAR COLLATE "C" NOT NULL,
    month DATE NOT NULL,
    grp VARCHAR COLLATE "C" NOT NULL,
    key VARCHAR COLLATE "C" NOT NULL,
    hours BIT(744) NOT NULL,
    CONSTRAINT pk_usage_key PRIMARY KEY (tenant_id, meter, month, grp, key)
) WITH (fillfactor = 80)
"""


def upgrade() -> None:
    for statement in UP.split(";"):
        op.execute(statement)


def downgrade() -> None:
    for table in ("usage_key", "usage_hour", "usage_event", "usage_identity"):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP SEQUENCE usage_ingestion")
