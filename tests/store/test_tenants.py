"""Reads of tenants: by slug, by page."""

import base64
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.messages import ErrorView
from domain.phases import OperationStatus, Phase
from store.customers import create_customer
from store.tables import TenantRow
from store.tenants import get_tenant, get_tenant_by_id, list_tenants
from tests.store.world import Tenant, World


def failed(world: World, slug: str | None = None) -> Tenant:
    tenant = world.signing_up(**({"slug": slug} if slug else {}))
    world.lose_everything(tenant.signup)
    world.end(
        tenant.signup,
        status=OperationStatus.FAILED,
        phase=Phase.FAILED,
        desired=None,
        error=ErrorView(code="InvalidSpec", message="no"),
    )
    return tenant


def found_id(world: World, slug: str) -> str | None:
    row = get_tenant(world.engine, slug)
    return row.id if row else None


def test_a_slug_leads_to_who_has_it_or_had_it_last(world: World) -> None:
    """The living tenant comes before those that are gone; of those, the one that went last."""
    first = failed(world)
    world.clock.move(timedelta(seconds=5))
    second = failed(world, first.slug)
    assert found_id(world, first.slug) == second.id
    living = world.signing_up(slug=first.slug)
    assert found_id(world, first.slug) == living.id
    assert found_id(world, "nobody-has-this") is None
    assert get_tenant_by_id(world.engine, "nobodyknows1") is None


def pages(world: World, limit: int, phases: set[Phase] | None = None) -> list[list[TenantRow]]:
    found, cursor = [], None
    while True:
        page = list_tenants(world.engine, cursor, limit, phases=phases, customer_id=world.customer_id)
        found.append(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return found


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(1, 9), gaps=st.lists(st.sampled_from([0, 0, 1]), max_size=8))
def test_pages_cover_every_tenant_once(world: World, limit: int, gaps: list[int]) -> None:
    """Whatever the page size, and however many tenants were made in the same instant: each exactly once."""
    world.customer_id = create_customer(world.engine, f"c{uuid4().hex}", "Acme", world.clock.now()).id
    instant = world.clock.now()
    made = []
    for gap in gaps:
        instant += timedelta(seconds=gap)
        made.append(world.at(instant).signing_up(customer_id=world.customer_id).id)

    listed = pages(world, limit)

    ids = [row.id for page in listed for row in page]
    assert sorted(ids) == sorted(made)
    rows = [row for page in listed for row in page]
    assert [(row.created_at, row.id) for row in rows] == sorted((row.created_at, row.id) for row in rows)
    assert all(len(page) == limit for page in listed[:-1])


def test_pages_can_be_narrowed_to_phases(world: World) -> None:
    """Only tenants in the wanted phases are listed."""
    active, gone = world.active(), failed(world)
    assert [row.id for row in pages(world, 5, {Phase.ACTIVE})[0]] == [active.id]
    assert [row.id for row in pages(world, 5, {Phase.FAILED})[0]] == [gone.id]


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "not base64!",
        base64.urlsafe_b64encode(b"yesterday abcdefghijkl").decode(),
        base64.urlsafe_b64encode(b"2026-01-01T00:00:00 abcdefghijkl").decode(),
        base64.urlsafe_b64encode(b"2026-01-01T00:00:00+00:00 '; DROP TABLE").decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_foreign_cursors_are_refused(world: World, cursor: str) -> None:
    """A cursor that we did not give is a ValueError, whatever is in it."""
    with pytest.raises(ValueError, match="cursor"):
        list_tenants(world.engine, cursor)


@given(text=st.text(max_size=40))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_is_worse_than_a_foreign_cursor(world: World, text: str) -> None:
    """Any text as a cursor is refused with ValueError, and never reaches the database."""
    with pytest.raises(ValueError, match="cursor"):
        list_tenants(world.engine, text)
