"""A tenant's row as the API shows it."""

from collections.abc import Sequence

from api.drift import conditions_of
from api.services import Services
from api.views import TenantView
from catalog import Catalog
from store.observations import observations
from store.tables import ObservationRow, TenantRow


async def shown_tenant(services: Services, row: TenantRow) -> TenantView:
    """As `GET /v1/tenants/{slug}` shows it."""
    looks = await services.query(observations, [row.id])
    return tenant_view(services.catalog, row, looks.get(row.id, []))


def tenant_view(catalog: Catalog, row: TenantRow, looks: Sequence[ObservationRow]) -> TenantView:
    # A cell that cells.yaml no longer lists still has tenants.
    cell = catalog.cells.get(row.cell)
    return TenantView(
        id=row.id,
        slug=row.slug,
        customer_id=row.customer_id,
        phase=row.phase,
        plan=row.plan,
        target=row.target,
        sizes=row.sizes,
        region=row.region,
        cell=row.cell,
        time_zone=row.time_zone,
        url=f"https://{row.slug}.{cell.domain}" if cell else None,
        conditions=[*row.conditions, *conditions_of(row, looks)],
        remove_after=row.remove_after,
        operation_id=row.held_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
        deleted_at=row.deleted_at,
    )
