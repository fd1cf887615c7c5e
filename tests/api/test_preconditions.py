"""ETags, changes that are made only if nothing has changed, and how often one may ask."""

import asyncio

import pytest

from api.app import create_app
from catalog import Catalog
from runtime.settings import Settings
from tests.api.conftest import served
from tests.api.front import Front, Json, admin_at, code_of, new_key


async def tag(front: Front, path: str) -> str:
    answer = await front.http.get(path)
    assert answer.status_code == 200, answer.text
    return answer.headers["etag"]


@pytest.fixture
async def tenant(front: Front) -> Json:
    return await front.active()


async def test_a_tag_stays_while_nothing_changes(front: Front, tenant: Json) -> None:
    """And is another one after a change."""
    path = f"/v1/tenants/{tenant['slug']}"
    before = await tag(front, path)
    assert before == await tag(front, path)
    assert before.startswith('"')
    scaled = await front.ask("PATCH", path, {"users": 30})
    await front.ended(scaled.json()["operation_id"])
    assert await tag(front, path) != before


@pytest.mark.parametrize(("method", "action"), [("PATCH", ""), ("POST", "/suspend"), ("DELETE", "")])
async def test_a_change_is_made_if_the_tenant_is_as_it_was_read(
    front: Front, tenant: Json, method: str, action: str
) -> None:
    """With an older tag, a weak one or none at all it is a 412, and nothing has begun."""
    path = f"/v1/tenants/{tenant['slug']}"
    body = {"users": 31} if method == "PATCH" else None
    now = await tag(front, path)
    for wrong in ('"other"', f"W/{now}", now.strip('"'), "", f'"a" {now}'):
        headers = new_key() | {"If-Match": wrong}
        answer = await front.http.request(method, path + action, json=body, headers=headers)
        assert (answer.status_code, code_of(answer)) == (412, "PreconditionFailed"), wrong
    assert await tag(front, path) == now
    key = new_key() | {"If-Match": f'"other", {now}'}
    answer = await front.http.request(method, path + action, json=body, headers=key)
    assert answer.status_code == 202, answer.text
    await front.ended(answer.json()["operation_id"])
    again = await front.http.request(method, path + action, json=body, headers=key)
    assert again.json() == answer.json(), "the repeat answers what became of it"


async def test_of_two_who_read_the_same_one_changes_it(front: Front, tenant: Json) -> None:
    """Scales at once with the same tag: a newer target takes no older one's place."""
    path = f"/v1/tenants/{tenant['slug']}"
    front.providers.hold(tenant["slug"])
    now = {"If-Match": await tag(front, path)}
    answers = await asyncio.gather(
        *(front.http.patch(path, json={"users": users}, headers=new_key() | now) for users in (40, 41, 42))
    )
    front.providers.release(tenant["slug"])
    assert min(answer.status_code for answer in answers) == 202
    others = [answer for answer in answers if answer.status_code != 202]
    assert {code_of(answer) for answer in others} <= {"PreconditionFailed", "OperationInProgress"}
    assert len(others) == 2
    accepted = next(answer for answer in answers if answer.status_code == 202)
    await front.ended(accepted.json()["operation_id"])


async def test_any_tag_fits_the_star(front: Front, tenant: Json) -> None:
    """`*` asks that there is a tenant, and a sign-up makes what is not there."""
    star = {"If-Match": "*"}
    suspended = await front.http.post(f"/v1/tenants/{tenant['slug']}/suspend", headers=new_key() | star)
    assert suspended.status_code == 202
    body = await front.signup_body()
    signup = await front.http.post("/v1/tenants", json=body, headers=new_key() | star)
    assert (signup.status_code, code_of(signup)) == (412, "PreconditionFailed")


async def test_a_customer_is_changed_as_it_was_read(front: Front) -> None:
    """Of two changes at once with one tag, one is made; a repeat under its key is still answered."""
    customer = (await front.ask("POST", "/v1/customers", {"name": "Old"})).json()
    path = f"/v1/customers/{customer['id']}"
    now = {"If-Match": await tag(front, path)}
    keys = [new_key() | now for _ in range(3)]
    answers = await asyncio.gather(
        *(front.http.patch(path, json={"name": f"New {n}"}, headers=key) for n, key in enumerate(keys))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
    made = next(n for n, answer in enumerate(answers) if answer.status_code == 200)
    assert answers[made].headers["etag"] == await tag(front, path)
    repeat = await front.http.patch(path, json={"name": f"New {made}"}, headers=keys[made])
    assert repeat.json() == answers[made].json()


async def test_who_asks_too_often_waits(front: Front, api_settings: Settings, catalog: Catalog) -> None:
    """Every answer says how much is left; beyond it a 429 says for how long, and others are not held up."""
    body = {"name": "eager", "roles": ["support"]}
    keys = [(await front.ask("POST", "/v1/keys", body)).json()["key"] for _ in range(2)]
    app = create_app(api_settings.model_copy(update={"api_requests_per_minute": 3}), catalog=catalog)
    async with served(app) as address, admin_at(address) as http:

        async def ask(key: str, path: str = "/v1/me") -> tuple[int, str]:
            answer = await http.get(path, headers={"Authorization": f"Bearer {key}"})
            assert answer.headers["ratelimit-limit"] == "3"
            if answer.status_code == 429:
                assert code_of(answer) == "TooManyRequests"
                assert 1 <= int(answer.headers["retry-after"]) <= 60
            assert 1 <= int(answer.headers["ratelimit-reset"]) <= 60
            return answer.status_code, answer.headers["ratelimit-remaining"]

        asked = [
            await ask(keys[0]),
            await ask(keys[0], "/v1/tenants/none"),
            await ask(keys[0], "/v1/orphans"),
        ]
        assert asked == [(200, "2"), (404, "1"), (403, "0")]
        assert await ask(keys[0]) == (429, "0")
        assert (await ask(keys[1]))[0] == 200
        assert "ratelimit-limit" not in (await http.get("/healthz")).headers
