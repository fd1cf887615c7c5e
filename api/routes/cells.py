"""Where it runs."""

from api.docs import errors
from api.guard import GuardedRouter
from api.services import Served
from api.views import CellView

router = GuardedRouter(prefix="/v1/cells", tags=["catalog"])


@router.get("", summary="List cells", responses=errors("InternalError"))
async def cells(services: Served) -> list[CellView]:
    """In the order of cells.yaml. Sign-up names a region; Tenantry picks a cell of it."""
    return [
        CellView(name=cell.name, region=cell.region, domain=cell.domain)
        for cell in services.catalog.cells.values()
    ]
