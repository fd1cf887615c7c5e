"""Who is logged in at the issuer asks with its token, as Temporal's UI passes it on."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from temporalio.api.common.v1 import Payload

from codec.app import create_app
from codec.guard import guard_of
from codec.settings import CodecSettings
from runtime.sealing import Sealing
from tests.codec.conftest import ORIGIN, Asking
from tests.login import AUDIENCE, EC, ISSUER, Login, serving_login

TOLD = Payload(data=b"told")


@pytest.fixture
def login() -> Iterator[Login]:
    with serving_login() as login:
        yield login


@pytest.fixture
async def issued(
    login: Login, settings: CodecSettings, sealing: Sealing, token: str
) -> AsyncIterator[Asking]:
    """Asks with a token of the file, unless told otherwise."""
    issuer = {"oidc_issuer": ISSUER, "oidc_audience": AUDIENCE, "oidc_jwks_url": login.url}
    app = create_app(
        sealing, guard_of(settings.model_copy(update=issuer), login.clock), settings.codec_origins
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://codec") as http:
        yield Asking(http, token)


async def test_operators_see_payloads(issued: Asking, login: Login, sealing: Sealing) -> None:
    """By the roles of their token; who has a token of the file goes on asking with that."""
    sealed = sealing.seal([TOLD])
    assert await issued.told("/decode", sealed) == [TOLD]
    for roles in (["operator"], ["wizard", "admin"], "support operator"):
        answer = await issued.post("/decode", sealed, authorization=f"Bearer {login.token(roles=roles)}")
        assert answer.status_code == 200, answer.text


async def test_others_do_not(issued: Asking, login: Login, sealing: Sealing) -> None:
    """Other roles are told so, and what proves nothing is a 401 that the UI's page may read."""
    sealed = sealing.seal([TOLD])
    for wrong, status in (
        (login.token(roles=["support", "finance", "billing"]), 403),
        (login.token(roles=["customer"], customer_id="cus1"), 403),
        (login.token(roles=None), 403),
        (login.token(roles=["admin"], aud="elsewhere"), 401),
        (login.token(EC, "rsa-1", roles=["admin"]), 401),
        ("a.b.c", 401),
    ):
        answer = await issued.post("/decode", sealed, authorization=f"Bearer {wrong}", origin=ORIGIN)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, ORIGIN)


async def test_an_issuer_that_is_away_lets_nobody_in(issued: Asking, login: Login, sealing: Sealing) -> None:
    """Whose keys were never read proves nothing: 503; tokens of the file still open."""
    login.away = True
    answer = await issued.post("/decode", [], authorization=f"Bearer {login.token(roles=['admin'])}")
    assert answer.status_code == 503
    assert await issued.told("/decode", sealing.seal([TOLD])) == [TOLD]
