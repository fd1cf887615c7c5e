"""Every route × every role × own and foreign tenant, against the table that a person can read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from api.app import create_app
from catalog import Catalog
from domain.access import Role
from domain.metering.usage_token import mint
from runtime.settings import Settings
from tests.api.front import Front, Json, code_of, new_key
from tests.api.places import Place, place

TABLE: dict[str, list[str]] = yaml.safe_load((Path(__file__).parent / "access.yaml").read_text())
GUARDED = [route for route, roles in TABLE.items() if roles != ["public"]]
KEYED = [role for role in Role if role is not Role.INSTANCE]
REFUSED = {401, 403}
# What a foreign tenant is asked to do must be asked soundly: else another refusal would hide the right one.
BODIES: dict[str, Json] = {
    "PATCH /v1/tenants/{slug}": {"users": 21},
    "POST /v1/tenants/{slug}/preview": {"change": "suspend"},
    "POST /v1/webhooks/{webhook_id}/replay": {"since": "2026-01-01T00:00:00Z"},
}


@dataclass(frozen=True)
class World:
    front: Front
    own: Place
    foreign: Place
    keys: dict[Role, str]
    token: str

    def bearer(self, role: Role) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token if role is Role.INSTANCE else self.keys[role]}"}

    async def ask(self, route: str, place: Place, role: Role, **more: Any) -> httpx.Response:
        """The status and, unless it streams, the body."""
        headers = {**self.bearer(role), **more.pop("headers", {})}
        method = route.partition(" ")[0]
        # An operation that has ended streams its last word and no more.
        return await self.front.http.request(method, place.path(route), headers=headers, **more)


@pytest.fixture(scope="module")
async def world(front: Front) -> World:
    own, foreign = await place(front), await place(front)
    keys: dict[Role, str] = {}
    for role in KEYED:
        body: Json = {"name": role, "roles": [role]}
        if role is Role.CUSTOMER:
            body["customer_id"] = own.customer_id
        answer = await front.ask("POST", "/v1/keys", body)
        assert answer.status_code == 201, answer.text
        keys[role] = answer.json()["key"]
    return World(front, own, foreign, keys, mint("tabcdefghijk"))


@pytest.fixture(scope="module")
def routes(catalog: Catalog) -> list[str]:
    document = create_app(Settings(), catalog=catalog).openapi()
    return [f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods]


def test_every_route_is_in_the_table(routes: list[str]) -> None:
    """Nobody adds a route without saying whose it is."""
    assert sorted(routes) == sorted(TABLE)


@pytest.mark.parametrize("route", GUARDED)
async def test_nobody_comes_in_without_a_key(world: World, route: str) -> None:
    """Without a token, and with one that is made up, it is a 401 that says how to ask."""
    method, path = route.partition(" ")[0], world.own.path(route)
    for headers in ({"Authorization": ""}, {"Authorization": f"Bearer tnk_abcdefghijkl_{'x' * 43}"}):
        answer = await world.front.http.request(method, path, headers=headers)
        assert (answer.status_code, code_of(answer)[-5:]) in {(401, "cated"), (401, "fused")}, answer.text
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("route", GUARDED)
async def test_a_route_is_for_the_roles_of_the_table(world: World, route: str) -> None:
    """A role that is not named is refused before anything is looked at; one that is named is not."""
    for role in Role:
        answer = await world.ask(route, world.own, role)
        allowed = role in TABLE[route]
        if role is Role.INSTANCE and allowed:
            continue  # test_usage_sending.py: it takes a token whose tenant is there
        assert (answer.status_code not in REFUSED) == allowed, (role, answer.status_code, answer.text)
        if not allowed and role is not Role.INSTANCE and route != "POST /v1/usage":
            assert (answer.status_code, code_of(answer)) == (403, "Forbidden"), (role, answer.text)
        if role is Role.CUSTOMER and allowed and route.startswith("GET"):
            assert answer.status_code == 200 or code_of(answer) == "CertificateNotFound", answer.text


OF_ITS_OWN = ("{slug}", "{oper", "{name", "{cust", "{grant")
OWNED = [
    route
    for route, roles in TABLE.items()
    if Role.CUSTOMER in roles
    and any(name in route for name in ("{slug}", "{oper", "{name", "{cust", "{grant", "{webhook"))
]


@pytest.mark.parametrize("route", OWNED)
async def test_a_customer_cannot_tell_what_is_anothers_from_what_is_not_there(
    world: World, route: str
) -> None:
    """Word for word the same answer, but for the name that was asked for."""
    nowhere = Place("cus000000000000", "nobody-here", "op00000000000000000a", "inv-nowhere", f"ag{'0' * 18}")
    more: dict[str, Any] = {"headers": new_key()}
    if route in BODIES:
        more["json"] = BODIES[route]
    told = []
    for somewhere in (world.foreign, nowhere):
        answer = await world.ask(route, somewhere, Role.CUSTOMER, **more)
        assert answer.status_code == 404, answer.text
        said = answer.text.replace(somewhere.path(route), "").replace(somewhere.slug, "")
        told.append(said.replace(answer.headers["x-request-id"], ""))
    assert told[0] == told[1]


async def test_lists_hold_what_is_the_customers(world: World) -> None:
    """Its own tenants and who looked at them; none where another customer's are asked for."""
    seen = (await world.ask("GET /v1/tenants", world.own, Role.CUSTOMER)).json()["items"]
    assert {one["slug"] for one in seen} == {world.own.slug}
    params = {"customer_id": world.foreign.customer_id}
    others = await world.ask("GET /v1/tenants", world.own, Role.CUSTOMER, params=params)
    assert others.json() == {"items": [], "next": None}
    granted = (await world.ask("GET /v1/access", world.own, Role.CUSTOMER)).json()["items"]
    assert {one["id"] for one in granted} == {world.own.grant_id}


