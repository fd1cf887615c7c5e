"""From a wished change to the answer that says what it would do."""

import asyncio
from collections.abc import Sequence

import anyio.to_thread

from activities.records.foresight import Foresight
from api.changes import Wish, checked
from api.find import find_tenant, operation_url
from api.preconditions import tag_of
from api.preview_shown import Seen, shown
from api.preview_views import PreviewView
from api.problems import ApiProblem, OperationRef
from api.runs import in_progress
from api.schemas import Preview
from api.services import Services
from api.tenant_view import shown_tenant
from domain.billing.comparing import PriceChange
from domain.messages import OperationRequest
from domain.naming import new_operation_id
from domain.phases import OperationKind, OperationStatus, may_take_over
from store.operations import open_operations
from store.tables import OperationRow
from store.usage_read import UsageGone
from workflows.refusals import being_undone, cannot_take_over

_LEAVING = frozenset({OperationKind.SUSPEND, OperationKind.TEARDOWN})


async def answer(services: Services, slug: str, tenant_id: str | None, wanted: Preview) -> PreviewView:
    """Raises ApiProblem: the one that the change itself would be refused with."""
    wish = _wish(slug, tenant_id, wanted)
    tenant = await find_tenant(services, slug, tenant_id)
    etag = tag_of(await shown_tenant(services, tenant))
    target = await checked(services, tenant, wish)
    taken_over = _gives_way(await services.query(open_operations, tenant.id), wish.kind, slug)
    request = OperationRequest(
        operation_id=new_operation_id(),
        kind=wish.kind,
        tenant_id=tenant.id,
        slug=tenant.slug,
        requested_by="",
        target=target,
        grace_seconds=wish.grace_seconds,
    )
    foreseen = await anyio.to_thread.run_sync(services.previews.foresee, request)
    looks, (price, unpriced) = await asyncio.gather(
        services.previews.look(foreseen, wish.kind), _price(services, tenant.id, foreseen)
    )
    seen = Seen(services.caller, tenant, etag, wish.kind, taken_over, foreseen, looks, price, unpriced)
    return shown(seen, services.clock.now(), services.previews.usual)


def _wish(slug: str, tenant_id: str | None, wanted: Preview) -> Wish:
    kind = OperationKind(wanted.change)
    scale = wanted.scale() if kind is OperationKind.SCALE else None
    return Wish(kind, slug, tenant_id, {}, scale=scale, grace_seconds=wanted.grace)


def _gives_way(rows: Sequence[OperationRow], kind: OperationKind, slug: str) -> OperationRef | None:
    """The open operation, if the change would take its place. Raises ApiProblem as its run would refuse."""
    if not rows:
        return None
    running = rows[0]
    ref = OperationRef(id=running.id, kind=running.kind, url=operation_url(running.id))
    if kind is running.kind is OperationKind.SCALE:
        if running.undoing or any(row.status is OperationStatus.WAITING for row in rows):
            raise ApiProblem("PhaseConflict", being_undone(slug))
        return ref
    if kind not in _LEAVING:
        raise in_progress(ref)
    last = rows[-1].kind
    if not may_take_over(last, kind):
        raise in_progress(ref, cannot_take_over(last, kind))
    return ref


async def _price(services: Services, tenant_id: str, foreseen: Foresight) -> tuple[PriceChange | None, str]:
    """And why there is none."""
    try:
        found = await services.query(lambda _: services.forecaster.compared(tenant_id, foreseen.price))
    except UsageGone as error:
        return None, f"price: {error}"
    return found, "" if found else "price: the tenant has never been active on a plan with a price"
