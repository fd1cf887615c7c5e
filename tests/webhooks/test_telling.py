"""What happened is written with it, once, and for whoever is to hear of it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, col, select
from temporalio.testing import ActivityEnvironment

from activities.usage_upkeep import UsageUpkeep
from domain.errors import OperationLost
from domain.messages import ErrorView
from domain.naming import new_tenant_id
from domain.phases import OperationKind, OperationStatus, Phase
from domain.webhooks.events import EventType
from domain.webhooks.retries import KEPT
from store.engine import transaction
from store.tables import WebhookEventRow
from store.webhooks.endpoints import removed
from tests.store.billed import Books
from tests.store.test_closing_runs import LATE, opened
from tests.store.world import FixedClock, Tenant, World
from tests.webhooks.site import Site


def told(world: World, tenant_id: str, *types: EventType) -> list[dict[str, Any]]:
    """In the order in which it happened."""
    query = select(WebhookEventRow).where(WebhookEventRow.tenant_id == tenant_id)
    with transaction(world.engine) as session:
        rows = list(session.exec(query.order_by(col(WebhookEventRow.at), col(WebhookEventRow.id))))
    return [row.data for row in rows if row.type in (types or EventType)]


def phases(world: World, tenant: Tenant) -> list[tuple[str | None, str]]:
    return [(one["from"], one["to"]) for one in told(world, tenant.id, EventType.PHASE_CHANGED)]


def test_every_phase_of_a_life_is_told(world: World) -> None:
    """From sign-up to the end, each change once, with the operation that made it; nothing else."""
    tenant = world.closed()
    remove = world.request(OperationKind.REMOVE, tenant)
    world.clock.move(world.in_seconds(3601) - world.clock.now())
    world.begin(remove)
    world.lose_everything(remove)
    world.records.issue_certificate(world.verify_input(remove))
    world.end(remove)
    assert phases(world, tenant) == [
        (None, "provisioning"),
        ("provisioning", "active"),
        ("active", "closing"),
        ("closing", "closed"),
        ("closed", "removing"),
        ("removing", "deleted"),
    ]
    first, *_ = told(world, tenant.id, EventType.PHASE_CHANGED)
    assert first == {
        "tenant_id": tenant.id,
        "slug": tenant.slug,
        "from": None,
        "to": "provisioning",
        "operation_id": tenant.signup.operation_id,
    }


def test_what_is_done_again_is_told_once(world: World) -> None:
    """An activity whose answer was lost is done again: begin, finish, and a refused beginning."""
    tenant = world.active()
    scale = world.request(OperationKind.SCALE, tenant)
    for _ in range(2):
        world.begin(scale)
    with pytest.raises(OperationLost):
        world.begin(world.request(OperationKind.RESUME, tenant).model_copy(update={"operation_id": "opno"}))
    for _ in range(2):
        world.end(scale)
    assert phases(world, tenant)[2:] == [("active", "scaling"), ("scaling", "active")]
    finished = told(world, tenant.id, EventType.OPERATION_FINISHED)
    assert [one["kind"] for one in finished] == ["signup", "scale"]


def test_every_ending_is_told(world: World) -> None:
    """One that failed, with its code; one that was superseded; one that had nothing to begin from."""
    tenant = world.active()
    first, second = (world.request(OperationKind.SCALE, tenant) for _ in range(2))
    world.begin(first)
    world.take_over(second, first)
    suspend = world.request(OperationKind.SUSPEND, tenant)
    world.take_over(suspend, first)
    error = ErrorView(code="AccessDenied", message="the role may not")
    world.end(
        first, result_of=second.operation_id, status=OperationStatus.FAILED, phase=Phase.ACTIVE, error=error
    )
    ended = {one["operation_id"]: one for one in told(world, tenant.id, EventType.OPERATION_FINISHED)}
    assert ended[first.operation_id]["status"] == "superseded"
    assert (ended[second.operation_id]["status"], ended[second.operation_id]["error_code"]) == (
        "failed",
        "AccessDenied",
    )
    assert "may not" not in str(ended)
    assert suspend.operation_id not in ended


def test_every_invoice_is_told_with_its_number(world: World) -> None:
    """In the transaction that numbers it: total and currency as issued."""
    books: Books = opened(world, LATE)
    books.close()
    issued = [one for one in books.invoices() if one.number]
    said = sorted(
        told(world, books.tenant.id, EventType.INVOICE_FINALIZED), key=lambda one: str(one["number"])
    )
    assert [one["number"] for one in said] == [one.number for one in issued]
    assert [one["total_minor"] for one in said] == [one.total_minor for one in issued]
    assert {one["currency"] for one in said} == {"EUR"}
    books.forget()


def test_endpoints_hear_what_is_theirs(site: Site) -> None:
    """Of their customer's tenants and of the types they asked for; without a customer, of all."""
    own = site.hook("/own")
    invoices = site.hook("/invoices", EventType.INVOICE_FINALIZED)
    everything = site.hook("/everything", everybodys=True)
    theirs = Site(World(site.world.engine, site.world.catalog), site.keys, site.receiver).hook("/theirs")
    site.happen()
    assert [len(site.told(hook)) for hook in (own, invoices, theirs, everything)] == [1, 0, 0, 1]
    site.change(everything, removed(site.world.clock.now()))
    site.happen()
    assert len(site.told(everything)) == 1


def test_what_was_told_is_not_changed(site: Site) -> None:
    """An event is what it was: the database refuses changes of it."""
    site.happen()
    with Session(site.world.engine) as session:
        row = session.exec(select(WebhookEventRow).limit(1)).one()
        row.tenant_id = new_tenant_id()
        with pytest.raises(DatabaseError, match="never changed"):
            session.flush()


def keep(site: Site, after: timedelta) -> None:
    """What the schedule `keep-usage` does, so much later."""
    upkeep = UsageUpkeep(site.world.engine, FixedClock(site.world.clock.now() + after), at_once=1)
    ActivityEnvironment().run(upkeep.keep)


def test_what_is_old_goes(site: Site) -> None:
    """Events go by age, with their deliveries, and endpoints that were removed as long ago."""
    site.world.clock.move(-timedelta(days=9000))
    hook = site.hook("/old")
    site.happen()
    site.change(hook, removed(site.world.clock.now()))
    keep(site, KEPT - timedelta(minutes=1))
    assert len(site.told(hook)) == 1
    keep(site, KEPT + timedelta(minutes=1))
    assert site.told(hook) == []
