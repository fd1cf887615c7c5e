"""The inventory: recorded once however often it is told, and only by the operation that holds the tenant."""

import threading
import time
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from domain.errors import StaleRun
from domain.phases import OperationKind
from store.engine import transaction
from store.holds import lock_tenant
from store.inventory import Gone, Made
from store.tables import ResourceState
from tests.store.world import World


def test_made_again_keeps_what_is_known(world: World) -> None:
    """The second word about a thing keeps its first instant and its id, and adds what is new."""
    tenant = world.signing_up()
    call = world.call(tenant.signup, "files")
    (row,) = world.inventory.rows(tenant.id, step="files")
    kind, name = row.ref.kind, row.ref.name
    world.inventory.made(call, kind, name, provider_id="arn:1", attributes={"a": "1"})
    (first,) = world.inventory.rows(tenant.id, step="files")

    world.clock.move(timedelta(minutes=5))
    world.inventory.made(call, kind, name)
    assert world.inventory.rows(tenant.id, step="files") == [first]

    world.inventory.made(call, kind, name, attributes={"b": "2"})
    (second,) = world.inventory.rows(tenant.id, step="files")
    assert second.attributes == {"a": "1", "b": "2"}
    assert (second.made_at, second.provider_id) == (first.made_at, "arn:1")


def test_what_was_not_intended_is_recorded_too(world: World) -> None:
    """A thing that a newer blueprint makes gets its row when it is made, with the provider of its kind."""
    tenant = world.signing_up()
    call = world.call(tenant.signup, "extra")
    world.inventory.made(call, "iam:role", "role-1")
    world.inventory.made(call, "apps/v1/Deployment", "web", namespace="ns")
    rows = world.inventory.rows(tenant.id, step="extra")
    assert {(row.provider, row.ref.step_kind, row.ref.name) for row in rows} == {
        ("aws", "role", "role-1"),
        ("kubernetes", "kubernetes", "web"),
    }
    assert [row.ref.name for row in world.inventory.rows(tenant.id, "extra", "aws")] == ["role-1"]


def test_gone_again_keeps_the_first_proof(world: World) -> None:
    """The proof is the one that was given first, and a thing unknown to the inventory is no error."""
    tenant = world.active()
    (row,) = world.inventory.rows(tenant.id, step="files")
    holder = world.request(OperationKind.TEARDOWN, tenant)
    world.begin(holder)

    def gone(name: str, proof: str) -> None:
        world.inventory.gone(tenant.id, holder.operation_id, row.ref.kind, name, proof=proof)

    gone(row.ref.name, "first")
    (first,) = world.inventory.rows(tenant.id, step="files")
    world.clock.move(timedelta(minutes=5))
    gone(row.ref.name, "second")
    gone("never-heard-of", "404")
    assert world.inventory.rows(tenant.id, step="files") == [first]
    assert first.state is ResourceState.GONE
    assert first.made_at == row.made_at


def test_made_after_gone_is_a_new_thing(world: World) -> None:
    """What is made again after it was gone has a new instant, and nothing of the old one's attributes."""
    tenant = world.signing_up()
    call = world.call(tenant.signup, "files")
    (row,) = world.inventory.rows(tenant.id, step="files")
    world.inventory.made(call, row.ref.kind, row.ref.name, provider_id="old", attributes={"old": "1"})
    (old,) = world.inventory.rows(tenant.id, step="files")
    world.lose_everything(tenant.signup)
    world.clock.move(timedelta(minutes=5))
    world.inventory.made(call, row.ref.kind, row.ref.name, provider_id="new")
    (new,) = world.inventory.rows(tenant.id, step="files")
    assert (new.state, new.provider_id, new.attributes, new.gone_at) == (ResourceState.MADE, "new", {}, None)
    assert new.made_at is not None
    assert old.made_at is not None
    assert new.made_at > old.made_at


def test_invariant_5_only_the_holder_writes(world: World) -> None:
    """After another operation began, the one before it records neither made nor gone; nothing changes."""
    tenant = world.active()
    world.begin(world.request(OperationKind.SCALE, tenant))
    before = world.inventory.rows(tenant.id)
    call = world.call(tenant.signup, "files")
    with pytest.raises(StaleRun):
        world.inventory.made(call, "s3:bucket", "late")
    with pytest.raises(StaleRun):
        world.lose_everything(tenant.signup)
    assert world.inventory.rows(tenant.id) == before


def until_one_waits_for_a_lock(world: World) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with world.engine.connect() as connection:
            if connection.execute(waiting).scalar_one():
                return
        time.sleep(0.005)
    pytest.fail("nobody waits for a lock")


def test_a_write_waits_for_a_change_of_holder(world: World) -> None:
    """A step that writes while the tenant changes hands is decided by the new holder, not by the old one."""
    tenant = world.signing_up()
    call = world.call(tenant.signup, "files")
    leave = world.request(OperationKind.TEARDOWN, tenant)
    world.take_over(leave, tenant.signup)
    answers: list[object] = []

    def late_step() -> None:
        try:
            world.inventory.made(call, "s3:bucket", "late")
            answers.append("written")
        except StaleRun as error:
            answers.append(error)

    step = threading.Thread(target=late_step)
    with transaction(world.engine) as session:
        row = lock_tenant(session, tenant.id)
        assert row is not None
        step.start()
        until_one_waits_for_a_lock(world)
        row.held_by = leave.operation_id
    step.join(timeout=10)
    assert isinstance(answers[0], StaleRun)
    assert "late" not in {row.ref.name for row in world.inventory.rows(tenant.id)}


WORDS = st.lists(st.tuples(st.sampled_from(["made", "gone"]), st.sampled_from(["a", "b", "c"])), max_size=12)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=WORDS)
def test_the_last_word_counts(world: World, words: list[tuple[str, str]]) -> None:
    """Whatever is told in whatever order, each thing's state is the last word about it, told twice."""
    tenant = world.signing_up()
    call = world.call(tenant.signup, "files")
    known: dict[str, ResourceState] = {}
    for word, name in words:
        for _ in range(2):
            if word == "made":
                world.inventory.made_all(call, [Made("s3:bucket", name)])
                known[name] = ResourceState.MADE
            else:
                world.inventory.gone_all(
                    tenant.id, tenant.signup.operation_id, [Gone("s3:bucket", name, "404")]
                )
                known |= {name: ResourceState.GONE} if name in known else {}
    rows = world.inventory.rows(tenant.id)
    assert {row.ref.name: row.state for row in rows if row.ref.name in "abc"} == known
