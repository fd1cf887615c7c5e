"""Looks up what a path names, or says that there is none."""

import re

from api.problems import ApiProblem, OperationRef
from api.services import Services
from domain.naming import SLUG_PATTERN
from domain.phases import OperationKind
from domain.plans import Target
from store.operations import get_operation, open_operations
from store.tables import OperationRow, TenantRow
from store.tenants import get_tenant, get_tenant_by_id

_OPERATION_ID = re.compile(r"[a-z0-9]{1,64}")


async def find_tenant(services: Services, slug: str, tenant_id: str | None) -> TenantRow:
    """The tenant that has the slug now, else the one that had it last; `tenant_id` picks one of several.

    Raises ApiProblem.
    """
    row = None
    # Anything else cannot be in the database, and some of it cannot even be sent there.
    if re.fullmatch(SLUG_PATTERN, slug):
        if tenant_id:
            row = await services.query(get_tenant_by_id, tenant_id)
        else:
            row = await services.query(get_tenant, slug)
    if row is None or row.slug != slug:
        named = f"'{slug[:64]}'" + (f" with id {tenant_id}" if tenant_id else "")
        raise ApiProblem("TenantNotFound", f"There is no tenant {named}; GET /v1/tenants lists them.")
    return row


async def find_operation(services: Services, operation_id: str) -> OperationRow:
    """Raises ApiProblem."""
    row = None
    if _OPERATION_ID.fullmatch(operation_id):
        row = await services.query(get_operation, operation_id)
    if row is None:
        raise ApiProblem("OperationNotFound")
    return row


async def open_operation(services: Services, tenant_id: str) -> OperationRef | None:
    """The operation that holds the tenant now."""
    rows = await services.query(open_operations, tenant_id)
    return OperationRef(id=rows[0].id, kind=rows[0].kind, url=operation_url(rows[0].id)) if rows else None


async def newest_target(services: Services, tenant: TenantRow) -> Target:
    """What the tenant has; while it is being scaled, the newest target asked for."""
    for operation in reversed(await services.query(open_operations, tenant.id)):
        if operation.kind is OperationKind.SCALE and operation.request.target:
            return operation.request.target
    return tenant.target


def operation_url(operation_id: str) -> str:
    return f"/v1/operations/{operation_id}"
