"""Credits, charges and discounts by hand, over HTTP."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.api.front import Front, Json, code_of, new_key

REASON = {"reason": "outage of March 3"}


@pytest.fixture(scope="module")
async def tenant(front: Front) -> Json:
    """The 202 of a billed tenant to whom only the tests of this file give something."""
    return await front.active(plan="team", users=20)


@pytest.mark.parametrize(
    ("what", "body", "field"),
    [
        ("credits", {"amount": 20}, "amount"),
        ("credits", {"amount": "1e3"}, "amount"),
        ("credits", {"amount": "20.005"}, "amount"),
        ("credits", {"amount": "0"}, "amount"),
        ("charges", {"amount": "-1"}, "amount"),
        ("charges", {"amount": "10000000.01"}, "amount"),
        ("charges", {"amount": "999999999999999999999999"}, "amount"),
        ("charges", {"amount": "1", "reason": " "}, "reason"),
        ("charges", {"amount": "1", "currency": "USD"}, "currency"),
        ("discounts", {"percent": "101"}, "percent"),
        ("discounts", {"percent": "0"}, "percent"),
        ("discounts", {"percent": "10", "from": "2024-01-01T00:00:00Z"}, "from"),
        ("discounts", {"percent": "10", "from": "9999-12-31T23:59:59-14:00"}, "from"),
        ("discounts", {"percent": "10", "to": "2024-01-01T00:00:00Z"}, "to"),
    ],
)
async def test_what_cannot_be_given_names_its_field(
    front: Front, tenant: Json, what: str, body: Json, field: str
) -> None:
    """Wrong amounts, decimals that the currency has not, spans in the past: nothing is recorded."""
    answer = await front.ask("POST", f"/v1/tenants/{tenant['slug']}/{what}", REASON | body)
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [field]


async def test_what_is_given_is_on_the_next_invoice(front: Front, tenant: Json) -> None:
    """Once, however often it is asked for under its key; with its reason, and explained."""
    url = f"/v1/tenants/{tenant['slug']}"
    key = new_key()
    first, again = [
        await front.ask("POST", f"{url}/credits", REASON | {"amount": "20"}, key) for _ in range(2)
    ]
    assert (first.status_code, first.json()) == (201, again.json())
    assert (first.json()["id"], first.json()["amount"], first.json()["currency"]) == (
        "credit.1",
        "20.00",
        "EUR",
    )
    for path, body in (("credits", {"amount": "21"}), ("charges", {"amount": "20"})):
        other = await front.ask("POST", f"{url}/{path}", REASON | body, key)
        assert code_of(other) == "IdempotencyKeyReused"
    await front.ask("POST", f"{url}/charges", {"amount": "15.50", "reason": "import"})
    begin = (datetime.now(UTC) + timedelta(days=100)).replace(microsecond=1)
    given = await front.ask(
        "POST", f"{url}/discounts", REASON | {"percent": "12.5", "from": begin.isoformat()}
    )
    assert (given.status_code, given.json()["percent"], given.json()["to"]) == (201, "12.5", None)
    assert datetime.fromisoformat(given.json()["from"]) == begin.replace(microsecond=0) + timedelta(seconds=1)
    await front.closed(datetime.now(UTC) + timedelta(days=32))
    newest = (await front.http.get(f"{url}/invoices")).json()["items"][0]
    lines = (await front.http.get(f"/v1/invoices/{newest['number']}")).json()["lines"]
    assert [(line["amount_minor"], line["description"]) for line in lines] == [
        (-2000, "credit for outage of March 3: €20.00"),
        (1550, "charge for import: €15.50"),
        (12000, "team fee: 20 × €6.00"),
    ]
    told = await front.http.get(
        f"/v1/invoices/{newest['number']}/explanation", params={"key": lines[0]["key"]}
    )
    assert (told.json()["segments"], told.json()["owed_minor"]) == ([], -2000)
    assert (await front.http.get(f"/v1/invoices/{newest['number']}/replay")).json()["same"]


async def test_who_is_not_billed_is_given_nothing(front: Front, active: Json) -> None:
    """A plan without a price has no invoice that it could be on; an unknown tenant is not found."""
    answer = await front.ask("POST", f"/v1/tenants/{active['slug']}/credits", REASON | {"amount": "1"})
    assert (answer.status_code, code_of(answer)) == (409, "NotBilled")
    answer = await front.ask("POST", "/v1/tenants/no-such-one/charges", REASON | {"amount": "1"})
    assert (answer.status_code, code_of(answer)) == (404, "TenantNotFound")
