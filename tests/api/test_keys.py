"""Keys of the API: made, used, ended, and told apart from what is none."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from api.app import create_app
from api.authentication import LONGEST_TOKEN
from catalog import Catalog
from runtime.clock import MovableClock
from runtime.settings import Settings
from tests.api.conftest import served
from tests.api.front import Front, Json, admin_at, code_of, new_key


async def made(front: Front, **wishes: object) -> Json:
    answer = await front.ask("POST", "/v1/keys", {"name": "shop", "roles": ["billing"], **wishes})
    assert answer.status_code == 201, answer.text
    key: Json = answer.json()
    return key


def bearing(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def test_a_key_is_shown_once_and_kept_as_a_hash(front: Front) -> None:
    """It works, no list shows it, and no table holds it."""
    key = await made(front)
    me = await front.http.get("/v1/me", headers=bearing(key["key"]))
    assert me.json() == {"subject": f"key:{key['id']}", "roles": ["billing"], "customer_id": None}
    listed = (await front.http.get("/v1/keys?limit=200")).json()
    assert {k: v for k, v in key.items() if k != "key"} | {"last_used_at": None} in [
        one | {"last_used_at": None} for one in listed["items"]
    ]
    secret = key["key"].rpartition("_")[2]
    with front.engine.connect() as connection:
        row = connection.execute(text("SELECT k::text FROM api_key k WHERE id = :id"), {"id": key["id"]})
        assert secret not in row.scalar_one()
    assert secret not in str(listed)


async def test_the_same_request_makes_one_key(front: Front) -> None:
    """The repeat is told which one it made, and cannot have it again."""
    key, body = new_key(), {"name": "once", "roles": ["support"]}
    first = await front.ask("POST", "/v1/keys", body, key)
    again = await front.ask("POST", "/v1/keys", body, key)
    assert (again.status_code, code_of(again)) == (409, "KeyMade")
    assert first.json()["id"] in again.json()["detail"]
    assert first.json()["key"] not in again.text


async def test_a_revoked_key_is_refused_at_once(front: Front) -> None:
    """From the next request on; to revoke it again changes nothing."""
    key = await made(front)
    revoked = [await front.ask("DELETE", f"/v1/keys/{key['id']}") for _ in range(2)]
    assert revoked[0].json()["revoked_at"] == revoked[1].json()["revoked_at"]
    answer = await front.http.get("/v1/me", headers=bearing(key["key"]))
    assert (answer.status_code, code_of(answer)) == (401, "Unauthenticated")
    assert code_of(await front.ask("DELETE", "/v1/keys/nosuchkey000")) == "KeyNotFound"


async def test_a_key_ends_when_it_said_it_would(
    front: Front, api_settings: Settings, catalog: Catalog
) -> None:
    """And says until then when it was last used, to the minute."""
    clock = MovableClock()
    end = datetime.now(UTC) + timedelta(hours=1)
    key = await made(front, expires_at=end.isoformat())
    async with (
        served(create_app(api_settings, catalog=catalog, clock=clock)) as address,
        admin_at(address) as http,
    ):

        async def last_used() -> str:
            items = (await http.get("/v1/keys?limit=200")).json()["items"]
            return next(str(one["last_used_at"]) for one in items if one["id"] == key["id"])

        assert await last_used() == "None"
        assert (await http.get("/v1/me", headers=bearing(key["key"]))).status_code == 200
        first = await last_used()
        clock.move(timedelta(seconds=30))
        await http.get("/v1/me", headers=bearing(key["key"]))
        assert await last_used() == first
        clock.move(timedelta(seconds=40))
        await http.get("/v1/me", headers=bearing(key["key"]))
        assert await last_used() > first
        clock.move(timedelta(hours=1))
        assert (await http.get("/v1/me", headers=bearing(key["key"]))).status_code == 401


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"roles": []}, "roles"),
        ({"roles": ["root"]}, "roles.0"),
        ({"roles": ["instance"]}, "roles.0"),
        ({"roles": ["customer"]}, "body"),
        ({"roles": ["customer", "admin"], "customer_id": "cusk3v9x2m4q8w1"}, "body"),
        ({"customer_id": "cusk3v9x2m4q8w1"}, "body"),
        ({"roles": ["customer"], "customer_id": "cus000000000000"}, "customer_id"),
        ({"expires_at": "2024-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2030-01-01"}, "expires_at"),
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"key": "tnk_mine"}, "key"),
    ],
)
async def test_a_wrong_wish_is_refused_with_its_field(front: Front, wrong: Json, field: str) -> None:
    """Nothing is made."""
    answer = await front.ask("POST", "/v1/keys", {"name": "shop", "roles": ["billing"]} | wrong)
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Basic YWRtaW46YWRtaW4=",
        "Bearer a b",
        "Bearer tnk_abcdefghijkl_short",
        f"Bearer {'x' * (LONGEST_TOKEN + 1)}",
        "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.",
        "Bearer \xe9t\xe9",
    ],
)
async def test_what_is_no_key_is_a_401_that_says_why(front: Front, header: str) -> None:
    """Nothing of what was sent is repeated in the answer."""
    headers = {b"authorization": header.encode("latin-1")}
    answer = await front.http.get("/v1/tenants", headers=headers)
    assert (answer.status_code, code_of(answer)) == (401, "Unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    token = header.partition(" ")[2].strip()
    assert not token or token not in answer.text


async def test_who_may_not_is_refused_before_the_body_is_read(front: Front) -> None:
    """A body that is no JSON does not matter to those who may not send one."""
    key = (await made(front, roles=["support"]))["key"]
    for headers, status in ((bearing(key), 403), ({"Authorization": ""}, 401)):
        answer = await front.http.post("/v1/tenants", content=b"{", headers=headers)
        assert answer.status_code == status
