"""A sign-up registers a tenant whole, once, or not at all."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from activities.records import Records
from domain.errors import InvalidSpec, PhaseConflict, QuotaExceeded, SlugTaken, StaleRun, Unavailable
from domain.messages import OperationRequest
from domain.naming import new_operation_id, new_tenant_id
from domain.phases import Mode, OperationStatus, Phase
from domain.plans import Target
from domain.sizing import size
from store.tables import ResourceState
from store.tenants import get_tenant, get_tenant_by_id
from tests.store.world import SMALL, World

TEAM = Target(plan="team", users=20)


def test_invariant_2_the_intents_come_first(world: World) -> None:
    """One transaction writes the tenant, its operation and an intent for each thing of the blueprint."""
    request = world.signup_request(TEAM)

    plan = world.begin(request, run_id="run-1")

    tenant = get_tenant_by_id(world.engine, request.tenant_id)
    assert tenant is not None
    assert (tenant.phase, tenant.held_by, tenant.run_id) == (
        Phase.PROVISIONING,
        request.operation_id,
        "run-1",
    )
    assert (tenant.sizes, tenant.target, tenant.cell) == (None, TEAM, "use1")
    operation = world.operation(request)
    assert (operation.status, operation.request) == (OperationStatus.RUNNING, request)
    rows = world.inventory.rows(request.tenant_id)
    assert {row.state for row in rows} == {ResourceState.INTENDED}
    assert {row.ref.step for row in rows} == {step.name for step in plan.steps}
    assert all(request.tenant_id in row.ref.name + row.ref.namespace + request.slug for row in rows)


def test_plan_of_signup_is_the_blueprint(world: World) -> None:
    """The plan has every step in the blueprint's order, and the sizes of the sizing policy."""
    plan = world.begin(world.signup_request(TEAM))

    blueprint = world.catalog.blueprint_of("team").model
    assert [step.name for step in plan.steps] == [step.name for step in blueprint.steps]
    assert [step.needs for step in plan.steps] == [step.needs for step in blueprint.steps]
    assert plan.phase_before is None
    assert plan.before is None
    assert plan.after is not None
    assert plan.after.mode is Mode.RUNNING
    assert plan.after.sizes == size(world.catalog.plans["team"], TEAM)


def test_invariant_1_begin_again_changes_nothing(world: World) -> None:
    """A lost answer: the second begin of the same operation returns the same plan and writes nothing."""
    tenant = world.signing_up()
    first = world.operation(tenant.signup).plan
    before = world.snapshot(tenant)

    assert world.begin(tenant.signup) == first
    assert world.snapshot(tenant) == before


def test_begin_by_a_later_run_names_that_run(world: World) -> None:
    """When another run carries the same operation on, the rows name it as their writer."""
    tenant = world.signing_up()
    world.begin(tenant.signup, run_id="run-2")
    assert world.tenant(tenant).run_id == "run-2"
    assert world.operation(tenant.signup).run_id == "run-2"


def test_begin_after_the_end_is_stale(world: World) -> None:
    """An attempt of begin that comes after the operation's end is refused."""
    tenant = world.active()
    with pytest.raises(StaleRun):
        world.begin(tenant.signup)


def test_taken_slug_leaves_nothing_behind(world: World) -> None:
    """A stranger asking for a taken slug gets SlugTaken, and neither a tenant nor an operation is written."""
    owner = world.active()
    before = world.snapshot(owner)
    stranger = world.signup_request(slug=owner.slug)

    with pytest.raises(SlugTaken, match=owner.slug):
        world.begin(stranger)

    assert get_tenant_by_id(world.engine, stranger.tenant_id) is None
    assert world.operation_or_none(stranger) is None
    assert world.snapshot(owner) == before


def test_slug_of_a_tenant_that_is_gone_is_free(world: World) -> None:
    """A failed sign-up that left nothing gives its slug back."""
    first = world.signing_up()
    world.lose_everything(first.signup)
    world.end(
        first.signup,
        status=OperationStatus.FAILED,
        phase=Phase.FAILED,
        desired=None,
        error={"code": "InvalidSpec", "message": "no such class"},
    )

    second = world.signing_up(slug=first.slug)

    found = get_tenant(world.engine, first.slug)
    assert found is not None
    assert found.id == second.id


def test_many_ask_for_one_slug_at_once(world: World) -> None:
    """Of eight sign-ups for one slug at the same moment exactly one wins."""
    slug = f"s-{new_tenant_id()}"
    requests = [world.signup_request(slug=slug) for _ in range(8)]

    def outcome(request: OperationRequest) -> str:
        try:
            world.begin(request)
        except SlugTaken:
            return "taken"
        return "won"

    with ThreadPoolExecutor(8) as pool:
        assert Counter(pool.map(outcome, requests)) == {"won": 1, "taken": 7}


