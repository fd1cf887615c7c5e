"""The first tables: customers, plans, cells, tenants, operations, inventory, certificates, idempotency."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE cell (
    name VARCHAR NOT NULL,
    region VARCHAR NOT NULL,
    definition JSONB NOT NULL,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    retired_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_cell PRIMARY KEY (name)
);

CREATE TABLE customer (
    id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_customer PRIMARY KEY (id),
    CONSTRAINT ck_customer_id CHECK (id ~ '^[a-z][a-z0-9_-]{1,62}$'),
    CONSTRAINT ck_customer_name CHECK (length(btrim(name)) BETWEEN 1 AND 200)
);

CREATE TABLE idempotency (
    caller VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    body_hash VARCHAR NOT NULL,
    operation_id VARCHAR,
    tenant_id VARCHAR,
    customer_id VARCHAR,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_idempotency PRIMARY KEY (caller, key),
    CONSTRAINT ck_idempotency_tenant_id CHECK (tenant_id ~ '^[a-z][a-z0-9]{11}$'),
    CONSTRAINT ck_idempotency_caller CHECK (length(caller) BETWEEN 1 AND 200),
    CONSTRAINT ck_idempotency_key CHECK (length(key) BETWEEN 1 AND 255),
    CONSTRAINT ck_idempotency_customer_or_operation
        CHECK ((customer_id IS NOT NULL) <> (operation_id IS NOT NULL)),
    CONSTRAINT ck_idempotency_operation_of_tenant
        CHECK ((operation_id IS NULL) = (tenant_id IS NULL)),
    CONSTRAINT uq_idempotency_operation_id UNIQUE (operation_id),
    CONSTRAINT uq_idempotency_customer_id UNIQUE (customer_id)
);

CREATE TABLE plan (
    name VARCHAR NOT NULL,
    definition JSONB NOT NULL,
    synced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    retired_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_plan PRIMARY KEY (name)
);

CREATE TABLE tenant (
    id VARCHAR NOT NULL,
    slug VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    plan VARCHAR NOT NULL,
    cell VARCHAR NOT NULL,
    region VARCHAR NOT NULL,
    blueprint VARCHAR NOT NULL,
    phase VARCHAR(40) NOT NULL,
    target JSONB NOT NULL,
    sizes JSONB,
    mode VARCHAR(40),
    outputs JSONB NOT NULL,
    conditions JSONB NOT NULL,
    held_by VARCHAR,
    run_id VARCHAR NOT NULL,
    remove_after TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_tenant PRIMARY KEY (id),
    CONSTRAINT ck_tenant_id CHECK (id ~ '^[a-z][a-z0-9]{11}$'),
    CONSTRAINT ck_tenant_slug CHECK (slug ~ '^[a-z](?:[a-z0-9]|-(?!-)){1,30}[a-z0-9]$'),
    CONSTRAINT ck_tenant_phase
        CHECK (phase IN ('active', 'cancelled', 'closed', 'closing', 'deleted', 'failed',
        'provisioning', 'removing', 'restoring', 'resuming', 'scaling', 'suspended', 'suspending')),
    CONSTRAINT ck_tenant_mode CHECK (mode IN ('running', 'stopped')),
    CONSTRAINT ck_tenant_plan_is_targets CHECK (target->>'plan' = plan),
    CONSTRAINT ck_tenant_last_good_state_whole CHECK ((sizes IS NULL) = (mode IS NULL)),
    CONSTRAINT ck_tenant_last_good_state_known
        CHECK (sizes IS NOT NULL OR phase IN ('cancelled', 'closing', 'deleted', 'failed',
        'provisioning', 'removing')),
    CONSTRAINT ck_tenant_open_is_held
        CHECK (held_by IS NOT NULL OR phase NOT IN ('closing', 'provisioning', 'removing',
        'restoring', 'resuming', 'scaling', 'suspending')),
    CONSTRAINT ck_tenant_gone_is_free
        CHECK (held_by IS NULL OR phase NOT IN ('cancelled', 'deleted', 'failed')),
    CONSTRAINT ck_tenant_gone_has_instant
        CHECK ((deleted_at IS NOT NULL) = (phase IN ('cancelled', 'deleted', 'failed'))),
    CONSTRAINT ck_tenant_grace_only_when_leaving
        CHECK (remove_after IS NULL OR phase IN ('closed', 'closing', 'removing', 'restoring')),
    CONSTRAINT ck_tenant_closed_has_grace CHECK (remove_after IS NOT NULL OR phase <> 'closed'),
    CONSTRAINT fk_tenant_customer_id FOREIGN KEY(customer_id) REFERENCES customer (id),
    CONSTRAINT fk_tenant_plan FOREIGN KEY(plan) REFERENCES plan (name),
    CONSTRAINT fk_tenant_cell FOREIGN KEY(cell) REFERENCES cell (name)
);

CREATE TABLE operation (
    id VARCHAR NOT NULL,
    tenant_id VARCHAR NOT NULL,
    kind VARCHAR(40) NOT NULL,
    status VARCHAR(40) NOT NULL,
    request JSONB NOT NULL,
    requested_by VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    plan JSONB,
    accepted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    timeline JSONB NOT NULL,
    error JSONB,
    kept JSONB NOT NULL,
    superseded_by VARCHAR,
    CONSTRAINT pk_operation PRIMARY KEY (id),
    CONSTRAINT ck_operation_kind
        CHECK (kind IN ('remove', 'restore', 'resume', 'scale', 'signup', 'suspend', 'teardown')),
    CONSTRAINT ck_operation_status
        CHECK (status IN ('cancelled', 'failed', 'running', 'succeeded', 'superseded', 'waiting')),
    CONSTRAINT ck_operation_finished_has_instant
        CHECK ((finished_at IS NOT NULL) = (status IN ('cancelled', 'failed', 'succeeded',
        'superseded'))),
    CONSTRAINT ck_operation_waiting_not_started
        CHECK (NOT (status = 'waiting') OR (started_at IS NULL)),
    CONSTRAINT ck_operation_running_is_started
        CHECK (NOT (status = 'running') OR (started_at IS NOT NULL)),
    CONSTRAINT ck_operation_running_has_plan CHECK (NOT (status = 'running') OR (plan IS NOT NULL)),
    CONSTRAINT ck_operation_superseded_names
        CHECK ((status = 'superseded') = (superseded_by IS NOT NULL)),
    CONSTRAINT ck_operation_superseded_by_another CHECK (superseded_by <> id),
    CONSTRAINT ck_operation_failed_says_why CHECK (NOT (status = 'failed') OR (error IS NOT NULL)),
    CONSTRAINT ck_operation_error_is_final
        CHECK (NOT (error IS NOT NULL) OR (finished_at IS NOT NULL)),
    CONSTRAINT uq_operation_of_tenant UNIQUE (id, tenant_id),
    CONSTRAINT fk_operation_superseded_by
        FOREIGN KEY(superseded_by) REFERENCES operation (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_operation_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
);

CREATE TABLE certificate (
    tenant_id VARCHAR NOT NULL,
    operation_id VARCHAR NOT NULL,
    document JSONB NOT NULL,
    issued_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_certificate PRIMARY KEY (tenant_id),
    CONSTRAINT fk_certificate_operation
        FOREIGN KEY(operation_id, tenant_id) REFERENCES operation (id, tenant_id),
    CONSTRAINT fk_certificate_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
);

CREATE TABLE resource (
    tenant_id VARCHAR NOT NULL,
    step VARCHAR NOT NULL,
    step_kind VARCHAR(40) NOT NULL,
    provider VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    namespace VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    state VARCHAR(40) NOT NULL,
    provider_id VARCHAR NOT NULL,
    attributes JSONB NOT NULL,
    intended_at TIMESTAMP WITH TIME ZONE NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE,
    gone_at TIMESTAMP WITH TIME ZONE,
    proof VARCHAR,
    operation_id VARCHAR NOT NULL,
    CONSTRAINT pk_resource PRIMARY KEY (tenant_id, kind, namespace, name),
    CONSTRAINT ck_resource_step_kind
        CHECK (step_kind IN ('bucket', 'database', 'database_parameters', 'dns', 'kubernetes',
        'pod_identity', 'role', 'secret')),
    CONSTRAINT ck_resource_state CHECK (state IN ('gone', 'intended', 'made')),
    CONSTRAINT ck_resource_provider CHECK (provider IN ('aws', 'kubernetes')),
    CONSTRAINT ck_resource_provider_of_kind
        CHECK ((provider = 'kubernetes') = (step_kind = 'kubernetes')),
    CONSTRAINT ck_resource_name CHECK (name <> ''),
    CONSTRAINT ck_resource_intended_untouched
        CHECK (NOT (state = 'intended') OR (made_at IS NULL AND gone_at IS NULL AND proof IS NULL)),
    CONSTRAINT ck_resource_made_has_instant
        CHECK (NOT (state = 'made') OR (made_at IS NOT NULL AND gone_at IS NULL AND proof IS NULL)),
    CONSTRAINT ck_resource_gone_is_proven
        CHECK (NOT (state = 'gone') OR (gone_at IS NOT NULL AND proof IS NOT NULL AND proof <> '')),
    CONSTRAINT fk_resource_operation
        FOREIGN KEY(operation_id, tenant_id) REFERENCES operation (id, tenant_id),
    CONSTRAINT fk_resource_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
)
"""

