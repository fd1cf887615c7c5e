"""What the Stripe sink makes of refusals, outages and amounts, and that it keeps its key to itself."""

import logging
from datetime import timedelta

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from activities.billing.sinks.stripe_amounts import stripe_amount
from activities.billing.sinks.stripe_sink import StripeSink
from catalog.currencies import currency_of
from devstack.processes import free_port
from domain.errors import AccessDenied, InvalidSpec, Throttled, Unavailable
from tests.sinks.conftest import KEY, LocalStripe
from tests.sinks.handing import NOW, invoice, sink


@pytest.mark.parametrize(
    ("status", "headers", "meaning"),
    [
        (429, {"Retry-After": "7"}, Throttled),
        (500, {}, Unavailable),
        (503, {}, Unavailable),
        (409, {}, Unavailable),
        (400, {}, InvalidSpec),
        (402, {}, InvalidSpec),
        (404, {}, InvalidSpec),
        (401, {}, AccessDenied),
        (403, {}, AccessDenied),
    ],
)
def test_refusals_mean_what_stripe_means(
    local_stripe: LocalStripe, status: int, headers: dict[str, str], meaning: type[Exception]
) -> None:
    """Too many and broken: later. Wrong: never, with Stripe's words."""
    local_stripe.wire(refuse=[(status, headers, "Stripe's own words")])
    with pytest.raises(meaning) as caught:
        sink(local_stripe).hand_on(invoice(), NOW)
    assert (
        "the API key is refused" in str(caught.value)
        if status == 401
        else "Stripe's own words" in str(caught.value)
    )
    assert not isinstance(caught.value, Throttled) or caught.value.retry_after == timedelta(seconds=7)


def test_nobody_there_is_worth_another_try() -> None:
    """No server at the address."""
    nowhere = StripeSink(KEY, lambda: NOW, api_base=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Unavailable, match="cannot be reached"):
        nowhere.hand_on(invoice(), NOW)


def test_an_address_that_stripe_refuses_holds_up_no_invoice(local_stripe: LocalStripe) -> None:
    """The customer goes without it; the log names the customer and not the address."""
    mail = "jörg@bird.example"
    one = invoice(customer={"id": "with-umlaut", "name": "Bird", "email": mail})
    with capture_logs() as logs:
        reference = sink(local_stripe).hand_on(one, NOW)
    (found,) = local_stripe.invoices(one.id)
    (customer,) = local_stripe.customers(one.customer.id)
    assert (found.id, found.status) == (reference, "open")
    assert (customer.name, customer.email) == ("Bird", None)
    assert [line["customer"] for line in logs] == ["with-umlaut"]
    assert mail not in str(logs)


def test_the_key_is_told_to_nobody(local_stripe: LocalStripe, caplog: pytest.LogCaptureFixture) -> None:
    """Neither to a log, however talkative, nor in an error or its causes."""
    caplog.set_level(logging.DEBUG)
    sink(local_stripe).hand_on(invoice(), NOW)
    with pytest.raises(AccessDenied) as caught:
        StripeSink(SecretStr("pk_of_another_kind"), lambda: NOW, api_base=local_stripe.url).hand_on(
            invoice(), NOW
        )
    told = caplog.text + "".join(repr(error) + str(error) for error in (caught.value, caught.value.__cause__))
    assert KEY.get_secret_value() not in told
    assert "pk_of_another_kind" not in told


@pytest.mark.parametrize(
    ("code", "minor", "theirs"),
    [
        ("EUR", 451, 451),
        ("JPY", 451, 451),
        ("ISK", 451, 45_100),
        ("UGX", -5, -500),
        ("MGA", 500, 5),
        ("KWD", 1230, 1230),
    ],
)
def test_amounts_are_counted_as_stripe_counts(code: str, minor: int, theirs: int) -> None:
    """Mostly as ISO 4217 does."""
    assert stripe_amount(minor, currency_of(code)) == theirs


def test_an_amount_that_stripe_cannot_count_is_refused() -> None:
    """Before anything is made there."""
    with pytest.raises(InvalidSpec, match="MGA has 0 decimals"):
        stripe_amount(501, currency_of("MGA"))


def test_a_draft_is_not_handed_on(local_stripe: LocalStripe) -> None:
    """It may still change."""
    with pytest.raises(InvalidSpec, match="draft"):
        sink(local_stripe).hand_on(invoice(status="draft", number=None, issue_date=None), NOW)
