"""What the API writes itself: customers and idempotency keys; and what set-up writes: plans and cells."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlmodel import Session

from domain.errors import Unavailable
from domain.naming import new_operation_id, new_tenant_id
from store.catalog_sync import sync
from store.customers import create_customer, get_customer
from store.engine import database_errors, make_engine, psycopg_transaction, transaction
from store.idempotency import Claim, KeyReused, claim, forget_keys
from store.operations import latest_operations, open_operations
from store.tables import CellRow, PlanRow
from store.tenants import get_tenant
from tests.store.world import World

WEEK = timedelta(days=7)


def wanted(**changes: str | None) -> Claim:
    values: dict[str, str | None] = {
        "caller": "tests",
        "key": uuid4().hex,
        "body_hash": "hash",
        "operation_id": new_operation_id(),
        "tenant_id": new_tenant_id(),
    }
    return Claim(**values | changes)  # type: ignore[arg-type]  # one mapping for optional and required texts


def test_a_repeated_request_gets_the_first_ones_ids(world: World) -> None:
    """The first claim of a key names the operation; a repeat with other fresh ids is told the first ones."""
    first = wanted()
    row, created = claim(world.engine, first, world.clock.now())
    assert created
    again, created_again = claim(world.engine, wanted(key=first.key), world.clock.now())
    assert not created_again
    assert (again.operation_id, again.tenant_id) == (row.operation_id, row.tenant_id)
    assert row.operation_id == first.operation_id


def test_a_key_belongs_to_its_caller(world: World) -> None:
    """Two callers may use the same key."""
    first = wanted()
    claim(world.engine, first, world.clock.now())
    _, created = claim(world.engine, wanted(key=first.key, caller="another"), world.clock.now())
    assert created


def test_keys_are_known_for_a_week(world: World) -> None:
    """Seven days after its first use a key is forgotten, and the same key is another request's."""
    first, now = wanted(), datetime(2009, 5, 1, tzinfo=UTC)
    row, _ = claim(world.engine, first, now)
    assert forget_keys(world.engine, now) == 0
    assert claim(world.engine, first, now + WEEK) == (row, False)
    assert forget_keys(world.engine, now + timedelta(seconds=1)) == 1
    _, created = claim(world.engine, wanted(key=first.key, body_hash="other"), now + WEEK)
    assert created


def test_a_key_with_another_body_is_refused(world: World) -> None:
    """The same key with another body names the key and changes nothing."""
    first = wanted()
    claim(world.engine, first, world.clock.now())
    with pytest.raises(KeyReused, match=first.key):
        claim(world.engine, wanted(key=first.key, body_hash="other"), world.clock.now())


def test_one_key_claimed_many_times_at_once(world: World) -> None:
    """Of eight claims of one key at the same moment one is new, and all are told the same operation."""
    key = uuid4().hex
    with ThreadPoolExecutor(8) as pool:
        claims = [wanted(key=key) for _ in range(8)]
        answers = list(pool.map(lambda one: claim(world.engine, one, world.clock.now()), claims))
    assert sum(created for _, created in answers) == 1
    assert len({row.operation_id for row, _ in answers}) == 1


def test_a_customer_is_made_once(world: World) -> None:
    """Creating a customer again returns the one that is there."""
    first = create_customer(world.engine, f"c{uuid4().hex}", "Acme", world.clock.now())
    assert create_customer(world.engine, first.id, "Other", world.clock.now()) == first
    assert get_customer(world.engine, first.id) == first
    assert get_customer(world.engine, "nobody") is None


def test_sync_keeps_what_the_files_dropped(world: World) -> None:
    """A plan or cell that left the files is retired and stays; one that comes back is sold again."""
    plan = world.catalog.plans["echo"].model_copy(update={"name": f"p{uuid4().hex[:8]}"})
    cell = world.catalog.cells["use1"].model_copy(update={"name": f"c{uuid4().hex[:8]}"})

    def retired() -> tuple[bool, bool]:
        with Session(world.engine) as session:
            rows = session.get_one(PlanRow, plan.name), session.get_one(CellRow, cell.name)
            assert (rows[0].definition, rows[1].definition) == (plan, cell)
            return rows[0].retired_at is not None, rows[1].retired_at is not None

    plans, cells = [*world.catalog.plans.values()], [*world.catalog.cells.values()]
    sync(world.engine, [*plans, plan], [*cells, cell])
    assert retired() == (False, False)
    sync(world.engine, plans, cells)
    assert retired() == (True, True)
    sync(world.engine, [*plans, plan], [*cells, cell])
    assert retired() == (False, False)
    sync(world.engine, plans, cells)


def test_operations_are_listed_newest_first(world: World) -> None:
    """Open operations are the unfinished ones; the history has all of them."""
    tenant = world.active()
    assert open_operations(world.engine, tenant.id) == []
    assert [row.id for row in latest_operations(world.engine, tenant.id)] == [tenant.signup.operation_id]


def test_postgresql_away_is_worth_another_try() -> None:
    """Where nothing listens, every read is Unavailable, and its words hold no password."""
    engine = make_engine("postgresql://tenantry:hidden@127.0.0.1:1/none", pool_size=1)
    with pytest.raises(Unavailable) as raised:
        get_tenant(engine, "any")
    assert "hidden" not in f"{raised.value} {raised.value.__cause__}"


def test_a_statement_that_takes_too_long_is_told_as_such(world: World) -> None:
    """It is worth another try, and nobody looks for a server that is away."""
    hasten = "SET LOCAL statement_timeout = 1"

    def in_a_session() -> None:
        with transaction(world.engine) as session:
            session.connection().execute(text(hasten))
            session.connection().execute(text("SELECT pg_sleep(60)"))

    def in_psycopg() -> None:
        with psycopg_transaction(world.engine, lambda _: None) as raw:
            raw.execute(hasten)
            raw.execute("SELECT pg_sleep(60)")

    for late in (in_a_session, in_psycopg):
        with pytest.raises(Unavailable, match="within the time"):
            late()


def test_a_bug_is_not_called_unavailable() -> None:
    """Only what another try can mend is turned into Unavailable."""
    with pytest.raises(ZeroDivisionError), database_errors():
        _ = 1 / 0
