"""The typed client against a real API."""

from asyncio import to_thread
from collections.abc import Iterator
from itertools import islice
from typing import cast
from uuid import uuid4

import httpx
import pytest

from client import (
    ApiUnreachable,
    Client,
    Conflict,
    InvalidRequest,
    NotFound,
    PreconditionFailed,
    Unauthenticated,
    etag_of,
    models,
    new_key,
)
from tests.api.front import ADMIN_KEY, Front


async def wish(front: Front) -> models.Signup:
    return cast("models.Signup", await front.signup_body())


def ended(client: Client, accepted: models.Accepted) -> models.OperationDetail:
    """The last view of what was accepted."""
    *_, last = client.follow(accepted["operation_id"])
    return last


class Counting(httpx.HTTPTransport):
    """Counts requests on their way."""

    count = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        return super().handle_request(request)


@pytest.fixture
def counting() -> Iterator[Counting]:
    with Counting() as transport:
        yield transport


async def test_a_tenant_lives(front: Front, client: Client) -> None:
    """From its sign-up to its certificate, each change followed to its end."""
    body = await wish(front)

    def live() -> models.Certificate:
        slug = body["slug"]
        assert ended(client, client.sign_up(body))["status"] == "succeeded"
        assert client.tenant(slug)["phase"] == "active"
        assert ended(client, client.scale(slug, {"users": 30}))["kind"] == "scale"
        assert client.tenant(slug)["target"]["users"] == 30
        assert ended(client, client.suspend(slug))["status"] == "succeeded"
        assert ended(client, client.tear_down(slug, grace=0))["percent"] == 100
        assert client.tenant_operations(slug)[0]["kind"] == "teardown"
        return client.certificate(slug)

    assert (await to_thread(live))["slug"] == body["slug"]


async def test_refusals_are_typed(front: Front, client: Client, address: str) -> None:
    """A kind of error by status, with the problem's code, its wrong fields, the operation in the way."""
    body = await wish(front)
    held = await front.signup_body()
    front.providers.hold(held["slug"])

    def ask() -> None:
        with pytest.raises(NotFound) as missing:
            client.tenant("nobody-has-this")
        assert (missing.value.status, missing.value.code) == (404, "TenantNotFound")
        with pytest.raises(InvalidRequest) as wrong:
            client.sign_up({**body, "users": 0})
        assert [one["field"] for one in wrong.value.fields] == ["users"]
        accepted = client.sign_up(cast("models.Signup", held))
        with pytest.raises(Conflict) as busy:
            client.resume(held["slug"])
        assert busy.value.operation
        assert busy.value.operation["id"] == accepted["operation_id"]
        with Client(address, "no such key") as stranger, pytest.raises(Unauthenticated):
            stranger.me()

    try:
        await to_thread(ask)
    finally:
        front.providers.release(held["slug"])


async def test_what_is_no_tenantry_api_is_said(address: str) -> None:
    """Nobody under the address, and somebody else: errors of this client, too."""

    def ask() -> None:
        with Client("http://127.0.0.1:9") as nobody, pytest.raises(ApiUnreachable, match=r"127\.0\.0\.1:9"):
            nobody.plans()
        with Client(f"{address}/elsewhere", ADMIN_KEY) as other, pytest.raises(NotFound):
            other.plans()

    await to_thread(ask)


async def test_a_change_with_a_key_is_made_once(front: Front, client: Client) -> None:
    """The same key gives the same customer; without one each call makes its own."""
    key = new_key()

    def make() -> list[str]:
        keys = (key, key, None, None)
        return [client.make_customer({"name": "Twice"}, idempotency_key=one)["id"] for one in keys]

    first, again, *others = await to_thread(make)
    assert first == again
    assert len({first, *others}) == 3


async def test_of_two_who_read_the_same_one_changes_it(client: Client) -> None:
    """A change with the ETag of what was read fails once somebody was faster."""

    def change() -> models.CustomerView:
        customer = client.make_customer({"name": "Contested"})
        read = client.customer(customer["id"])
        client.change_customer(read["id"], {"name": "First"}, if_match=etag_of(read))
        with pytest.raises(PreconditionFailed):
            client.change_customer(read["id"], {"name": "Second"}, if_match=etag_of(read))
        return client.customer(read["id"])

    assert (await to_thread(change))["name"] == "First"


async def test_pages_are_asked_for_when_they_are_wanted(
    client: Client, address: str, counting: Counting
) -> None:
    """All items come, whatever a page holds; whoever stops early has asked for no more."""
    name = f"paged {uuid4()}"

    def page() -> None:
        made = [client.make_customer({"name": name})["id"] for _ in range(3)]
        with Client(address, ADMIN_KEY, transport=counting) as reading:
            customers = reading.customers(name=name, limit=1)
            assert [one["id"] for one in islice(customers, 2)] == made[:2]
            assert counting.count == 2
            assert [one["id"] for one in customers] == made[2:]
            assert reading.customers_page(name=name, limit=2)["next"]

    await to_thread(page)


async def test_events_go_on_behind_the_last_one(front: Front, client: Client) -> None:
    """With the id of an event come those behind it; behind the last one comes nothing."""
    accepted = await front.active()

    def watch() -> None:
        operation_id = accepted["operation_id"]
        *_, last = client.events(operation_id)
        assert last.event == "finished"
        assert list(client.events(operation_id, last_event_id=last.id)) == []
        assert [one["status"] for one in client.follow(operation_id)] == ["succeeded"]

    await to_thread(watch)


async def test_a_reason_is_kept_with_what_it_is_for(client: Client, address: str) -> None:
    """A client's own reason goes with each change, and that of a call stands before it; in any letters."""

    def change() -> list[str]:
        with Client(address, ADMIN_KEY, reason="Größe") as reasoned:
            one = reasoned.make_customer({"name": "Why"})["id"]
            reasoned.change_customer(one, {"name": "Because"}, reason="naïve: 理由")
        rows = islice(client.audit(action=["customer.made", "customer.changed"]), 2)
        return [row["reason"] for row in rows if row["object_id"] == one]

    assert await to_thread(change) == ["naïve: 理由", "Größe"]