def test_two_attempts_of_one_begin_at_once(world: World) -> None:
    """Two attempts of the same begin side by side register once; the loser is told to try again."""
    request = world.signup_request()

    def outcome(_: int) -> object:
        try:
            return world.begin(request)
        except Unavailable:
            return world.begin(request)

    with ThreadPoolExecutor(4) as pool:
        plans = list(pool.map(outcome, range(4)))
    assert all(plan == plans[0] for plan in plans)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"slug": "Not-A-Slug"}, "3 to 32"),
        ({"slug": "admin"}, "reserved"),
        ({"target": Target(plan="gold", users=5)}, "there is no plan 'gold'; plans are .*team"),
        ({"target": Target(plan="team", users=201)}, "1 to 200 users, not 201"),
        ({"target": None}, "needs a plan"),
        ({"region": "ap-south-1"}, "no cell in region 'ap-south-1'; regions are eu-west-1, us-east-1"),
        ({"region": None}, "needs a region"),
        ({"customer_id": "nobody"}, "no customer 'nobody'"),
        ({"customer_id": None}, "needs a customer"),
    ],
)
def test_bad_signup_is_refused_and_nothing_made(world: World, changes: dict[str, Any], words: str) -> None:
    """Each wrong field is named, and no row is written."""
    request = world.signup_request(**changes)
    with pytest.raises(InvalidSpec, match=words):
        world.begin(request)
    assert get_tenant_by_id(world.engine, request.tenant_id) is None


def test_signup_of_an_existing_tenant_id(world: World) -> None:
    """A second sign-up with the id of an existing tenant is refused, whatever its slug."""
    tenant = world.active()
    other = world.signup_request(tenant_id=tenant.id, operation_id=new_operation_id(), slug=f"{tenant.slug}b")
    with pytest.raises(PhaseConflict, match="signed up already"):
        world.begin(other)


def test_a_tenant_comes_into_the_cell_with_most_room(world: World) -> None:
    """Of two cells in a region the one with more room is taken, by name if they are equal."""
    second = world.catalog.cells["usw2"].model_copy(update={"name": "usw2b"})
    shared = world.with_cells(world.catalog.cells["usw2"], second)
    placed = [shared.tenant(shared.signing_up(region="us-west-2", target=SMALL)).cell for _ in range(4)]
    assert placed == ["usw2", "usw2b", "usw2", "usw2b"]


def test_requests_fill_a_cell_until_it_refuses(world: World) -> None:
    """Open sign-ups and stopped tenants count; without room a sign-up is refused and nothing is written."""
    room = 2 * size(world.catalog.plans["team"], TEAM).requested_cpu_millis
    changes = {"name": "apse2", "region": "ap-southeast-2", "allocatable_cpu_millis": room}
    narrow = world.with_cells(world.catalog.cells["usw2"].model_copy(update=changes))
    wishes: dict[str, Any] = {"region": "ap-southeast-2", "target": TEAM}
    narrow.signing_up(**wishes)
    narrow.closed(**wishes)

    refused = narrow.signup_request(**wishes)
    with pytest.raises(QuotaExceeded, match="apse2 has 0 CPU"):
        narrow.begin(refused)
    assert get_tenant_by_id(narrow.engine, refused.tenant_id) is None


def test_sign_ups_at_once_do_not_share_the_last_room(world: World) -> None:
    """Of many sign-ups at the same moment only as many are taken as fit."""
    room = 2 * size(world.catalog.plans["team"], TEAM).requested_cpu_millis
    changes = {"name": "sae1", "region": "sa-east-1", "allocatable_cpu_millis": room}
    narrow = world.with_cells(world.catalog.cells["usw2"].model_copy(update=changes))
    requests = [narrow.signup_request(region="sa-east-1", target=TEAM) for _ in range(6)]

    def taken(request: OperationRequest) -> bool:
        try:
            narrow.begin(request)
        except QuotaExceeded:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(taken, requests)) == 2


def test_a_zone_that_is_none_is_refused(world: World) -> None:
    """Whoever asks, and before anything is written: else the first closing would notice it."""
    request = world.signup_request(time_zone="Mars/Olympus")
    with pytest.raises(InvalidSpec, match=r"'Mars/Olympus'.* such as Europe/Paris"):
        world.begin(request)
    assert get_tenant_by_id(world.engine, request.tenant_id) is None


def test_without_another_zone_the_installations_is_taken(world: World) -> None:
    """It is stored with the tenant, so that a later setting changes nothing."""
    world.records = Records(world.engine, world.catalog, "test", world.clock, "Asia/Tokyo")
    assert world.tenant(world.signing_up()).time_zone == "Asia/Tokyo"
