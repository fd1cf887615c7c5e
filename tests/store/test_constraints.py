"""The database itself refuses rows that cannot be true, whoever writes them."""

import pytest
from psycopg.errors import CheckViolation, ForeignKeyViolation, UniqueViolation
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from catalog import Catalog
from domain.phases import OperationKind
from tests.store.world import Tenant, World


def refused_by(world: World, statement: str, tenant: Tenant, **values: object) -> str | None:
    """Name of the constraint that refuses `statement`; whatever it did is taken back."""
    with pytest.raises(IntegrityError) as refusal, world.engine.begin() as connection:
        connection.execute(text(statement), {"id": tenant.id, **values})
    assert isinstance(refusal.value.orig, CheckViolation | ForeignKeyViolation | UniqueViolation)
    return refusal.value.orig.diag.constraint_name


@pytest.fixture(scope="module")
def tenant(engine: Engine, catalog: Catalog) -> Tenant:
    """Active, with a finished sign-up and everything made. Every change of it in these tests is refused."""
    return World(engine, catalog).active()


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("id = 'short'", "ck_tenant_id"),
        ("id = '1bcdefghijkl'", "ck_tenant_id"),
        ("slug = 'a--b'", "ck_tenant_slug"),
        ("slug = 'ab'", "ck_tenant_slug"),
        ("slug = 'Upper'", "ck_tenant_slug"),
        ("slug = 'ends-with-'", "ck_tenant_slug"),
        ("phase = 'sleeping'", "ck_tenant_phase"),
        ("mode = 'paused'", "ck_tenant_mode"),
        ("plan = 'team'", "ck_tenant_plan_is_targets"),
        ("mode = NULL", "ck_tenant_last_good_state_whole"),
        ("sizes = NULL, mode = NULL", "ck_tenant_last_good_state_known"),
        ("phase = 'scaling'", "ck_tenant_open_is_held"),
        ("phase = 'deleted'", "ck_tenant_gone_has_instant"),
        ("deleted_at = now()", "ck_tenant_gone_has_instant"),
        ("phase = 'deleted', deleted_at = now(), held_by = 'op'", "ck_tenant_gone_is_free"),
        ("remove_after = now()", "ck_tenant_grace_only_when_leaving"),
        ("phase = 'closed'", "ck_tenant_closed_has_grace"),
        ("cell = 'nowhere'", "fk_tenant_cell"),
        ("customer_id = 'nobody'", "fk_tenant_customer_id"),
        ("plan = 'gold', target = jsonb_set(target, '{plan}', '\"gold\"')", "fk_tenant_plan"),
        ("held_by = 'op-unknown'", "fk_tenant_held_by"),
    ],
)
def test_tenant_rows_that_cannot_be_true(world: World, tenant: Tenant, change: str, constraint: str) -> None:
    """Each wrong change of a tenant is refused by the constraint that is there for it."""
    assert refused_by(world, f"UPDATE tenant SET {change} WHERE id = :id", tenant) == constraint


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("kind = 'merge'", "ck_operation_kind"),
        ("status = 'lost', finished_at = NULL", "ck_operation_status"),
        ("finished_at = NULL", "ck_operation_finished_has_instant"),
        ("status = 'waiting', finished_at = NULL", "ck_operation_waiting_not_started"),
        ("status = 'running', finished_at = NULL, started_at = NULL", "ck_operation_running_is_started"),
        ("status = 'running', finished_at = NULL, plan = NULL", "ck_operation_running_has_plan"),
        ("status = 'superseded'", "ck_operation_superseded_names"),
        ("superseded_by = 'op'", "ck_operation_superseded_names"),
        ("status = 'superseded', superseded_by = id", "ck_operation_superseded_by_another"),
        ("status = 'superseded', superseded_by = 'op'", "fk_operation_superseded_by"),
        ("status = 'failed'", "ck_operation_failed_says_why"),
        ("status = 'running', finished_at = NULL, error = '{}'", "ck_operation_error_is_final"),
    ],
)
def test_operation_rows_that_cannot_be_true(
    world: World, tenant: Tenant, change: str, constraint: str
) -> None:
    """Each wrong change of an operation is refused by the constraint that is there for it."""
    assert refused_by(world, f"UPDATE operation SET {change} WHERE tenant_id = :id", tenant) == constraint


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("state = 'lost'", "ck_resource_state"),
        ("step_kind = 'queue', provider = 'aws'", "ck_resource_step_kind"),
        ("provider = 'azure'", "ck_resource_provider"),
        ("provider = 'kubernetes', step_kind = 'bucket'", "ck_resource_provider_of_kind"),
        ("name = ''", "ck_resource_name"),
        ("state = 'intended'", "ck_resource_intended_untouched"),
        ("made_at = NULL", "ck_resource_made_has_instant"),
        ("gone_at = now()", "ck_resource_made_has_instant"),
        ("state = 'gone'", "ck_resource_gone_is_proven"),
        ("state = 'gone', gone_at = now()", "ck_resource_gone_is_proven"),
        ("state = 'gone', gone_at = now(), proof = ''", "ck_resource_gone_is_proven"),
        ("operation_id = 'op-unknown'", "fk_resource_operation"),
        ("kind = 'k', namespace = 'n', name = 'same'", "pk_resource"),
    ],
)
def test_resource_rows_that_cannot_be_true(
    world: World, tenant: Tenant, change: str, constraint: str
) -> None:
    """Each wrong change of the inventory is refused by the constraint that is there for it."""
    assert refused_by(world, f"UPDATE resource SET {change} WHERE tenant_id = :id", tenant) == constraint


