"""Looks up what a path names, or says that there is none."""

from api.problems import ApiProblem, OperationRef
from api.services import Services
from domain.billing.document import InvoiceDocument
from domain.phases import OperationKind
from domain.plans import Target
from store.billing.reading import find_document
from store.operations import get_operation, open_operations
from store.tables import OperationRow, TenantRow
from store.tenants import get_tenant, get_tenant_by_id


async def find_tenant(services: Services, slug: str, tenant_id: str | None) -> TenantRow:
    """The tenant that has the slug now, else the one that had it last; `tenant_id` picks one of several.

    Of somebody else's tenant a customer hears what it would hear if there were none. Raises ApiProblem.
    """
    caller = services.caller
    if tenant_id:
        row = await services.query(get_tenant_by_id, tenant_id)
    else:
        row = await services.query(get_tenant, slug, caller.customer_id)
    if row is None or row.slug != slug or not caller.sees(row.customer_id):
        named = f"'{slug}'" + (f" with id {tenant_id}" if tenant_id else "")
        raise ApiProblem("TenantNotFound", f"There is no tenant {named}; GET /v1/tenants lists them.")
    return row


async def find_operation(services: Services, operation_id: str) -> OperationRow:
    """Raises ApiProblem."""
    row = await services.query(get_operation, operation_id)
    if row is None or not await _is_seen(services, row.tenant_id):
        raise ApiProblem("OperationNotFound")
    return row


async def _is_seen(services: Services, tenant_id: str) -> bool:
    if services.caller.customer_id is None:
        return True
    tenant = await services.query(get_tenant_by_id, tenant_id)
    return tenant is not None and services.caller.sees(tenant.customer_id)


async def find_invoice_document(services: Services, name: str) -> InvoiceDocument:
    """Raises ApiProblem."""
    document = await services.query(find_document, name)
    if document is None or not await _is_seen(services, document.tenant.id):
        raise ApiProblem("InvoiceNotFound")
    return document


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
