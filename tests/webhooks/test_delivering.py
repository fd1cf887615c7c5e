"""Delivery: signed, tried again, each endpoint on its own."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from standardwebhooks.exceptions import WebhookVerificationError

from domain.webhooks.retries import ATTEMPTS, RETRIES, SECRET_OVERLAP
from runtime.signing_keys import read_signing_keys
from store.tables import DeliveryState
from store.webhooks.endpoints import enabled, rotated
from tests.api.front import until
from tests.webhooks.receiver import Answer
from tests.webhooks.site import Site


async def test_a_receiver_takes_what_is_sent(site: Site) -> None:
    """The scheme's own library verifies it, and what it says is the event with its type and time."""
    hook = site.hook("/one")
    operation = site.happen()
    async with site.courier():
        (told,) = await site.settled(hook)
    (call,) = site.receiver.calls("/one")
    said = call.verified(site.secret(hook))
    assert (said["type"], said["data"]["operation_id"]) == ("operation.finished", operation)
    assert datetime.fromisoformat(said["timestamp"]) == told.event.at
    assert call.headers["content-type"] == "application/json"
    assert (call.id, told.delivery.status, told.delivery.attempts) == (told.event.id, 200, 1)
    assert list(said["data"]) == list(told.event.data)


async def test_a_recorded_webhook_is_refused_later(site: Site) -> None:
    """Its time is signed: whoever sends it again after minutes, or with another time or body, is refused."""
    hook = site.hook("/recorded")
    site.happen()
    site.world.clock.move(-timedelta(minutes=6))
    # Sent by a clock that was six minutes behind: as it looks to its receiver when somebody sends it again.
    site.happen()
    async with site.courier():
        await until(lambda: _none_due(site))
    site.world.clock.move(timedelta(minutes=6))
    (call,) = site.receiver.calls("/recorded")
    secret = site.secret(hook)
    with pytest.raises(WebhookVerificationError, match="too old"):
        call.verified(secret)
    now = str(int(datetime.now(UTC).timestamp()))
    for forged in ({"webhook-timestamp": now}, {"webhook-timestamp": now, "webhook-id": "ev0"}):
        with pytest.raises(WebhookVerificationError, match="No matching"):
            type(call)({**call.headers, **forged}, call.body).verified(secret)


async def _none_due(site: Site) -> bool | None:
    return not site.queue().due() or None


async def test_both_secrets_sign_for_a_day(site: Site) -> None:
    """After a rotation receivers may have the old secret or the new one; after a day only the new one."""
    hook = site.hook("/rotated")
    old = site.secret(hook)
    site.change(hook, rotated(site.keys.newest, site.world.clock.now()))
    new = site.secret(hook)
    site.happen()
    async with site.courier():
        await site.settled(hook)
    (call,) = site.receiver.calls("/rotated")
    assert old != new
    assert call.verified(old) == call.verified(new)
    row = site.row(hook)
    assert row.earlier_until
    assert row.earlier_until - site.world.clock.now() <= SECRET_OVERLAP
    site.world.clock.move(SECRET_OVERLAP)
    site.happen()
    async with site.courier():
        await site.settled(hook)
    site.world.clock.move(-SECRET_OVERLAP)
    assert len(site.receiver.calls("/rotated")[1].headers["webhook-signature"].split()) == 1


async def test_a_key_that_became_known_is_gone_at_once(site: Site, tmp_path: Path) -> None:
    """With its line removed, endpoints that were given another secret are told on; the others say why not."""
    file = tmp_path / "keys"
    file.write_bytes(base64.b64encode(b"n" * 32))
    rescued, left = site.hook("/rescued"), site.hook("/left")
    site.keys = read_signing_keys(file)
    site.change(rescued, rotated(site.keys.newest, site.world.clock.now()))
    site.happen()
    async with site.courier():
        await site.settled(rescued)
        assert "no signing key" in (await site.tried(left)).delivery.problem
    (call,) = site.receiver.calls("/rescued")
    call.verified(site.secret(rescued))
    assert site.receiver.calls("/left") == []


