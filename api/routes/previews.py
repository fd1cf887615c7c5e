"""What a change would do, before anyone commits to it."""

from api.body import JSON_BODY
from api.docs import BODY, READS, errors
from api.guard import GuardedRouter
from api.paths import Slug
from api.preview_answers import answer
from api.preview_views import PreviewView
from api.routes.tenants import WhichOf
from api.schemas import Preview
from api.services import Served

router = GuardedRouter(prefix="/v1/tenants", tags=["tenants"])


@router.post(
    "/{slug}/preview",
    summary="Preview a change",
    responses=errors(
        "TenantNotFound", "PhaseConflict", "OperationInProgress", "Refused", "InvalidSpec", *BODY, *READS
    ),
    dependencies=[JSON_BODY],
)
async def preview_change(services: Served, slug: Slug, which: WhichOf, change: Preview) -> PreviewView:
    """Objects to add, change and remove, capacity, price now and then, disruption and expected duration,
    within seconds. Nothing is changed, no operation waits for it, and it needs no Idempotency-Key. What the
    change would be refused for refuses its preview, with the same problem."""
    return await answer(services, slug, which.id, change)