AFTER = """
CREATE INDEX ix_cell_region ON cell (region);
ALTER TABLE tenant ADD CONSTRAINT fk_tenant_held_by FOREIGN KEY(held_by, id) REFERENCES operation
(id, tenant_id) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX ix_tenant_cell ON tenant (cell);
CREATE INDEX ix_tenant_customer_id ON tenant (customer_id);
CREATE INDEX ix_tenant_due ON tenant (remove_after) WHERE remove_after IS NOT NULL;
CREATE INDEX ix_tenant_page ON tenant (created_at, id);
CREATE INDEX ix_tenant_slug ON tenant (slug);
CREATE UNIQUE INDEX uq_tenant_slug_not_gone ON tenant (slug) WHERE phase NOT IN ('cancelled',
'deleted', 'failed');
CREATE INDEX ix_operation_tenant ON operation (tenant_id, accepted_at);
CREATE UNIQUE INDEX uq_operation_running ON operation (tenant_id) WHERE status = 'running';
CREATE UNIQUE INDEX uq_operation_waiting ON operation (tenant_id) WHERE status = 'waiting'
"""


def upgrade() -> None:
    for statement in (TABLES + ";" + AFTER).split(";"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE tenant DROP CONSTRAINT fk_tenant_held_by")
    for table in (
        "resource",
        "certificate",
        "operation",
        "tenant",
        "plan",
        "idempotency",
        "customer",
        "cell",
    ):
        op.execute(f"DROP TABLE {table}")
