"""Every change that the API takes is in the audit log: once, with who asked, why, and under which request."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from sqlmodel import col, select

from api.app import create_app
from catalog import Catalog
from domain.audit.origin import ActorKind
from domain.naming import new_tenant_id
from runtime.clock import SystemClock
from runtime.settings import Settings
from store.engine import transaction
from store.orphans import Marked, Orphans, list_orphans
from store.tables import AuditRow
from tests.api.front import Front, Json, new_key, until

UNTOLD = {"post /v1/usage", "post /v1/tenants/{slug}/preview"}
"""What instances report is no change that anybody asked for: it has its own identities and tables. And a
preview changes nothing."""
HOOK = {"url": "http://127.0.0.1:1/hook"}
WHY = "für alle, INC-204: 100% sure"
BECAUSE = {"reason": "said in the body"}
ACCESS = BECAUSE | {"seconds": 900}


@dataclass
class Wish:
    """What is sent, and what of it the log tells."""

    path: str
    body: Json | None = None
    reason: str = WHY


Make = Callable[[Front], Awaitable[Wish]]


def of_tenant(action: str = "", body: Json | None = None, **signup: Any) -> Make:
    async def make(front: Front) -> Wish:
        tenant = await front.active(**signup)
        return Wish(f"/v1/tenants/{tenant['slug']}{action}", body)

    return make


def after(method: str, path: str, then: str) -> Make:
    """`then` of a tenant that a change has brought to where it is possible."""

    async def make(front: Front) -> Wish:
        url = f"/v1/tenants/{(await front.active())['slug']}"
        changed = await front.ask(method, url + path)
        assert (await front.ended(changed.json()["operation_id"]))["status"] == "succeeded"
        return Wish(url + then)

    return make


def of_paused(action: str, body: Json | None = None) -> Make:
    """Of a sign-up that waits before its last step."""

    async def make(front: Front) -> Wish:
        accepted = await front.sign_up(pause_before=["app"])
        await until(lambda: stop_of(front, accepted))
        return Wish(f"{accepted['links']['operation']}/{action}", body, (body or {}).get("reason", WHY))

    return make


def of_stuck(step: str, action: str, body: Json | None = None) -> Make:
    """Of a removal that one step refuses."""

    async def make(front: Front) -> Wish:
        slug = (await front.active(plan="business", users=200))["slug"]
        front.providers.stick(slug, step)
        accepted = (await front.ask("DELETE", f"/v1/tenants/{slug}?grace=0")).json()
        await until(lambda: stop_of(front, accepted))
        front.providers.mend(slug)
        return Wish(f"{accepted['links']['operation']}/{action}", body, (body or {}).get("reason", WHY))

    return make


async def stop_of(front: Front, accepted: Json) -> Json | None:
    conditions = (await front.operation(accepted["operation_id"]))["conditions"]
    return conditions[0] if conditions else None


def given(what: str, body: Json) -> Make:
    async def make(front: Front) -> Wish:
        tenant = await front.active(plan="team", users=20)
        return Wish(f"/v1/tenants/{tenant['slug']}/{what}", body | BECAUSE, BECAUSE["reason"])

    return make


async def new_customer(front: Front) -> Wish:
    return Wish("/v1/customers", {"name": "Audited", "email": "canary@example.com"})


async def known_customer(front: Front) -> Wish:
    made = await front.ask("POST", "/v1/customers", {"name": "Audited"})
    changes = {"name": "Renamed", "email": "canary@example.com"}
    return Wish(f"/v1/customers/{made.json()['id']}", changes)


async def new_tenant(front: Front) -> Wish:
    return Wish("/v1/tenants", await front.signup_body())


async def orphan(front: Front) -> Wish:
    name = f"left-{uuid4().hex}"
    place = f"place-{uuid4().hex}"
    left = Marked(kind="s3:bucket", name=name, tenant_id=new_tenant_id(), cell="use1")
    Orphans(front.engine, SystemClock()).record("aws", place, [left])
    (found,) = [one for one in list_orphans(front.engine, "", 1000) if one.name == name]
    return Wish(f"/v1/orphans/{found.id}?reason=nobody+misses+it", reason="nobody misses it")


async def new_api_key(front: Front) -> Wish:
    return Wish("/v1/keys", {"name": "audited", "roles": ["support"]})


async def known_api_key(front: Front) -> Wish:
    made = await front.ask("POST", "/v1/keys", {"name": "audited", "roles": ["support"]})
    return Wish(f"/v1/keys/{made.json()['id']}")


async def new_webhook(front: Front) -> Wish:
    return Wish("/v1/webhooks", HOOK)


def of_webhook(action: str = "", body: Json | None = None) -> Make:
    async def make(front: Front) -> Wish:
        made = await front.ask("POST", "/v1/webhooks", HOOK)
        return Wish(f"/v1/webhooks/{made.json()['id']}{action}", body)

    return make


async def told_webhook(front: Front) -> Wish:
    """One that hears nothing, replays what there is."""
    made = await front.ask("POST", "/v1/webhooks", HOOK)
    path = f"/v1/webhooks/{made.json()['id']}"
    await front.active()

    async def listed() -> list[Json] | None:
        return (await front.http.get(f"{path}/deliveries")).json()["items"] or None

    event = (await until(listed))[0]["event_id"]
    return Wish(f"{path}/deliveries/{event}/replay")


def of_access(
    then: str, body: Json | None = None, *, by_others: bool = False, approved: bool = False
) -> Make:
    """Of support access that was asked for: by the one who asks then, or by somebody else."""

    async def make(front: Front) -> Wish:
        tenant = await front.active()
        headers = new_key()
        if by_others:
            made = await front.ask("POST", "/v1/keys", {"name": "support", "roles": ["support"]})
            headers |= {"Authorization": f"Bearer {made.json()['key']}"}
        asked = await front.ask("POST", f"/v1/tenants/{tenant['slug']}/access", ACCESS, headers)
        path = f"/v1/access/{asked.json()['id']}"
        if approved:
            made = await front.ask("POST", "/v1/keys", {"name": "second", "roles": ["operator"]})
            second = new_key() | {"Authorization": f"Bearer {made.json()['key']}"}
            await front.ask("POST", f"{path}/approve", None, second)
        return Wish(path + then, body)

    return make


def of_nothing(path: str) -> Make:
    async def make(_: Front) -> Wish:
        return Wish(path)

    return make


WISHES: dict[str, Make] = {
    "post /v1/customers": new_customer,
    "patch /v1/customers/{customer_id}": known_customer,
    "post /v1/tenants": new_tenant,
    "patch /v1/tenants/{slug}": of_tenant(body={"users": 300}),
    "delete /v1/tenants/{slug}": of_tenant("?grace=600"),
    "post /v1/tenants/{slug}/suspend": of_tenant("/suspend"),
    "post /v1/tenants/{slug}/resume": after("POST", "/suspend", "/resume"),
    "post /v1/tenants/{slug}/restore": after("DELETE", "?grace=600", "/restore"),
    "post /v1/tenants/{slug}/repair": of_tenant("/repair"),
    "post /v1/tenants/{slug}/credits": given("credits", {"amount": "20"}),
    "post /v1/tenants/{slug}/charges": given("charges", {"amount": "20"}),
    "post /v1/tenants/{slug}/discounts": given("discounts", {"percent": "20"}),
    "post /v1/operations/{operation_id}/cancel": of_paused("cancel"),
    "post /v1/operations/{operation_id}/resume": of_paused("resume"),
    "post /v1/operations/{operation_id}/abort": of_paused("abort", BECAUSE),
    "post /v1/operations/{operation_id}/retry": of_stuck("dns", "retry"),
    "post /v1/operations/{operation_id}/skip": of_stuck("dns", "skip", {"step": "dns", **BECAUSE}),
    "post /v1/operations/{operation_id}/amend": of_stuck(
        "database", "amend", {"step": "database", "input": {"final_snapshot": False}, **BECAUSE}
    ),
    "delete /v1/orphans/{orphan_id}": orphan,
    "post /v1/keys": new_api_key,
    "delete /v1/keys/{key_id}": known_api_key,
    "post /v1/tenants/{slug}/rotate-password": of_tenant("/rotate-password", plan="business", users=200),
    "post /v1/webhooks": new_webhook,
    "delete /v1/webhooks/{webhook_id}": of_webhook(),
    "post /v1/webhooks/{webhook_id}/enable": of_webhook("/enable"),
    "post /v1/webhooks/{webhook_id}/secret": of_webhook("/secret"),
    "post /v1/webhooks/{webhook_id}/replay": of_webhook("/replay", {"since": "2026-01-01T00:00:00Z"}),
    "post /v1/webhooks/{webhook_id}/deliveries/{event_id}/replay": told_webhook,
    "post /v1/tenants/{slug}/access": given("access", {"seconds": 900}),
    "post /v1/access/{grant_id}/approve": of_access("/approve", by_others=True),
    "post /v1/access/{grant_id}/revoke": of_access("/revoke"),
    "post /v1/access/{grant_id}/credentials": of_access(
        "/credentials", {"public_key": "L5sS5vcCf0ydPqKkhcRqvlmYBQyl0uT8dYQXJ5Vw4zs="}, approved=True
    ),
    "post /v1/closings": of_nothing("/v1/closings"),
    "post /v1/recoveries": of_nothing("/v1/recoveries"),
}
"""How each route is asked for something that it grants."""


def test_every_changing_route_is_tried(catalog: Catalog) -> None:
    """A route that is new in the OpenAPI document has to show here that it is audited."""
    paths = create_app(Settings(), catalog=catalog).openapi()["paths"]
    changing = {f"{method} {path}" for path, methods in paths.items() for method in methods} - {
        f"get {path}" for path in paths
    }
    assert changing - UNTOLD == set(WISHES)


@pytest.mark.parametrize("route", WISHES)
async def test_a_change_is_one_row(front: Front, route: str) -> None:
    """Sent twice under one key, a change is told once: by whom, why, in which request."""
    wish = await WISHES[route](front)
    method = route.partition(" ")[0].upper()
    key, requests = new_key(), [uuid4().hex, uuid4().hex]
    answers: list[Json] = []
    for request_id in requests:
        headers = key | {"X-Request-Id": request_id, "Tenantry-Reason": quote(WHY)}
        answer = await front.http.request(method, wish.path, json=wish.body, headers=headers)
        assert answer.is_success or request_id != requests[0], answer.text
        answers.append(answer.json())
    (row,) = rows_of(front, requests)
    me = (await front.http.get("/v1/me")).json()
    assert (row.actor, row.actor_kind, row.roles) == (me["subject"], ActorKind.STAFF, me["roles"])
    assert (row.reason, row.request_id) == (wish.reason, requests[0])
    shown_once = answers[0].get("key", "canary").rpartition("_")[2]
    assert not [secret for secret in ("canary", shown_once) if secret in row.model_dump_json()]
    if route.endswith("/repair"):
        await front.ask("POST", f"{answer.json()['links']['operation']}/cancel")


async def test_a_refused_change_is_no_row(front: Front) -> None:
    """What changes nothing is not told: an unknown customer, a closing in the past of everything."""
    requests = []
    for path, body in (
        ("/v1/tenants", await front.signup_body(customer_id="nobody-at-all")),
        ("/v1/closings", {"as_of": "1999-01-01T00:00:00Z"}),
        ("/v1/tenants/no-such-one/suspend", None),
    ):
        requests.append(uuid4().hex)
        answer = await front.ask("POST", path, body, new_key() | {"X-Request-Id": requests[-1]})
        assert answer.is_client_error, answer.text
    assert rows_of(front, requests) == []


@pytest.mark.parametrize("reason", ["%FF", "%00", "%20", "x" * 301, "%E2%82%AC" * 301])
async def test_a_wrong_reason_is_named(front: Front, reason: str) -> None:
    """What is no text, or too much of it, is a 422 that names the header."""
    answer = await front.ask("POST", "/v1/customers", {"name": "x"}, new_key() | {"Tenantry-Reason": reason})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"].lower() == "tenantry-reason"


def rows_of(front: Front, requests: list[str]) -> list[AuditRow]:
    """What these requests wrote; what runs made of them by themselves left out."""
    query = select(AuditRow).where(
        col(AuditRow.request_id).in_(requests), AuditRow.actor_kind != ActorKind.SYSTEM
    )
    with transaction(front.engine) as session:
        return list(session.exec(query))
