"""Hashes of usage tokens."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE usage_token (
    tenant_id VARCHAR NOT NULL,
    hash BYTEA NOT NULL,
    secret VARCHAR NOT NULL,
    version VARCHAR NOT NULL,
    operation_id VARCHAR NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_usage_token PRIMARY KEY (tenant_id),
    CONSTRAINT fk_usage_token_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant (id),
    CONSTRAINT ck_usage_token_hash CHECK (length(hash) = 32)
)
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute("DROP TABLE usage_token")
