"""Operations: what became of an accepted change."""

from typing import Annotated

from fastapi import APIRouter, Path, status

from api.body import NO_BODY
from api.docs import CHANGES, READS, errors
from api.interventions import InterventionsOf
from api.operations_view import operation_detail
from api.services import Served
from api.views import Accepted, OperationDetail

router = APIRouter(prefix="/v1/operations", tags=["operations"])

OperationId = Annotated[
    str,
    Path(
        description="From the 202 that accepted it.",
        openapi_examples={"op": {"value": "opk3v9x2m4q8w1r5t7za"}},
    ),
]


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
    responses=errors("OperationNotFound", "OperationFinished", "PhaseConflict", *CHANGES),
    dependencies=[NO_BODY],
)
async def cancel(interventions: InterventionsOf, operation_id: OperationId) -> Accepted:
    """Undoes what the operation did: a sign-up leaves nothing, a change the last good state. A teardown only
    goes forward; restore the tenant during its grace instead."""
    return await interventions.cancel(operation_id)


@router.post(
    "/{operation_id}/retry",
    summary="Try again what waits for attention",
    status_code=status.HTTP_202_ACCEPTED,
    responses=errors("OperationNotFound", "OperationFinished", "PhaseConflict", *CHANGES),
    dependencies=[NO_BODY],
)
async def retry(interventions: InterventionsOf, operation_id: OperationId) -> Accepted:
    """For an operation with the condition NeedsAttention, once somebody has mended the cause it names."""
    return await interventions.retry(operation_id)
