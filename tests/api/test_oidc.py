"""JSON Web Tokens of an issuer, forged in the ways that attackers know."""

import hmac
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.app import create_app
from catalog import Catalog
from runtime.settings import Settings
from tests.api.conftest import served
from tests.api.front import Front, Json, code_of
from tests.login import AUDIENCE, EC, ISSUER, RSA, Login, serving_login

CUSTOMER = "cusk3v9x2m4q8w1"
STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def login() -> Iterator[Login]:
    with serving_login() as login:
        yield login


@pytest.fixture
async def api(
    login: Login, front: Front, api_settings: Settings, catalog: Catalog
) -> AsyncIterator[httpx.AsyncClient]:
    changes = {"oidc_issuer": ISSUER, "oidc_audience": AUDIENCE, "oidc_jwks_url": login.url}
    app = create_app(api_settings.model_copy(update=changes), catalog=catalog, clock=login.clock)
    async with served(app) as address, httpx.AsyncClient(base_url=address, timeout=30) as http:
        yield http


async def me(api: httpx.AsyncClient, token: str) -> httpx.Response:
    return await api.get("/v1/me", headers={"Authorization": f"Bearer {token}"})


async def test_a_token_of_the_issuer_is_taken(login: Login, api: httpx.AsyncClient) -> None:
    """By either kind of key; roles that are not ours do not matter, and one string is as good as a list."""
    told = await me(api, login.token(roles=["support", "wizard"]))
    assert told.json() == {"subject": "oidc:ann", "roles": ["support"], "customer_id": None}
    told = await me(api, login.token(EC, "ec-1", roles="finance operator"))
    assert told.json()["roles"] == ["finance", "operator"]
    told = await me(api, login.token(roles=["customer"], customer_id=CUSTOMER))
    assert told.json()["customer_id"] == CUSTOMER
    assert login.asked == 1


PUBLIC = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def part(content: Json) -> str:
    return jwt.utils.base64url_encode(json.dumps(content).encode()).decode()


def unsigned(login: Login) -> str:
    return f"{part({'alg': 'none', 'kid': 'rsa-1'})}.{login.token().split('.')[1]}."


def signed_with_the_public_key(login: Login) -> str:
    """The library refuses to do that, so that the attacker's token is put together by hand."""
    text = f"{part({'alg': 'HS256', 'kid': 'rsa-1'})}.{login.token().split('.')[1]}"
    seal = hmac.new(PUBLIC, text.encode(), "sha256").digest()
    return f"{text}.{jwt.utils.base64url_encode(seal).decode()}"


def with_another_body(login: Login) -> str:
    head, _, seal = login.token().split(".")
    return f"{head}.{part({'sub': 'ann', 'roles': ['admin']})}.{seal}"


HOUR = timedelta(hours=1)
FORGERIES: dict[str, Callable[[Login], str]] = {
    "alg none": unsigned,
    "public key as secret": signed_with_the_public_key,
    "changed body": with_another_body,
    "another's signature": lambda login: login.token(STRANGER),
    "another key's name": lambda login: login.token(EC, "rsa-1"),
    "no key id": lambda login: login.token(kid=None),
    "wrong audience": lambda login: login.token(aud="elsewhere"),
    "no audience": lambda login: login.token(aud=None),
    "wrong issuer": lambda login: login.token(iss="https://login.example.org"),
    "expired": lambda login: login.token(exp=datetime.now(UTC) - HOUR),
    "no expiry": lambda login: login.token(exp=None),
    "not yet": lambda login: login.token(nbf=datetime.now(UTC) + HOUR),
    "no subject": lambda login: login.token(sub=None),
    "subject with control characters": lambda login: login.token(sub="ann\n"),
    "long subject": lambda login: login.token(sub="a" * 151),
    "customer without id": lambda login: login.token(roles=["customer"]),
    "customer and admin": lambda login: login.token(roles=["customer", "admin"], customer_id=CUSTOMER),
    "instance": lambda login: login.token(roles=["instance"]),
    "customer id of another kind": lambda login: login.token(roles=["customer"], customer_id=["x"]),
    "no parts": lambda _: "a.b.c",
}


@pytest.mark.parametrize("how", FORGERIES)
async def test_a_forged_token_is_refused(login: Login, api: httpx.AsyncClient, how: str) -> None:
    """Whatever is wrong with it, it is a 401 and nobody comes in."""
    answer = await me(api, FORGERIES[how](login))
    assert (answer.status_code, code_of(answer)) == (401, "Unauthenticated"), answer.text


async def test_without_a_role_of_ours_nothing_is_allowed(login: Login, api: httpx.AsyncClient) -> None:
    """Somebody whom the issuer knows and we do not is told which role it takes."""
    answer = await me(api, login.token(roles=["wizard"]))
    assert (answer.status_code, code_of(answer)) == (403, "Forbidden")


async def test_keys_of_the_issuer_change(login: Login, api: httpx.AsyncClient) -> None:
    """A new key is found when it is first used; made-up names of keys become no requests to the issuer."""
    assert (await me(api, login.token())).status_code == 200
    login.keys["rsa-2"] = STRANGER
    login.clock.move(timedelta(seconds=11))
    assert (await me(api, login.token(STRANGER, "rsa-2"))).status_code == 200
    assert login.asked == 2
    for number in range(20):
        assert (await me(api, login.token(STRANGER, f"made-up-{number}"))).status_code == 401
    assert login.asked == 2


async def test_the_issuer_is_away(login: Login, api: httpx.AsyncClient) -> None:
    """Before its keys were ever read it is a 503; afterwards those that are known serve."""
    login.away = True
    answer = await me(api, login.token())
    assert (answer.status_code, code_of(answer)) == (503, "Unavailable")
    assert answer.headers["retry-after"]
    login.away = False
    login.clock.move(timedelta(seconds=11))
    assert (await me(api, login.token())).status_code == 200
    login.away = True
    login.clock.move(timedelta(minutes=10))
    assert (await me(api, login.token())).status_code == 200
