"""POST /v1/usage: who may send, what is taken, and that a bad event costs no good one."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.app import create_app
from catalog import Catalog
from devstack.processes import free_port
from domain.metering.usage_token import mint
from runtime.settings import Settings
from tests.api.conftest import served
from tests.api.front import Front, admin_at, code_of
from tests.api.sender import BATCH, Sender, event, sender
from tests.api.test_fuzz import ANYTHING, TEXT

SINGLE, PLAIN = "application/cloudevents+json", "application/json"


@pytest.fixture(scope="session")
async def sending(front: Front) -> Sender:
    """A tenant that tests share: each of their events has an id of its own."""
    return await sender(front)


async def test_case_17_over_http(sending: Sender) -> None:
    """A batch of 100 after 1 of it was stored: 99 inserted, 1 duplicate; again: 0 and 100."""
    batch = [event() for _ in range(100)]
    assert await sending.taken(batch[0]) == (1, 0, [])
    assert await sending.taken(*batch) == (99, 1, [])
    assert await sending.taken(*batch) == (0, 100, [])


@pytest.mark.parametrize(
    ("content_type", "many"),
    [
        (SINGLE, False),
        (BATCH, True),
        (PLAIN, False),
        (PLAIN, True),
        (f"{SINGLE.upper()}; charset=UTF-8", False),
    ],
)
async def test_one_event_or_a_batch(sending: Sender, content_type: str, many: bool) -> None:
    """Each media type of CloudEvents in JSON is taken, and plain JSON for both."""
    answer = await sending.send([event()] if many else event(), content_type)
    assert (answer.status_code, answer.json()) == (200, {"inserted": 1, "duplicates": 0, "refused": []})


async def test_bad_events_cost_no_good_ones(sending: Sender) -> None:
    """Each refused event is named by its place, id, a code and the reason; all others are stored."""
    old = (datetime.now(UTC) - timedelta(days=36)).isoformat()
    ahead = (datetime.now(UTC) + timedelta(minutes=6)).isoformat()
    first, changed = event(id="same"), event(id="same", data={"user": "bob"})
    batch: list[Any] = [
        first,
        event(id=None),
        event(id="old", time=old),
        event(id="ahead", time=ahead),
        event(id="other", type="com.example.unknown"),
        event(id="keyless", data={}),
        7,
        changed,
        event(id="good"),
    ]
    inserted, duplicates, refused = await sending.taken(*batch)
    assert (inserted, duplicates) == (2, 0)
    assert [(one["index"], one["id"], one["code"]) for one in refused] == [
        (1, None, "MalformedEvent"),
        (2, "old", "TooOld"),
        (3, "ahead", "InTheFuture"),
        (4, "other", "NotCounted"),
        (5, "keyless", "UnreadableData"),
        (6, None, "MalformedEvent"),
        (7, "same", "Conflict"),
    ]
    assert all(one["reason"] for one in refused)
    assert await sending.taken(first, event(id="good") | {"time": batch[-1]["time"]}) == (0, 2, [])


async def test_only_the_tenants_own_token_is_taken(front: Front, sending: Sender) -> None:
    """No token, no such token and another tenant's are a 401 that says so, and store nothing."""
    other = await sender(front)
    before = sending.stored() + other.stored()
    crossed = other.token.replace(other.tenant_id, sending.tenant_id)
    for wrong in ("tnu_nonsense", f"{sending.token}x", sending.token[:-1], mint(sending.tenant_id), crossed):
        answer = await sending.send([event()], token=wrong)
        assert (answer.status_code, code_of(answer)) == (401, "UsageTokenRefused")
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert wrong not in answer.text
    assert sending.stored() + other.stored() == before
    for headers in ({}, {"Authorization": f"Basic {sending.token}"}):
        answer = await front.http.post("/v1/usage", json=[event()], headers=headers)
        assert (answer.status_code, code_of(answer)) == (401, "UsageTokenRefused")
    assert (await other.taken(event()))[0] == 1
    assert (sending.stored() + other.stored(), other.stored()) == (before + 1, 1)


