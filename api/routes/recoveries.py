"""Recovery: the reconciler's work at once, for whoever does not want to wait for its schedule."""

from api.audit_notes import note_asked
from api.body import NO_BODY
from api.docs import CHANGES, errors
from api.guard import GuardedRouter
from api.identity import AskedFor
from api.revival import run_of
from api.services import Served
from domain.messages import RecoveryResult

router = GuardedRouter(prefix="/v1/recoveries", tags=["operations"])


@router.post(
    "",
    summary="Recover operations whose run was lost",
    responses=errors(*CHANGES),
    dependencies=[NO_BODY],
)
async def recover(services: Served, asked: AskedFor) -> RecoveryResult:
    """Looks at every open operation, and starts a recovery where no run is open; answers what was started.
    Follow each as any operation: it keeps its id. The schedule does the same every five minutes."""
    run = run_of(asked)
    await note_asked(services, asked, "recovery", run)
    return await services.revival.of_all(run)
