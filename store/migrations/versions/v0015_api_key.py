"""Keys of the API."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE api_key (
    id varchar NOT NULL,
    name varchar NOT NULL,
    hash bytea NOT NULL,
    roles text[] NOT NULL,
    customer_id varchar,
    made_by varchar NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    CONSTRAINT pk_api_key PRIMARY KEY (id),
    CONSTRAINT fk_api_key_customer_id FOREIGN KEY (customer_id) REFERENCES customer (id),
    CONSTRAINT ck_api_key_id CHECK (id ~ '^[a-z0-9]{12}$'),
    CONSTRAINT ck_api_key_name CHECK (length(btrim(name)) BETWEEN 1 AND 100),
    CONSTRAINT ck_api_key_hash CHECK (length(hash) = 32),
    CONSTRAINT ck_api_key_roles CHECK (
        cardinality(roles) > 0
        AND roles <@ ARRAY['admin', 'billing', 'customer', 'finance', 'operator', 'support']),
    CONSTRAINT ck_api_key_customer CHECK ((customer_id IS NOT NULL) = (roles = ARRAY['customer']))
)"""


def upgrade() -> None:
    op.execute(TABLE)
    op.execute("CREATE INDEX ix_api_key_page ON api_key (created_at, id)")
    op.execute("CREATE INDEX ix_api_key_customer_id ON api_key (customer_id)")


def downgrade() -> None:
    op.execute("DROP TABLE api_key")
