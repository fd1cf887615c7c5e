"""A number for tenant, meter and group, by which everything that is stored of usage names the three."""

from alembic import op
from sqlalchemy import text

from store.migrations.versions import v0006_usage

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

STREAMS = """
CREATE TABLE usage_stream (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    tenant_id VARCHAR COLLATE "C" NOT NULL,
    meter VARCHAR COLLATE "C" NOT NULL,
    grp VARCHAR COLLATE "C" NOT NULL,
    CONSTRAINT pk_usage_stream PRIMARY KEY (id),
    CONSTRAINT uq_usage_stream_tenant_id UNIQUE (tenant_id, meter, grp)
);
INSERT INTO usage_stream (tenant_id, meter, grp)
SELECT DISTINCT tenant_id, meter, grp FROM usage_hour ORDER BY tenant_id, meter, grp
"""
# Set aside and written anew: a table that is made beside another gets other names for what is in it.
ASIDE = """
CREATE TEMPORARY TABLE old_hour ON COMMIT DROP AS
SELECT stream.id AS stream, hour, count, sum, max, first_at, last_value, integral, ingestion
  FROM usage_hour JOIN usage_stream AS stream USING (tenant_id, meter, grp);
CREATE TEMPORARY TABLE old_key ON COMMIT DROP AS
SELECT stream.id AS stream, month, key, hours
  FROM usage_key JOIN usage_stream AS stream USING (tenant_id, meter, grp);
CREATE TEMPORARY TABLE old_event ON COMMIT DROP AS
SELECT stream.id AS stream, at, received_at, ingestion, value, source, old.id, key
  FROM usage_event AS old JOIN usage_stream AS stream USING (tenant_id, meter, grp);
DROP TABLE usage_hour, usage_key, usage_event
"""
ANEW = """
CREATE TABLE usage_hour (
    stream BIGINT NOT NULL,
    hour TIMESTAMP WITH TIME ZONE NOT NULL,
    count BIGINT NOT NULL,
    sum NUMERIC NOT NULL,
    max NUMERIC NOT NULL,
    first_at TIMESTAMP WITH TIME ZONE,
    last_value NUMERIC,
    integral NUMERIC,
    ingestion BIGINT NOT NULL,
    CONSTRAINT pk_usage_hour PRIMARY KEY (stream, hour),
    CONSTRAINT fk_usage_hour_stream FOREIGN KEY (stream) REFERENCES usage_stream (id),
    CONSTRAINT ck_usage_hour_count CHECK (count > 0),
    CONSTRAINT ck_usage_hour_hour CHECK (date_trunc('hour', hour, 'UTC') = hour),
    CONSTRAINT ck_usage_hour_state_whole CHECK (
        (first_at IS NULL) = (last_value IS NULL) AND (first_at IS NULL) = (integral IS NULL))
) WITH (fillfactor = 80);
CREATE TABLE usage_key (
    stream BIGINT NOT NULL,
    month DATE NOT NULL,
    key VARCHAR COLLATE "C" NOT NULL,
    ingestion BIGINT NOT NULL,
    hours BIT(744) NOT NULL,
    CONSTRAINT pk_usage_key PRIMARY KEY (stream, month, key)
) WITH (fillfactor = 80);
CREATE TABLE usage_event (
    stream BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ingestion BIGINT NOT NULL,
    value NUMERIC NOT NULL,
    source VARCHAR COLLATE "C" NOT NULL,
    id VARCHAR COLLATE "C" NOT NULL,
    key VARCHAR COLLATE "C"
) PARTITION BY RANGE (at);
CREATE INDEX ix_usage_event_read ON usage_event (stream, at)
"""
# Which ingestion set a key's last bit was not kept; that of the stream's last hour was not before it.
BACK = """
INSERT INTO usage_hour SELECT * FROM old_hour ORDER BY stream, hour;
INSERT INTO usage_key
SELECT stream, month, key, (SELECT max(ingestion) FROM old_hour WHERE old_hour.stream = old_key.stream), hours
  FROM old_key ORDER BY stream, month, key;
INSERT INTO usage_event SELECT * FROM old_event
"""
MONTHS = """
SELECT child.relname, pg_get_expr(child.relpartbound, child.oid)
  FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
 WHERE inhparent = 'usage_event'::regclass ORDER BY child.relname
"""


def upgrade() -> None:
    _run(STREAMS)
    months = [tuple(row) for row in op.get_bind().execute(text(MONTHS))]
    _run(ASIDE)
    _run(ANEW)
    for name, bounds in months:
        op.execute(f"CREATE TABLE {name} PARTITION OF usage_event {bounds}")
    _run(BACK)


def downgrade() -> None:
    """Of a database without usage: what is stored by streams is not taken apart again."""
    if op.get_bind().execute(text("SELECT count(*) FROM usage_stream")).scalar_one():
        raise RuntimeError("usage is stored; restore a backup of before this version instead")
    for table in ("usage_key", "usage_hour", "usage_event", "usage_stream"):
        op.execute(f"DROP TABLE {table}")
    for statement in v0006_usage.UP.split(";"):
        if "usage_identity" not in statement and "SEQUENCE" not in statement:
            op.execute(statement)


def _run(statements: str) -> None:
    for statement in statements.split(";"):
        op.execute(statement)
