"""Repeats: the same key is the same operation, whatever became of the first answer."""

import asyncio

import pytest

from tests.api.front import Front, Json, code_of, new_key


async def test_a_repeated_signup_is_the_same_operation(front: Front) -> None:
    """Repeats while it runs and after it ended answer what the first answered, and one run was made."""
    body, key = await front.signup_body(), new_key()
    del body["id"]
    answers = [await front.ask("POST", "/v1/tenants", body, key) for _ in range(2)]
    accepted = answers[0].json()
    await front.ended(accepted["operation_id"])
    answers.append(await front.ask("POST", "/v1/tenants", body, key))
    assert [(a.status_code, a.json(), a.headers["location"]) for a in answers] == [
        (202, accepted, accepted["links"]["operation"])
    ] * 3
    assert await front.runs_of(accepted["slug"], accepted["tenant_id"]) == 1


async def test_repeats_at_the_same_moment_are_one_operation(front: Front) -> None:
    """Ten equal sign-ups at once, none of which has seen an answer, become one run."""
    body, key = await front.signup_body(), new_key()
    answers = await asyncio.gather(*(front.ask("POST", "/v1/tenants", body, key) for _ in range(10)))
    assert [a.status_code for a in answers] == [202] * 10
    assert len({a.json()["operation_id"] for a in answers}) == 1
    await front.ended(answers[0].json()["operation_id"])
    assert await front.runs_of(body["slug"], body["id"]) == 1


async def test_scales_at_the_same_moment_under_one_key_are_one_operation(front: Front) -> None:
    """A scale reaches open runs by design; its repeats must not supersede each other."""
    signed_up, key = await front.active(), new_key()
    url = f"/v1/tenants/{signed_up['slug']}"
    answers = await asyncio.gather(*(front.ask("PATCH", url, {"users": 77}, key) for _ in range(5)))
    assert [a.status_code for a in answers] == [202] * 5
    assert len({a.json()["operation_id"] for a in answers}) == 1
    ended = await front.ended(answers[0].json()["operation_id"])
    assert ended["status"] == "succeeded"


async def test_a_repeat_answers_the_same_when_the_tenant_has_moved_on(front: Front) -> None:
    """A repeat is answered from what it became, also when the same wish would be refused now."""
    signed_up, key = await front.active(), new_key()
    url = f"/v1/tenants/{signed_up['slug']}"
    scaled = await front.ask("PATCH", url, {"users": 900}, key)
    await front.ended(scaled.json()["operation_id"])
    torn_down = await front.ask("DELETE", f"{url}?grace=0")
    await front.ended(torn_down.json()["operation_id"])
    repeat = await front.ask("PATCH", url, {"users": 900}, key)
    assert (repeat.status_code, repeat.json()) == (202, scaled.json())


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"users": 31}),
        ("PATCH", "?id={tenant_id}", {"users": 30}),
        ("POST", "/suspend", None),
        ("DELETE", "", None),
    ],
)
async def test_a_key_is_for_one_request(
    front: Front, method: str, path: str, body: Json | None, scaled: tuple[Json, dict[str, str]]
) -> None:
    """The same key with another body, path, tenant or method is refused and changes nothing."""
    tenant, key = scaled
    url = f"/v1/tenants/{tenant['slug']}{path.format(**tenant)}"
    answer = await front.ask(method, url, body, key)
    assert (answer.status_code, code_of(answer)) == (422, "IdempotencyKeyReused")


@pytest.fixture(scope="module")
async def scaled(front: Front) -> tuple[Json, dict[str, str]]:
    """A tenant, and the key under which it was scaled to 30 users."""
    signed_up, key = await front.active(), new_key()
    answer = await front.ask("PATCH", f"/v1/tenants/{signed_up['slug']}", {"users": 30}, key)
    assert (await front.ended(answer.json()["operation_id"]))["status"] == "succeeded"
    return signed_up, key


async def test_the_order_of_fields_and_defaults_written_out_do_not_matter_to_json(front: Front) -> None:
    """Two spellings of one JSON object are one request."""
    body, key = await front.signup_body(), new_key()
    first = await front.ask("POST", "/v1/tenants", body, key)
    second = await front.ask("POST", "/v1/tenants", dict(reversed(body.items())), key)
    assert (second.status_code, second.json()) == (202, first.json())


async def test_a_refused_request_may_be_mended_under_its_key(front: Front) -> None:
    """What was refused before it started holds no key."""
    body, key = await front.signup_body(users=5000), new_key()
    refused = await front.ask("POST", "/v1/tenants", body, key)
    assert refused.status_code == 422
    mended = await front.ask("POST", "/v1/tenants", body | {"users": 5}, key)
    assert mended.status_code == 202


async def test_a_repeated_customer_is_the_same_customer(front: Front) -> None:
    """A repeat answers the first customer; another name under the key is refused."""
    key = new_key()
    first, second = [await front.ask("POST", "/v1/customers", {"name": "Umbrella"}, key) for _ in range(2)]
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    other = await front.ask("POST", "/v1/customers", {"name": "Wonka"}, key)
    assert (other.status_code, code_of(other)) == (422, "IdempotencyKeyReused")


async def test_a_key_of_a_customer_is_not_one_of_an_operation(front: Front) -> None:
    """A key that made a customer cannot sign up."""
    key = new_key()
    await front.ask("POST", "/v1/customers", {"name": "Hooli"}, key)
    answer = await front.ask("POST", "/v1/tenants", await front.signup_body(), key)
    assert (answer.status_code, code_of(answer)) == (422, "IdempotencyKeyReused")
