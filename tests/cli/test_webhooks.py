"""`tenantry webhook` against a real API and worker."""

import json
import re
import time

from tests.cli.conftest import Ran, Tenantry
from tests.webhooks.receiver import received


def done(ran: Ran) -> Ran:
    assert ran.code == 0, ran.err
    return ran


def test_an_endpoint_from_its_beginning_to_its_end(tenantry: Tenantry) -> None:
    """Added with its secret, told, looked at, replayed, given another secret, removed."""
    customer = json.loads(done(tenantry("customer", "add", "Webhookers", "--json")).out)["id"]
    with received() as receiver:
        added = done(tenantry("webhook", "add", receiver.url("/cli"), "--customer-id", customer))
        secret = re.search(r"secret +(whsec_\S+)", added.out)
        hook = re.search(r"id +(wh\w+)", added.out)
        assert secret
        assert hook
        assert "never again" in added.err
        slug = "told-by-webhook"
        signup = ("--customer-id", customer, "--plan", "echo", "--users", "5", "--region", "us-east-1")
        done(tenantry("signup", slug, *signup))
        deadline = time.monotonic() + 60
        while len(receiver.calls("/cli")) < 3 and time.monotonic() < deadline:
            time.sleep(0.1)
        told = [call.verified(secret[1])["type"] for call in receiver.calls("/cli")]
        assert sorted(told) == ["operation.finished", "tenant.phase_changed", "tenant.phase_changed"]
        event = receiver.calls("/cli")[0].id
        assert event in done(tenantry("webhook", "deliveries", hook[1])).out
        assert f"{event} will be told again" in done(tenantry("webhook", "replay", hook[1], event)).out
        again = done(tenantry("webhook", "replay", hook[1], "--since", "2026-01-01"))
        assert "3 events will be told again" in again.out
        rotated = done(tenantry("webhook", "rotate-secret", hook[1]))
        assert "whsec_" in rotated.out
        assert secret[1] not in rotated.out
        assert hook[1] in done(tenantry("webhook", "list", "--customer-id", customer)).out
        assert "enabled" in done(tenantry("webhook", "enable", hook[1])).out
        assert done(tenantry("webhook", "show", hook[1])).out
        assert "removed" in done(tenantry("webhook", "remove", hook[1])).out
    gone = tenantry("webhook", "show", hook[1])
    assert (gone.code, "`tenantry webhook list` shows them" in gone.err) == (1, True)


def test_what_is_wrong_is_named(tenantry: Tenantry) -> None:
    """An address inside, a type that there is not, a replay of nothing or of both."""
    inside = tenantry("webhook", "add", "https://10.0.0.1/")
    assert (inside.code, "url: must lead to a public address" in inside.err) == (2, True)
    assert tenantry("webhook", "add", "https://example.com/", "--event", "tenant.born").code == 2
    assert tenantry("webhook", "replay", "wh0").code == 2
    assert tenantry("webhook", "replay", "wh0", "ev0", "--since", "2026-01-01").code == 2
