"""Who the API takes the caller for."""

from api.docs import READS, errors
from api.guard import GuardedRouter
from api.key_schemas import Me
from api.services import Served

router = GuardedRouter(prefix="/v1/me", tags=["access"])


@router.get("", summary="Show who you are", responses=errors(*READS))
async def me(services: Served) -> Me:
    """Whose key or token this is, and its roles."""
    caller = services.caller
    return Me(subject=caller.subject, roles=sorted(caller.roles), customer_id=caller.customer_id)
