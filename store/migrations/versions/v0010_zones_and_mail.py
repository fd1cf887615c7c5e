"""Time zones of customers and tenants, e-mail of customers; a customer may be changed under several keys."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UP = """
ALTER TABLE customer ADD COLUMN email VARCHAR;
ALTER TABLE customer ADD COLUMN time_zone VARCHAR;
ALTER TABLE customer ADD CONSTRAINT ck_customer_email CHECK (length(email) BETWEEN 3 AND 254);
ALTER TABLE customer ADD CONSTRAINT ck_customer_time_zone CHECK (length(time_zone) BETWEEN 1 AND 64);
ALTER TABLE tenant ADD COLUMN time_zone VARCHAR;
ALTER TABLE tenant ADD CONSTRAINT ck_tenant_time_zone CHECK (length(time_zone) BETWEEN 1 AND 64);
UPDATE tenant SET time_zone = subscription.zone FROM subscription WHERE subscription.tenant_id = tenant.id;
ALTER TABLE idempotency DROP CONSTRAINT uq_idempotency_customer_id
"""

DOWN = """
DELETE FROM idempotency later USING idempotency first WHERE later.customer_id = first.customer_id
    AND (later.created_at, later.caller, later.key) > (first.created_at, first.caller, first.key);
ALTER TABLE idempotency ADD CONSTRAINT uq_idempotency_customer_id UNIQUE (customer_id);
ALTER TABLE tenant DROP COLUMN time_zone;
ALTER TABLE customer DROP COLUMN time_zone;
ALTER TABLE customer DROP COLUMN email
"""


def upgrade() -> None:
    for statement in UP.split(";"):
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN.split(";"):
        op.execute(statement)
