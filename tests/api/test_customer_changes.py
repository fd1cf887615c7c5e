"""What is known of a customer besides the name: e-mail and time zone, made, changed, used and kept to us."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from domain.naming import workflow_id
from tests.api.front import Front, Json, code_of, new_key


async def made(front: Front, **known: Any) -> Json:
    answer = await front.ask("POST", "/v1/customers", {"name": f"Initech {uuid4().hex}", **known})
    assert answer.status_code == 201, answer.text
    customer: Json = answer.json()
    return customer


async def changed(front: Front, customer: Json, key: dict[str, str] | None = None, **changes: Any) -> Json:
    answer = await front.ask("PATCH", f"/v1/customers/{customer['id']}", changes, key)
    assert answer.status_code == 200, answer.text
    view: Json = answer.json()
    return view


async def test_a_customer_is_made_with_mail_and_zone(front: Front) -> None:
    """Both are shown wherever the customer is; without them they are null."""
    customer = await made(front, email="Billing@ACME.example", time_zone="Europe/Paris")
    assert (customer["email"], customer["time_zone"]) == ("Billing@acme.example", "Europe/Paris")
    assert (await front.http.get(f"/v1/customers/{customer['id']}")).json() == customer
    named = (await front.http.get("/v1/customers", params={"name": customer["name"]})).json()
    assert (named["items"], named["next"]) == ([customer], None)
    plain = await made(front)
    assert (plain["email"], plain["time_zone"]) == (None, None)


async def test_what_is_named_changes_and_null_removes(front: Front) -> None:
    """What is left out stays, and GET shows the same."""
    customer = await made(front, email="a@acme.example", time_zone="Europe/Paris")
    renamed = await changed(front, customer, name="Initrode", email="b@acme.example")
    assert renamed == customer | {"name": "Initrode", "email": "b@acme.example"}
    emptied = await changed(front, customer, email=None, time_zone=None)
    assert emptied == renamed | {"email": None, "time_zone": None}
    assert (await front.http.get(f"/v1/customers/{customer['id']}")).json() == emptied


async def test_a_late_repeat_undoes_no_later_change(front: Front) -> None:
    """The same key answers the customer as it is by then; with another body or customer it is refused."""
    customer, key = await made(front), new_key()
    await changed(front, customer, key, email="a@acme.example")
    later = await changed(front, customer, email="b@acme.example")
    assert await changed(front, customer, key, email="a@acme.example") == later
    for whose in (customer, await made(front)):
        other = await front.ask("PATCH", f"/v1/customers/{whose['id']}", {"email": "c@acme.example"}, key)
        assert (other.status_code, code_of(other)) == (422, "IdempotencyKeyReused")


async def test_changes_keep_the_rules_of_all_changes(front: Front) -> None:
    """A key, JSON, a customer that is there: each lack is refused by its own name."""
    customer = await made(front)
    path, body = f"/v1/customers/{customer['id']}", {"name": "Initrode"}
    assert code_of(await front.http.patch(path, json=body)) == "IdempotencyKeyMissing"
    text = await front.http.patch(path, content="{}", headers=new_key())
    assert code_of(text) == "UnsupportedMediaType"
    for unknown in ("nobody", "%00"):
        assert code_of(await front.ask("PATCH", f"/v1/customers/{unknown}", body)) == "CustomerNotFound"
    assert (await front.http.get(path)).json() == customer


@pytest.mark.parametrize(
    ("change", "field", "hint"),
    [
        ({"email": "acme.example"}, "email", "such as billing@acme.example: An email address must have an @"),
        ({"email": "Ann <ann@acme.example>"}, "email", "angle brackets"),
        ({"email": "a@acme.example\n"}, "email", "invalid characters"),
        ({"email": "a@localhost"}, "email", "period"),
        ({"email": "a" * 250 + "@acme.example"}, "email", "at most 254"),
        ({"email": 7}, "email", "string"),
        ({"time_zone": "Mars/Olympus"}, "time_zone", "such as Europe/Paris or UTC"),
        ({"time_zone": "localtime"}, "time_zone", "such as Europe/Paris or UTC"),
        ({"time_zone": ""}, "time_zone", "such as Europe/Paris or UTC"),
        ({"name": None}, "name", "string"),
        ({"phone": "1"}, "phone", "no such field"),
        ({}, "body", "at least one of name, email and time_zone"),
    ],
)
async def test_a_wrong_value_is_refused_by_its_field(
    front: Front, change: Json, field: str, hint: str
) -> None:
    """Each is a 422 that says what would be right, in a new customer as in a change."""
    asked = [("PATCH", "/v1/customers/nobody", change)]
    if change:
        asked.append(("POST", "/v1/customers", {"name": "Initech", **change}))
    for method, path, body in asked:
        answer = await front.ask(method, path, body)
        assert (answer.status_code, code_of(answer)) == (422, "InvalidSpec")
        (problem,) = answer.json()["errors"]
        assert (problem["field"], hint in problem["message"]) == (field, True), problem


async def test_a_tenants_zone_is_fixed_when_it_signs_up(front: Front) -> None:
    """Its own, else the customer's, else the installation's; a later change of the customer is for others."""
    customer = await made(front, time_zone="Europe/Paris")
    plain = await made(front)
    asked: list[Json] = [
        {"customer_id": customer["id"], "time_zone": "America/Juneau"},
        {"customer_id": customer["id"]},
        {"customer_id": plain["id"]},
    ]
    tenants = [await front.sign_up(**wishes) for wishes in asked]
    await changed(front, customer, time_zone="Asia/Tokyo")
    tenants.append(await front.sign_up(customer_id=customer["id"]))
    shown = [(await front.http.get(f"/v1/tenants/{one['slug']}")).json()["time_zone"] for one in tenants]
    assert shown == ["America/Juneau", "Europe/Paris", "UTC", "Asia/Tokyo"]


async def test_mail_stands_on_invoices_and_nowhere_else(
    front: Front, log_format: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """A final invoice keeps the address that it was made with; no log line and no history has one."""
    log_format("json")
    secret, later = f"{uuid4().hex}@acme.example", f"{uuid4().hex}@acme.example"
    customer = await made(front, email=secret)
    tenant = await front.active(customer_id=customer["id"], plan="team")
    closing = await front.closed()
    await changed(front, customer, email=later)
    await front.ask("PATCH", f"/v1/customers/{customer['id']}", {"email": f"{later} "})
    (invoice,) = (await front.http.get(f"/v1/tenants/{tenant['slug']}/invoices")).json()["items"]
    document = (await front.http.get(f"/v1/invoices/{invoice['number']}")).json()
    assert document["customer"] == {"id": customer["id"], "name": customer["name"], "email": secret}
    assert secret in (await front.http.get(f"/v1/invoices/{invoice['number']}.html")).text

    written = capsys.readouterr().out
    assert "/v1/customers" in written
    for run in (workflow_id(tenant["slug"], tenant["tenant_id"]), f"closing/{closing['id']}"):
        handle = front.temporal.get_workflow_handle(run)
        # As protobuf's own text: in JSON the payloads would be in base64.
        written += str((await handle.fetch_history()).events) + str((await handle.describe()).raw_description)
    assert (customer["id"] in written, "numbered" in written) == (True, True)
    assert secret not in written
    assert later not in written