@pytest.mark.parametrize("status", ["running", "waiting"])
def test_one_operation_runs_and_one_waits(world: World, status: str) -> None:
    """A tenant never has two running or two waiting operations."""
    tenant = world.signing_up()
    world.take_over(world.request(OperationKind.TEARDOWN, tenant), tenant.signup)
    doubled = (
        'INSERT INTO operation SELECT (jsonb_populate_record(operation, \'{"id": "op-second"}\')).*'
        " FROM operation WHERE tenant_id = :id AND status = :status"
    )
    assert refused_by(world, doubled, tenant, status=status) == f"uq_operation_{status}"


def test_a_holder_is_an_operation_of_this_tenant(world: World, tenant: Tenant) -> None:
    """Another tenant's operation cannot hold a tenant, nor sign for its resources."""
    other = world.active().signup.operation_id
    held = "UPDATE tenant SET held_by = :other WHERE id = :id"
    assert refused_by(world, held, tenant, other=other) == "fk_tenant_held_by"
    signed = "UPDATE resource SET operation_id = :other WHERE tenant_id = :id"
    assert refused_by(world, signed, tenant, other=other) == "fk_resource_operation"


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ("'me', '', 'h', 'op1', 'abcdefghijkl', NULL", "ck_idempotency_key"),
        ("'', 'k', 'h', 'op1', 'abcdefghijkl', NULL", "ck_idempotency_caller"),
        ("'me', 'k', 'h', 'op1', 'SHOUTING', NULL", "ck_idempotency_tenant_id"),
        ("'me', 'k', 'h', 'op1', NULL, NULL", "ck_idempotency_operation_of_tenant"),
        ("'me', 'k', 'h', NULL, NULL, NULL", "ck_idempotency_one_thing"),
        ("'me', 'k', 'h', 'op1', 'abcdefghijkl', 'cust'", "ck_idempotency_one_thing"),
    ],
)
def test_idempotency_rows_that_cannot_be_true(
    world: World, tenant: Tenant, values: str, constraint: str
) -> None:
    """A key leads to exactly one thing: an operation of a tenant, a customer, or a webhook."""
    insert = (
        "INSERT INTO idempotency (caller, key, body_hash, operation_id, tenant_id, customer_id, created_at)"
        f" VALUES ({values}, now())"
    )
    assert refused_by(world, insert, tenant) == constraint


def test_two_living_tenants_never_share_a_slug(world: World, tenant: Tenant) -> None:
    """The slug is guarded by the database even if somebody renames a tenant by hand."""
    other = world.active()
    rename = "UPDATE tenant SET slug = :slug WHERE id = :id"
    assert refused_by(world, rename, other, slug=tenant.slug) == "uq_tenant_slug_not_gone"
