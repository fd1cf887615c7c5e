"""Whose a tenant is: found by id or name, made with the first sign-up, never left behind by a refused one."""

import asyncio
from uuid import uuid4

import httpx

from tests.api.front import Front, Json, code_of, new_key


async def by_name(front: Front, name: str) -> list[Json]:
    answer = await front.http.get("/v1/customers", params={"name": name})
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["items"]
    return found


async def sign_up(front: Front, name: str, **wishes: str) -> httpx.Response:
    body = await front.signup_body(**wishes)
    del body["customer_id"]
    return await front.ask("POST", "/v1/tenants", body | {"customer": name})


def new_name() -> str:
    return f"Initech {uuid4().hex}"


async def test_sign_ups_by_name_share_one_customer(front: Front) -> None:
    """A new name makes one customer, also for two first sign-ups at once; later ones find it."""
    name = new_name()
    both = await asyncio.gather(sign_up(front, name), sign_up(front, name))
    answers = [*both, await sign_up(front, name)]
    assert {answer.status_code for answer in answers} == {202}
    (customer,) = await by_name(front, name)
    tenants = await front.http.get("/v1/tenants", params={"customer_id": customer["id"]})
    assert len(tenants.json()["items"]) == 3
    assert (await front.http.get(f"/v1/customers/{customer['id']}")).json() == customer


async def test_a_refused_sign_up_makes_no_customer(front: Front, active: Json) -> None:
    """Wrong fields and a taken slug leave no customer of the new name."""
    name = new_name()
    assert (await sign_up(front, name, plan="gold")).status_code == 422
    assert code_of(await sign_up(front, name, slug=active["slug"])) == "SlugTaken"
    assert await by_name(front, name) == []


async def test_a_slug_lost_to_another_leaves_no_customer(front: Front) -> None:
    """Of two sign-ups for one slug at once, the refused one leaves no customer behind."""
    names = [new_name(), new_name()]
    slug = f"s-{uuid4().hex[:12]}"
    answers = await asyncio.gather(*(sign_up(front, name, slug=slug) for name in names))
    assert sorted(answer.status_code for answer in answers) == [202, 409]
    for name, answer in zip(names, answers, strict=True):
        assert len(await by_name(front, name)) == (answer.status_code == 202)


async def test_a_name_that_several_have_is_not_guessed(front: Front) -> None:
    """Of two customers of one name neither is taken; the refusal names the ids to choose from."""
    name = new_name()
    ids = [
        (await front.http.post("/v1/customers", json={"name": name}, headers=new_key())).json()["id"]
        for _ in range(2)
    ]
    answer = await sign_up(front, name)
    assert (answer.status_code, code_of(answer)) == (422, "InvalidSpec")
    (problem,) = answer.json()["errors"]
    assert problem["field"] == "customer"
    assert all(customer_id in problem["message"] for customer_id in ids)


async def test_pages_of_customers_meet_without_gaps(front: Front) -> None:
    """Following `next` shows every customer of a name once, in the order of making; no name shows all."""
    name = new_name()
    made = [
        (await front.http.post("/v1/customers", json={"name": name}, headers=new_key())).json()
        for _ in range(5)
    ]
    seen: list[Json] = []
    params: Json = {"name": name, "limit": 2}
    while True:
        page = (await front.http.get("/v1/customers", params=params)).json()
        assert len(page["items"]) <= 2
        seen += page["items"]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]
    assert seen == made
    assert len((await front.http.get("/v1/customers", params={"limit": 5})).json()["items"]) == 5
    refused = await front.http.get("/v1/customers", params={"cursor": "x"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "cursor")


async def test_customers_that_are_not_there(front: Front) -> None:
    """An unknown id is a 404 that says how to find one, an unknown name an empty list."""
    for path in ("nobody", "%00", "X" * 300):
        assert code_of(await front.http.get(f"/v1/customers/{path}")) == "CustomerNotFound"
    assert await by_name(front, new_name()) == []
