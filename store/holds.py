"""Who may write to a tenant: the operation that holds it, and nobody else.

The tenant's row is the lock of everything of that tenant: the start and the end of an operation take it
alone, writes of steps share it (store/inventory_sql.py), so that no step of a replaced run can write after
its successor has begun.
"""

from sqlmodel import Session, select

from domain.errors import StaleRun
from store.tables import TenantRow


def lock_tenant(session: Session, tenant_id: str) -> TenantRow | None:
    """The tenant, locked against every other writer until the transaction ends."""
    return session.exec(select(TenantRow).where(TenantRow.id == tenant_id).with_for_update()).one_or_none()


def held_tenant(session: Session, tenant_id: str, operation_id: str) -> TenantRow:
    """The tenant, locked, if `operation_id` holds it. Raises StaleRun."""
    tenant = lock_tenant(session, tenant_id)
    if tenant is None or tenant.held_by != operation_id:
        raise stale(tenant_id, operation_id)
    return tenant


def stale(tenant_id: str, operation_id: str) -> StaleRun:
    return StaleRun(f"operation {operation_id} no longer holds tenant {tenant_id}")