async def test_the_token_of_a_tenant_that_is_gone(front: Front) -> None:
    """Once its hash went with its tenant, a token is refused, and the answer says why."""
    leaving = await sender(front)
    assert (await leaving.taken(event()))[0] == 1
    leaving.forget_token()
    answer = await leaving.send([event()])
    assert (answer.status_code, code_of(answer)) == (401, "UsageTokenRefused")
    assert "gone" in answer.json()["detail"]
    assert leaving.stored() == 1


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"", BATCH, 400, "MalformedBody"),
        (b"{", BATCH, 400, "MalformedBody"),
        (b"[NaN]", BATCH, 400, "MalformedBody"),
        (b"\xff\xfe", BATCH, 400, "MalformedBody"),
        (b"[" * 30_000, BATCH, 400, "MalformedBody"),
        (json.dumps([1] * 1001).encode(), BATCH, 413, "TooManyEvents"),
        (b"[" + b" " * 2 * 1024 * 1024 + b"]", BATCH, 413, "BodyTooLarge"),
        (b"[]", "text/plain", 415, "UnsupportedMediaType"),
        (b"[]", "application/problem+json", 415, "UnsupportedMediaType"),
        (b"[]", "", 415, "UnsupportedMediaType"),
    ],
)
async def test_a_body_that_cannot_be_read(
    sending: Sender, body: bytes, content_type: str, status: int, code: str
) -> None:
    """What is no JSON, too much or called something else is refused as a whole, by name."""
    answer = await sending.send(body, content_type)
    assert (answer.status_code, code_of(answer)) == (status, code)


async def test_an_empty_batch_is_taken(sending: Sender) -> None:
    """Whoever had nothing to tell is not told off."""
    assert await sending.taken() == (0, 0, [])


async def test_the_database_away(api_settings: Settings, catalog: Catalog) -> None:
    """While PostgreSQL is away usage is a 503 that says when to send it again."""
    url = type(api_settings.database_url)(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing")
    app = create_app(api_settings.model_copy(update={"database_url": url}), catalog=catalog)
    async with (
        served(app) as address,
        admin_at(address) as http,
    ):
        headers = {"Authorization": f"Bearer {mint('tabcdefghijk')}"}
        answer = await http.post("/v1/usage", json=[event()], headers=headers)
    assert (answer.status_code, code_of(answer)) == (503, "Unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert "none is counted twice" in answer.json()["detail"]


FIELDS = ("specversion", "id", "source", "type", "time", "subject", "datacontenttype", "data", "data_base64")
DATA = st.dictionaries(st.sampled_from(["user", "kind", "count"]) | TEXT, ANYTHING, max_size=3)
CHANGES = st.dictionaries(st.sampled_from(FIELDS) | TEXT, ANYTHING | DATA, max_size=3)
COUNTED = st.sampled_from(["com.goteleport.user.active", "com.goteleport.resources.counted"])
EVENTS = st.builds(lambda kind, data, changes: event(type=kind, data=data) | changes, COUNTED, DATA, CHANGES)


@settings(
    max_examples=60,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(batch=st.lists(EVENTS | ANYTHING, max_size=4) | ANYTHING | st.binary(max_size=40))
async def test_any_body(sending: Sender, batch: Any) -> None:
    """Whatever is sent, each event is stored or refused, or the body is a problem below 500."""
    body = batch if isinstance(batch, bytes) else json.dumps(batch).encode()
    answer = await sending.send(body)
    if answer.status_code != 200:
        assert answer.status_code == 400
        code_of(answer)
        return
    found = answer.json()
    events = batch if isinstance(batch, list) else [batch]
    assert found["inserted"] + found["duplicates"] + len(found["refused"]) == len(events)
