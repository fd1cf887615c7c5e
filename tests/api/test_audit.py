"""Reading the audit log over HTTP."""

from datetime import datetime, timedelta

import pytest

from domain.audit.chain import Checkpoint, Verifier
from domain.audit.changes import Change
from domain.audit.origin import ActorKind, Author, Origin
from runtime.clock import SystemClock
from store.audit import note_alone
from tests.api.front import Front, Json, new_key


async def read(front: Front, **query: object) -> Json:
    answer = await front.http.get("/v1/audit", params=query)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    page: Json = answer.json()
    return page


async def test_the_log_that_is_read_can_be_verified(front: Front) -> None:
    """Page by page, oldest first, every hash is right, and the last one is that of the head."""
    await front.customer()
    verifier, cursor, page = Verifier(), "0", await read(front, limit=1)
    head = Checkpoint(**page["head"])
    while cursor:
        page = await read(front, order="oldest", limit=200, cursor=cursor)
        for row in page["items"]:
            verifier.take(row)
            if row["seq"] == head.seq:
                assert verifier.head == head
        cursor = page["next"]
    assert verifier.head.seq >= head.seq


async def test_pages_and_filters(front: Front) -> None:
    """Newest first without gaps or repeats; of a tenant, an actor, an action, a span only."""
    tenant = await front.active()
    whole = (await read(front, tenant_id=tenant["tenant_id"]))["items"]
    assert [row["action"] for row in whole] == ["signup.succeeded", "signup.accepted"]
    first = await read(front, tenant_id=tenant["tenant_id"], limit=1)
    second = await read(front, tenant_id=tenant["tenant_id"], limit=1, cursor=first["next"])
    assert ([*first["items"], *second["items"]], second["next"]) == (whole, None)
    ended = datetime.fromisoformat(whole[0]["at"])
    for narrow, expected in (
        ({"actor": "system"}, whole[:1]),
        ({"action": ["signup.accepted", "nothing"]}, whole[1:]),
        ({"since": ended.isoformat()}, whole[:1]),
        ({"until": ended.isoformat()}, whole[1:]),
        ({"since": (ended + timedelta(seconds=1)).isoformat()}, []),
    ):
        assert (await read(front, tenant_id=tenant["tenant_id"], **narrow))["items"] == expected, narrow


async def test_a_customer_sees_what_was_done_and_not_by_whom_of_us(front: Front, active: Json) -> None:
    """Kind and reason of everyone are shown, names only of customers, and nothing of the request."""
    for kind, name in ((ActorKind.STAFF, "ann@tenantry.example"), (ActorKind.CUSTOMER, "their-key")):
        origin = Origin(kind=kind, roles=["secret-role"], reason="because", request_id="secret-request")
        by = Author(name, origin)
        made = Change(SystemClock().now(), by, "thing.done", "thing", "t1", tenant_id=active["tenant_id"])
        note_alone(front.engine, made)
    answer = await front.http.get(f"/v1/tenants/{active['slug']}/audit", params={"limit": 2})
    assert answer.status_code == 200, answer.text
    shown = [(row["actor_kind"], row["actor"], row["reason"]) for row in answer.json()["items"]]
    assert shown == [("customer", "their-key", "because"), ("staff", None, "because")]
    assert not [word for word in ("ann@", "secret", "hash") if word in answer.text]
    more = await front.http.get(
        f"/v1/tenants/{active['slug']}/audit", params={"cursor": answer.json()["next"]}
    )
    assert more.json()["items"][-1]["action"] == "signup.accepted"


async def test_what_a_customer_does_itself_bears_its_name(front: Front) -> None:
    """Its key is told as the actor, to itself as to us."""
    tenant = await front.active()
    body = {"name": "own", "roles": ["customer"], "customer_id": await front.customer()}
    made = (await front.ask("POST", "/v1/keys", body)).json()
    own = {"Authorization": f"Bearer {made['key']}"}
    url = f"/v1/tenants/{tenant['slug']}"
    answer = await front.http.post(f"{url}/suspend", headers=new_key() | own)
    assert answer.status_code == 202, answer.text
    await front.ended(answer.json()["operation_id"])
    newest = (await front.http.get(f"{url}/audit", headers=own)).json()["items"]
    assert [(row["action"], row["actor_kind"], row["actor"]) for row in newest[:2]] == [
        ("suspend.succeeded", "system", None),
        ("suspend.accepted", "customer", f"key:{made['id']}"),
    ]


@pytest.mark.parametrize(
    "query", [{"cursor": "x"}, {"order": "best"}, {"limit": 1001}, {"since": "today"}, {"actor": "\0"}]
)
async def test_a_wrong_parameter_is_named(front: Front, query: dict[str, str]) -> None:
    """What cannot be meant is a 422 with the parameter's name."""
    answer = await front.http.get("/v1/audit", params=query)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith(next(iter(query)))
