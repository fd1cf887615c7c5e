"""Operations: what became of an accepted change."""

from typing import Annotated, Any

from fastapi import Body, status

from api.body import JSON_BODY, JSON_IF_ANY, NO_BODY
from api.docs import BODY, CHANGES, READS, errors
from api.guard import GuardedRouter
from api.intervention_schemas import Abort, Amend, Resume, Retry, Skip
from api.interventions import InterventionsOf
from api.operations_view import operation_detail
from api.paths import OperationId
from api.services import Served
from api.views import Accepted, OperationDetail

router = GuardedRouter(prefix="/v1/operations", tags=["operations"])

_REFUSALS = ("OperationNotFound", "OperationFinished", *CHANGES)
_INTERVENTION_WITH_BODY: dict[str, Any] = {
    "status_code": status.HTTP_202_ACCEPTED,
    "responses": errors("NotPossibleNow", *_REFUSALS, *BODY),
    "dependencies": [JSON_BODY],
}
_INTERVENTION = _INTERVENTION_WITH_BODY | {"dependencies": [JSON_IF_ANY]}


@router.get(
    "/{operation_id}",
    summary="Show an operation",
    responses=errors("OperationNotFound", *READS),
)
async def operation(services: Served, operation_id: OperationId) -> OperationDetail:
    """Its steps, percentage and error; of an open one at most a second old."""
    return await operation_detail(services, operation_id)


@router.post(
    "/{operation_id}/cancel",
    summary="Cancel an operation",
    status_code=status.HTTP_202_ACCEPTED,
    responses=errors("PhaseConflict", *_REFUSALS),
    dependencies=[NO_BODY],
)
async def cancel(interventions: InterventionsOf, operation_id: OperationId) -> Accepted:
    """Undoes what the operation did: a sign-up leaves nothing, a change the last good state. A teardown only
    goes forward: restore the tenant during its grace, or have an engineer abort it."""
    return await interventions.cancel(operation_id)


@router.post("/{operation_id}/retry", summary="Try again what waits for attention", **_INTERVENTION)
async def retry(
    interventions: InterventionsOf, operation_id: OperationId, given: Annotated[Retry | None, Body()] = None
) -> Accepted:
    """For an operation with the condition NeedsAttention, once somebody has mended the cause it names. The
    body may be left out; then everything that waits is tried again."""
    return await interventions.retry(operation_id, given or Retry())


@router.post("/{operation_id}/skip", summary="Leave a step as it is", **_INTERVENTION_WITH_BODY)
async def skip(interventions: InterventionsOf, operation_id: OperationId, given: Skip) -> Accepted:
    """For a step of a removal or an undo that waits for attention and that its blueprint marks as skippable.
    Its things may still be there: the certificate says of each that it is not proven gone, and why."""
    return await interventions.skip(operation_id, given)


@router.post("/{operation_id}/abort", summary="Undo what an operation did", **_INTERVENTION_WITH_BODY)
async def abort(interventions: InterventionsOf, operation_id: OperationId, given: Abort) -> Accepted:
    """Like cancel, and also for a teardown, until its removal begins: the tenant is brought back."""
    return await interventions.abort(operation_id, given)


@router.post("/{operation_id}/amend", summary="Give a stuck step other input", **_INTERVENTION_WITH_BODY)
async def amend(interventions: InterventionsOf, operation_id: OperationId, given: Amend) -> Accepted:
    """For a step that waits for attention and cannot be done as it was asked: `final_snapshot: false` removes
    a database without its last snapshot; `database_class` gives a database, whose change is being undone,
    another class than the one it had. What differs is listed under `kept`."""
    return await interventions.amend(operation_id, given)


@router.post("/{operation_id}/resume", summary="Go on after a pause", **_INTERVENTION)
async def resume_from_pause(
    interventions: InterventionsOf, operation_id: OperationId, given: Annotated[Resume | None, Body()] = None
) -> Accepted:
    """For an operation with the condition Paused, which was started with `pause_before`. The body may be left
    out; then every step goes on that it paused before."""
    return await interventions.resume(operation_id, given or Resume())