async def test_what_fails_is_tried_again_for_three_days(site: Site) -> None:
    """Each attempt bears the same id and falls due as the schedule says; after the last one it is given up,
    and the endpoint, which has taken nothing all the time, is disabled and says why."""
    hook = site.hook("/failing")
    site.receiver.answers["/failing"] = Answer(500, body=b"out\nof order" * 1000)
    site.happen()
    async with site.courier():
        for attempt in range(1, ATTEMPTS):
            delivery = (await site.tried(hook, attempt)).delivery
            assert (delivery.state, delivery.status) == (DeliveryState.PENDING, 500)
            assert delivery.problem.startswith("answered 500: out of order")
            assert len(delivery.problem) < 250
            assert delivery.next_at
            assert delivery.last_at
            assert delivery.next_at - delivery.last_at - RETRIES[attempt - 1] < timedelta(seconds=20)
            site.world.clock.move(RETRIES[attempt - 1])
        last = await site.tried(hook, ATTEMPTS)
    assert last.delivery.state is DeliveryState.FAILED
    assert {call.id for call in site.receiver.calls("/failing")} == {last.event.id}
    assert len(site.receiver.calls("/failing")) == ATTEMPTS
    assert "has taken nothing for 3 days; last: answered 500" in site.row(hook).disabled_because


async def test_an_endpoint_that_is_mended_is_told_everything(site: Site) -> None:
    """One that fails is probed by one event; once that is taken, the others follow at their first attempt."""
    hook = site.hook("/mended")
    site.receiver.answers["/mended"] = Answer(503, {"Retry-After": "60"})
    site.happen()
    async with site.courier():
        await site.tried(hook)
        for _ in range(20):
            site.happen()
        assert site.queue().due() == []
        del site.receiver.answers["/mended"]
        site.world.clock.move(timedelta(seconds=61))
        told = await site.settled(hook)
    assert sorted(one.delivery.attempts for one in told) == [1] * 20 + [2]
    assert site.row(hook).failures == 0


async def test_gone_means_gone(site: Site) -> None:
    """410 disables an endpoint at once: it is told nothing more; enabled again, what waited goes on."""
    hook = site.hook("/gone")
    site.receiver.answers["/gone"] = Answer(410)
    site.happen()
    async with site.courier():
        await site.tried(hook)
        assert "410" in site.row(hook).disabled_because
        site.happen()
        site.world.clock.move(RETRIES[0])
        assert site.queue().due() == []
        del site.receiver.answers["/gone"]
        site.change(hook, enabled())
        (told,) = await site.settled(hook)
    assert told.delivery.attempts == 2


async def test_one_that_never_answers_delays_no_other(site: Site) -> None:
    """While an endpoint holds its connections open, another is told twenty events."""
    released = Event()
    site.receiver.answers["/hangs"] = Answer(after=released)
    hangs, quick = site.hook("/hangs"), site.hook("/quick")
    for _ in range(20):
        site.happen()
    async with site.courier():
        assert len(await site.settled(quick)) == 20
        assert {one.delivery.state for one in site.told(hangs)} == {DeliveryState.PENDING}
        released.set()
        await site.settled(hangs)
    assert len({call.id for call in site.receiver.calls("/quick")}) == 20


async def test_no_answer_is_not_waited_for(site: Site) -> None:
    """An attempt ends when its time is over."""
    released = Event()
    site.receiver.answers["/slow"] = Answer(after=released)
    hook = site.hook("/slow")
    site.happen()
    async with site.courier(patience=0.2):
        assert (await site.tried(hook)).delivery.problem == "no answer within 0.2 s"
    released.set()


async def test_two_couriers_send_each_once(site: Site) -> None:
    """What one has taken, another leaves alone."""
    hook = site.hook("/shared")
    for _ in range(20):
        site.happen()
    async with site.courier(), site.courier():
        await site.settled(hook)
    assert len(site.receiver.calls("/shared")) == 20
