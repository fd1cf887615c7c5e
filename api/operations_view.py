"""One operation as it is now: live from its open run, else as recorded."""

from api.find import find_operation
from api.progress import RunClosed
from api.services import Services
from api.views import OperationDetail
from domain.messages import Intervention, OperationView
from domain.phases import FINISHED, OperationStatus
from domain.progress import percent_done, percent_undone
from store.tables import OperationRow
from store.tenants import get_tenant_by_id


async def operation_detail(services: Services, operation_id: str) -> OperationDetail:
    """Raises ApiProblem when there is no such operation."""
    row = await find_operation(services, operation_id)
    if row.status in FINISHED:
        return _recorded(row)
    request = row.request
    try:
        live = await services.progress.of(request.slug, request.tenant_id, operation_id)
    except RunClosed:
        # It may have ended between the two looks.
        row = await find_operation(services, operation_id)
        return _recorded(row) if row.status in FINISHED else _lost(row)
    return _live(row, live) if live else await _standing(services, row)


def _recorded(row: OperationRow) -> OperationDetail:
    return OperationDetail(
        id=row.id,
        kind=row.kind,
        status=row.status,
        tenant_id=row.tenant_id,
        slug=row.request.slug,
        percent=100 if row.status is OperationStatus.SUCCEEDED else percent_done(row.timeline),
        undone_percent=percent_undone(row.timeline),
        waiting_for="",
        steps=row.timeline,
        error=row.error,
        kept=row.kept,
        conditions=[],
        interventions=row.interventions,
        superseded_by=row.superseded_by,
        requested_by=row.requested_by,
        accepted_at=row.accepted_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


async def _standing(services: Services, row: OperationRow) -> OperationDetail:
    """As recorded, with what its run waits for: that is written down, and stays while nobody answers."""
    tenant = await services.query(get_tenant_by_id, row.tenant_id)
    waits = [c for c in tenant.conditions if c.stops] if tenant and tenant.held_by == row.id else []
    return _recorded(row).model_copy(update={"conditions": waits})


def _lost(row: OperationRow) -> OperationDetail:
    return _recorded(row).model_copy(update={"waiting_for": "its recovery, because its run was lost"})


def _live(row: OperationRow, view: OperationView) -> OperationDetail:
    return _recorded(row).model_copy(
        update={
            # 100 is for what has succeeded: the last step is done before the ending is written.
            "percent": min(view.percent, 99),
            "undone_percent": view.undone_percent,
            "waiting_for": view.waiting_for,
            "steps": view.steps,
            "error": view.error,
            "kept": view.kept,
            "conditions": view.conditions,
            "interventions": _all(row.interventions, view.interventions),
        }
    )


def _all(recorded: list[Intervention], live: list[Intervention]) -> list[Intervention]:
    """A run knows what is not written yet, and does not know what was done to a run that was lost."""
    known = {intervention.id: intervention for intervention in [*recorded, *live]}
    return sorted(known.values(), key=lambda intervention: intervention.at)
