"""Billing: price versions, subscriptions and their facts, closing runs, invoices and their ledger."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE price_version (
    plan VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    definition JSON NOT NULL,
    offered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_price_version PRIMARY KEY (plan, version),
    CONSTRAINT ck_price_version_version CHECK (version > 0),
    CONSTRAINT fk_price_version_plan FOREIGN KEY (plan) REFERENCES plan (name)
);
CREATE TABLE subscription (
    tenant_id VARCHAR NOT NULL,
    start TIMESTAMP WITH TIME ZONE NOT NULL,
    zone VARCHAR NOT NULL,
    currency VARCHAR NOT NULL,
    closed_until TIMESTAMP WITH TIME ZONE,
    next_look TIMESTAMP WITH TIME ZONE,
    looked_in BIGINT,
    problem VARCHAR NOT NULL,
    CONSTRAINT pk_subscription PRIMARY KEY (tenant_id),
    CONSTRAINT ck_subscription_currency CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT fk_subscription_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenant (id)
);
CREATE INDEX ix_subscription_next_look ON subscription (next_look, tenant_id);
CREATE TABLE billing_fact (
    number BIGINT GENERATED ALWAYS AS IDENTITY,
    tenant_id VARCHAR NOT NULL,
    fact JSONB NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_billing_fact PRIMARY KEY (number),
    CONSTRAINT fk_billing_fact_tenant_id FOREIGN KEY (tenant_id) REFERENCES subscription (tenant_id)
);
CREATE INDEX ix_billing_fact_tenant ON billing_fact (tenant_id, number);
CREATE TABLE closing (
    number BIGINT GENERATED ALWAYS AS IDENTITY,
    moment TIMESTAMP WITH TIME ZONE NOT NULL,
    cut_off BIGINT NOT NULL,
    began_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_closing PRIMARY KEY (number)
);
CREATE UNIQUE INDEX uq_closing_open ON closing ((true)) WHERE ended_at IS NULL;
CREATE TABLE invoice (
    id VARCHAR NOT NULL,
    sequence BIGINT GENERATED ALWAYS AS IDENTITY,
    tenant_id VARCHAR NOT NULL,
    kind VARCHAR(40) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    period_begin TIMESTAMP WITH TIME ZONE NOT NULL,
    period_end TIMESTAMP WITH TIME ZONE NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closing BIGINT NOT NULL,
    known_fact BIGINT NOT NULL,
    number VARCHAR,
    issued JSONB,
    CONSTRAINT pk_invoice PRIMARY KEY (id),
    CONSTRAINT uq_invoice_sequence UNIQUE (sequence),
    CONSTRAINT ck_invoice_kind CHECK (kind IN ('credit_note', 'invoice', 'supplementary')),
    CONSTRAINT ck_invoice_issued_with_number CHECK ((number IS NULL) = (issued IS NULL)),
    CONSTRAINT fk_invoice_tenant_id FOREIGN KEY (tenant_id) REFERENCES subscription (tenant_id),
    CONSTRAINT fk_invoice_closing FOREIGN KEY (closing) REFERENCES closing (number)
);
CREATE UNIQUE INDEX uq_invoice_number ON invoice (number);
CREATE INDEX ix_invoice_tenant ON invoice (tenant_id, sequence);
CREATE INDEX ix_invoice_unnumbered ON invoice (due_at, period_end, tenant_id, id) WHERE number IS NULL;
CREATE TABLE ledger_entry (
    number BIGINT GENERATED ALWAYS AS IDENTITY,
    invoice_id VARCHAR NOT NULL,
    tenant_id VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    begin TIMESTAMP WITH TIME ZONE NOT NULL,
    until TIMESTAMP WITH TIME ZONE NOT NULL,
    due TIMESTAMP WITH TIME ZONE,
    description VARCHAR NOT NULL,
    note VARCHAR NOT NULL,
    quantity VARCHAR NOT NULL,
    amount BIGINT NOT NULL,
    rank INTEGER NOT NULL,
    corrects VARCHAR,
    CONSTRAINT pk_ledger_entry PRIMARY KEY (number),
    CONSTRAINT fk_ledger_entry_invoice_id FOREIGN KEY (invoice_id) REFERENCES invoice (id)
);
CREATE INDEX ix_ledger_entry_key ON ledger_entry (tenant_id, key);
CREATE INDEX ix_ledger_entry_due ON ledger_entry (tenant_id, due);
CREATE INDEX ix_ledger_entry_invoice ON ledger_entry (invoice_id);
CREATE TABLE draft (
    tenant_id VARCHAR NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    document JSONB NOT NULL,
    CONSTRAINT pk_draft PRIMARY KEY (tenant_id, at),
    CONSTRAINT fk_draft_tenant_id FOREIGN KEY (tenant_id) REFERENCES subscription (tenant_id)
);
CREATE TABLE invoice_counter (
    year INTEGER NOT NULL,
    last BIGINT NOT NULL,
    CONSTRAINT pk_invoice_counter PRIMARY KEY (year)
);
CREATE TABLE delivery (
    invoice_id VARCHAR NOT NULL,
    first_tried_at TIMESTAMP WITH TIME ZONE,
    delivered_at TIMESTAMP WITH TIME ZONE,
    reference VARCHAR NOT NULL,
    problem VARCHAR NOT NULL,
    CONSTRAINT pk_delivery PRIMARY KEY (invoice_id),
    CONSTRAINT fk_delivery_invoice_id FOREIGN KEY (invoice_id) REFERENCES invoice (id)
);
CREATE INDEX ix_delivery_open ON delivery (invoice_id) WHERE delivered_at IS NULL
"""

# What an invoice was made from, and what was issued, nobody changes: not by a mistake in our code either.
REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME; END $$
"""
ALWAYS = ("price_version", "billing_fact", "ledger_entry")
NUMBERED = """
CREATE TRIGGER tr_invoice_stays BEFORE UPDATE OR DELETE ON invoice FOR EACH ROW
WHEN (OLD.number IS NOT NULL) EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    for statement in TABLES.split(";"):
        op.execute(statement)
    op.execute(REFUSE)
    for table in ALWAYS:
        op.execute(
            f"CREATE TRIGGER tr_{table}_stays BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    op.execute(NUMBERED)


def downgrade() -> None:
    for table in (
        *("delivery", "invoice_counter", "draft", "ledger_entry", "invoice", "closing"),
        *("billing_fact", "subscription", "price_version"),
    ):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP FUNCTION refuse_change")
