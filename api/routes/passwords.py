"""Passwords: a tenant's database gets a new one on demand; the schedule does it by age."""

from fastapi import status

from api.body import NO_BODY
from api.changes import ChangesOf, Wish
from api.docs import CHANGES, errors
from api.guard import GuardedRouter
from api.paths import Slug
from api.routes.tenants import WhichOf
from api.views import Accepted
from domain.phases import OperationKind

router = GuardedRouter(prefix="/v1/tenants", tags=["tenants"])


@router.post(
    "/{slug}/rotate-password",
    summary="Rotate the database password",
    status_code=status.HTTP_202_ACCEPTED,
    responses=errors(
        "TenantNotFound", "PhaseConflict", "OperationInProgress", "PreconditionFailed", "Refused", *CHANGES
    ),
    dependencies=[NO_BODY],
)
async def rotate_password(changes: ChangesOf, slug: Slug, which: WhichOf) -> Accepted:
    """Moves the tenant to its other database user, with a new password, restarts what runs with it, and locks
    the user of before. Can be undone until the new password is in the secret; then it only goes forward."""
    return await changes.change(Wish(OperationKind.ROTATE, slug, which.id, {}))
