"""Webhooks over HTTP: registered, told what happens, replayed, rotated, removed."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.front import Front, Json, code_of, new_key, until
from tests.webhooks.receiver import Answer, Call, Receiver, received


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with received() as receiver:
        yield receiver


async def registered(front: Front, url: str, **more: Any) -> Json:
    """Of the customer whose tenants tests make."""
    body = {"url": url, "customer_id": await front.customer(), **more}
    answer = await front.ask("POST", "/v1/webhooks", body)
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


async def removed(front: Front, hook: Json) -> None:
    answer = await front.ask("DELETE", f"/v1/webhooks/{hook['id']}")
    assert answer.json()["state"] == "removed"


async def calls(receiver: Receiver, path: str, tenant: str, count: int) -> list[Call]:
    """What was told there of a tenant, once it is so much."""

    async def look() -> list[Call] | None:
        found = [one for one in receiver.calls(path) if tenant.encode() in one.body]
        return found if len(found) >= count else None

    return await until(look)


async def test_a_tenants_life_is_told(front: Front, receiver: Receiver) -> None:
    """From the 202 to the end of the sign-up, signed with the secret that registering answered."""
    hook = await registered(front, receiver.url("/life"))
    tenant = await front.active()
    told = [one.verified(hook["secret"]) for one in await calls(receiver, "/life", tenant["tenant_id"], 3)]
    phases = sorted((one["data"]["to"], one["data"]["from"]) for one in told if "to" in one["data"])
    assert phases == [("active", "provisioning"), ("provisioning", None)]
    (finished,) = [one["data"] for one in told if one["type"] == "operation.finished"]
    assert (finished["operation_id"], finished["status"]) == (tenant["operation_id"], "succeeded")

    async def noted() -> Json | None:
        page: Json = (await front.http.get(f"/v1/webhooks/{hook['id']}/deliveries")).json()
        return page if {one["last_status"] for one in page["items"]} == {200} else None

    # The receiver has had an event before it is noted that it took it.
    page = await until(noted)
    assert {one["event_id"] for one in page["items"]} >= {one.id for one in receiver.calls("/life")}
    await removed(front, hook)


async def test_one_event_and_all_since_are_replayed(front: Front, receiver: Receiver) -> None:
    """Under the same id, with a new time; also to an endpoint that was registered later."""
    early = await registered(front, receiver.url("/early"), events=["operation.finished"])
    tenant = await front.active()
    (first,) = await calls(receiver, "/early", tenant["tenant_id"], 1)
    path, key = f"/v1/webhooks/{early['id']}/deliveries/{first.id}/replay", new_key()
    for _ in range(2):
        answer = await front.ask("POST", path, key=key)
        assert (answer.status_code, answer.json()["event_id"]) == (200, first.id)
    _, again = await calls(receiver, "/early", tenant["tenant_id"], 2)
    assert again.id == first.id
    assert again.verified(early["secret"]) == first.verified(early["secret"])
    late = await registered(front, receiver.url("/late"), events=["operation.finished"])
    since = {"since": first.verified(early["secret"])["timestamp"]}
    answer = await front.ask("POST", f"/v1/webhooks/{late['id']}/replay", since)
    assert answer.json()["replayed"] >= 1
    (told,) = await calls(receiver, "/late", tenant["tenant_id"], 1)
    assert told.id == first.id
    assert len(receiver.calls("/early")) == 2
    for hook in (early, late):
        await removed(front, hook)


async def test_the_secret_is_shown_where_it_is_made(front: Front, receiver: Receiver) -> None:
    """By registering and rotating, also when their answer was lost, and nowhere else."""
    key = new_key()
    body = {"url": receiver.url("/secret"), "customer_id": await front.customer()}
    first, again = [await front.ask("POST", "/v1/webhooks", body, key) for _ in range(2)]
    assert first.json() == again.json()
    assert first.headers["cache-control"] == "no-store"
    hook = first.json()
    path, rotation = f"/v1/webhooks/{hook['id']}", new_key()
    once, twice = [(await front.ask("POST", f"{path}/secret", key=rotation)).json() for _ in range(2)]
    assert once == twice
    assert once["secret"] != hook["secret"]
    assert once["earlier_secret_until"]
    shown = await front.http.get(path)
    listed = await front.http.get("/v1/webhooks", params={"customer_id": body["customer_id"], "limit": 200})
    assert shown.json() in listed.json()["items"]
    assert "whsec_" not in shown.text + listed.text
    await removed(front, hook)


async def test_one_that_is_gone_is_shown_and_enabled_again(front: Front, receiver: Receiver) -> None:
    """410 disables it, with the reason; enabled, it is told what waited."""
    hook = await registered(front, receiver.url("/gone"), events=["operation.finished"])
    path = f"/v1/webhooks/{hook['id']}"
    receiver.answers["/gone"] = Answer(410)
    tenant = await front.active()

    async def disabled() -> Json | None:
        view: Json = (await front.http.get(path)).json()
        return view if view["state"] == "disabled" else None

    view = await until(disabled)
    assert "410" in view["disabled_because"]
    assert view["failing_since"]
    del receiver.answers["/gone"]
    assert (await front.ask("POST", f"{path}/enable")).json()["state"] == "enabled"
    first, second = await calls(receiver, "/gone", tenant["tenant_id"], 2)
    assert first.id == second.id
    await removed(front, hook)


async def test_a_removed_webhook_is_gone(front: Front, receiver: Receiver) -> None:
    """It is not shown and takes no changes; removed again it is what it is."""
    hook = await registered(front, receiver.url("/removed"))
    path = f"/v1/webhooks/{hook['id']}"
    for _ in range(2):
        await removed(front, hook)
    assert code_of(await front.http.get(path)) == "WebhookNotFound"
    for what in ("secret", "enable", "deliveries/evk3v9x2m4q8w1r5t7zab0/replay"):
        assert code_of(await front.ask("POST", f"{path}/{what}")) == "WebhookNotFound"
    assert code_of(await front.http.get(f"{path}/deliveries")) == "WebhookNotFound"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "https://169.254.169.254/latest"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "http://example.com/"}, "url"),
        ({"url": "https://us:them@example.com/"}, "url"),
        ({"url": 5}, "url"),
        ({}, "url"),
        ({"url": "https://example.com/", "events": ["tenant.born"]}, "events.0"),
        ({"url": "https://example.com/", "customer_id": "nobody-at-all"}, "customer_id"),
        ({"url": "https://example.com/", "secret": "mine"}, "secret"),
    ],
)
async def test_a_wrong_webhook_is_refused(front: Front, body: Json, field: str) -> None:
    """Every wrong field is named."""
    answer = await front.ask("POST", "/v1/webhooks", body)
    assert code_of(answer) == "InvalidSpec"
    assert [one["field"] for one in answer.json()["errors"]] == [field]


async def test_what_is_not_there_is_said(front: Front, receiver: Receiver) -> None:
    """Another id, an event that it was not told, a key of another change, a cursor that is nobody's."""
    hook = await registered(front, receiver.url("/missing"))
    path = f"/v1/webhooks/{hook['id']}"
    assert code_of(await front.http.get("/v1/webhooks/wh0000000000")) == "WebhookNotFound"
    missing = await front.ask("POST", f"{path}/deliveries/evk3v9x2m4q8w1r5t7zab0/replay")
    assert code_of(missing) == "DeliveryNotFound"
    key = new_key()
    assert (await front.ask("POST", f"{path}/secret", key=key)).status_code == 200
    assert code_of(await front.ask("POST", f"{path}/enable", key=key)) == "IdempotencyKeyReused"
    for listing in ("/v1/webhooks", f"{path}/deliveries"):
        assert code_of(await front.http.get(listing, params={"cursor": "mine"})) == "InvalidSpec"
    await removed(front, hook)