async def test_a_customers_webhook_is_told_of_its_own(world: World) -> None:
    """It cannot have one that is told of another's tenants, or of everybody's, and sees none of these."""
    everybodys = await world.front.ask("POST", "/v1/webhooks", {"url": "https://127.0.0.1:9/all"})
    assert everybodys.json()["customer_id"] is None
    route, body = "POST /v1/webhooks", {"url": "https://127.0.0.1:9/own"}
    theirs = body | {"customer_id": world.foreign.customer_id}
    refused = await world.ask(route, world.own, Role.CUSTOMER, json=theirs, headers=new_key())
    assert code_of(refused) == "InvalidSpec"
    made = await world.ask(route, world.own, Role.CUSTOMER, json=body, headers=new_key())
    assert made.json()["customer_id"] == world.own.customer_id
    listed = await world.ask("GET /v1/webhooks", world.own, Role.CUSTOMER)
    assert {one["id"] for one in listed.json()["items"]} == {world.own.webhook_id, made.json()["id"]}
    params = {"customer_id": world.foreign.customer_id}
    others = await world.ask("GET /v1/webhooks", world.own, Role.CUSTOMER, params=params)
    assert others.json() == {"items": [], "next": None}
    path = f"/v1/webhooks/{everybodys.json()['id']}"
    seen = await world.front.http.get(path, headers=world.bearer(Role.CUSTOMER))
    assert code_of(seen) == "WebhookNotFound"
    await world.front.ask("DELETE", path)


async def test_a_customer_signs_up_for_itself(world: World) -> None:
    """Under its own id: another's is as one that is not there, and it may give neither names nor ids."""
    body = await world.front.signup_body(customer_id=world.own.customer_id)
    theirs = body | {"customer_id": world.foreign.customer_id}
    nobodys = body | {"customer_id": "cus000000000000"}
    named = {k: v for k, v in body.items() if k != "customer_id"} | {"customer": "Somebody new"}
    for wrong in (theirs, nobodys, named, body):
        answer = await world.ask("POST /v1/tenants", world.own, Role.CUSTOMER, json=wrong, headers=new_key())
        assert (answer.status_code, code_of(answer)) == (422, "InvalidSpec"), answer.text
        assert world.foreign.slug not in answer.text
    del body["id"]
    answer = await world.ask("POST /v1/tenants", world.own, Role.CUSTOMER, json=body, headers=new_key())
    assert answer.status_code == 202, answer.text
    ended = await world.front.ended(answer.json()["operation_id"])
    assert ended["requested_by"].startswith("key:")


async def test_a_slug_that_is_taken_is_not_available_and_no_more(world: World) -> None:
    """The answer names no tenant and no operation, and says nothing of who has it."""
    body = await world.front.signup_body(customer_id=world.own.customer_id, slug=world.foreign.slug)
    del body["id"]
    answer = await world.ask("POST /v1/tenants", world.own, Role.CUSTOMER, json=body, headers=new_key())
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "SlugTaken")
    assert problem["title"] == "This slug is not available"
    assert problem["detail"] == f"The slug '{world.foreign.slug}' is not available; choose another."
    assert "operation" not in problem


async def test_a_preview_tells_a_customer_nothing_of_others(world: World) -> None:
    """Whether there is room is told; what the cell's other tenants request is told to staff."""
    for role, told in ((Role.CUSTOMER, False), (Role.SUPPORT, True)):
        answer = await world.ask(
            "POST /v1/tenants/{slug}/preview", world.own, role, json={"change": "scale", "users": 21}
        )
        capacity = answer.json()["capacity"]
        assert (bool(capacity["others"]), bool(capacity["allocatable"])) == (told, told)
        assert capacity["fits"]
