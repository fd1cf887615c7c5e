"""Recovery: the reconciler's work at once, for whoever does not want to wait for its schedule."""

from fastapi import APIRouter

from api.body import NO_BODY
from api.docs import CHANGES, errors
from api.identity import AskedFor
from api.services import Served
from domain.messages import RecoveryResult

router = APIRouter(prefix="/v1/recoveries", tags=["operations"])


@router.post(
    "",
    summary="Recover operations whose run was lost",
    responses=errors(*CHANGES),
    dependencies=[NO_BODY],
)
async def recover(services: Served, asked: AskedFor) -> RecoveryResult:
    """Looks at every open operation, and starts a recovery where no run is open; answers what was started.
    Follow each as any operation: it keeps its id. The schedule does the same every five minutes."""
    return await services.revival.of_all(asked)
