"""Closing runs: what the schedule does every hour, at once."""

from typing import Annotated

from fastapi import Body, Response, status

from api.audit_notes import note_asked
from api.body import JSON_IF_ANY
from api.closing_views import AcceptedClosing, ClosingView, NewClosing, NotClosed, NotHandedOn
from api.docs import BODY, CHANGES, READS, errors
from api.guard import GuardedRouter
from api.identity import AskedFor
from api.paths import ClosingId
from api.services import Served, Services
from store.billing.troubles import not_closed, not_handed_on

router = GuardedRouter(prefix="/v1/closings", tags=["billing"])


@router.post(
    "",
    summary="Close periods",
    status_code=status.HTTP_202_ACCEPTED,
    responses=errors(*BODY, *CHANGES),
    dependencies=[JSON_IF_ANY],
)
async def close_periods(
    services: Served, asked: AskedFor, response: Response, given: Annotated[NewClosing | None, Body()] = None
) -> AcceptedClosing:
    """Drafts the invoices of all periods that have ended, and makes final what is due, as the schedule does
    every hour: both at once make each invoice once. A moment that is yet to come is refused."""
    as_of = given.as_of if given else None
    closing_id = services.closings.id_of(asked, as_of, services.clock.now())
    after = {"as_of": as_of.isoformat()} if as_of else None
    await note_asked(services, asked, "closing", closing_id, after)
    await services.closings.start(asked, closing_id, as_of)
    response.headers["Location"] = f"/v1/closings/{closing_id}"
    return AcceptedClosing(id=closing_id)


@router.get("/{closing_id}", summary="Show a closing run", responses=errors("ClosingNotFound", *READS))
async def closing(services: Served, closing_id: ClosingId) -> ClosingView:
    """Whether it runs, is done or failed, what it counted, and what it could not do. Kept as long as Temporal
    keeps ended runs."""
    return await _with_troubles(services, await services.closings.show(closing_id))


async def _with_troubles(services: Services, view: ClosingView) -> ClosingView:
    troubles: dict[str, object] = {}
    if view.result and view.result.failed:
        found = await services.query(not_closed)
        troubles["not_closed"] = [
            NotClosed(slug=one.name, tenant_id=one.tenant_id, reason=one.reason) for one in found
        ]
    if view.result and view.result.undelivered:
        found = await services.query(not_handed_on)
        troubles["not_handed_on"] = [
            NotHandedOn(number=one.name, tenant_id=one.tenant_id, reason=one.reason) for one in found
        ]
    return view.model_copy(update=troubles)
