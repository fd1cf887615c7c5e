"""The Stripe sink, against localstripe as a process of its own: each invoice once, and as it is here."""

from datetime import datetime
from urllib.parse import parse_qs

import pytest

from domain.billing.document import InvoiceDocument
from domain.errors import InvalidSpec, TemporaryError, Unavailable
from tests.documents.samples import line
from tests.sinks.conftest import LocalStripe
from tests.sinks.handing import LATER, NOW, invoice, sink

CREATE_CUSTOMER, DETAILS, CREATE, LINE_1, LINE_2, FINALIZE = range(1, 7)
"""The calls that change something, in order, for an invoice of two lines of a new customer."""


def assert_there_once(stripe: LocalStripe, one: InvoiceDocument, reference: str) -> None:
    """The invoice, its lines and its customer: each once, and final."""
    (found,) = stripe.invoices(one.id)
    assert (found.id, found.number, found.total, found.currency) == (
        reference,
        one.number,
        one.total_minor,
        "eur",
    )
    assert found.status == ("open" if one.total_minor > 0 else "paid")
    assert found.auto_advance is False
    assert [(entry.description, entry.amount) for entry in found.lines.data] == [
        (entry.description, entry.amount_minor) for entry in one.lines
    ]
    (customer,) = stripe.customers(one.customer.id)
    assert (customer.id, customer.name, customer.email) == (
        found.customer,
        one.customer.name,
        one.customer.email,
    )


def test_an_invoice_is_made_filled_and_finalized(local_stripe: LocalStripe) -> None:
    """Its number, lines in minor units with their periods, the customer; and again, the same reference."""
    one = invoice()
    reference = sink(local_stripe).hand_on(one, NOW)
    assert_there_once(local_stripe, one, reference)
    (found,) = local_stripe.invoices(one.id)
    begin = int(one.lines[0].begin.timestamp())
    assert (found.lines.data[0].period.start, found.lines.data[0].period.end) == (begin, begin + 86_400)
    assert sink(local_stripe).hand_on(one, NOW) == reference
    assert_there_once(local_stripe, one, reference)


@pytest.mark.parametrize("lost", range(CREATE_CUSTOMER, FINALIZE + 1))
@pytest.mark.parametrize("again", [NOW, LATER], ids=["within the window", "after it"])
def test_an_answer_that_is_lost_anywhere_costs_nothing(
    local_stripe: LocalStripe, lost: int, again: datetime
) -> None:
    """Each call in turn has its effect and loses its answer; the next attempt, an hour or days later when
    Stripe has forgotten the keys, ends with one invoice, one of each line and one customer."""
    one = invoice()
    local_stripe.wire(lose=lost)
    with pytest.raises(Unavailable, match=f"invoice {one.number}: cannot be reached"):
        sink(local_stripe).hand_on(one, NOW)
    assert local_stripe.posts() == lost
    local_stripe.wire(**({"forget": True, "index": True} if again == LATER else {}))
    reference = sink(local_stripe, again).hand_on(one, NOW)
    assert_there_once(local_stripe, one, reference)


def test_what_is_final_there_is_found_after_the_window_and_left_alone(local_stripe: LocalStripe) -> None:
    """An invoice that was handed on, and whose answer nobody wrote down: looked for, found, nothing sent."""
    one = invoice()
    reference = sink(local_stripe).hand_on(one, NOW)
    local_stripe.wire(forget=True, index=True)
    assert sink(local_stripe, LATER).hand_on(one, NOW) == reference
    assert local_stripe.posts() == 0


def test_two_invoices_of_a_new_customer_make_one_customer(local_stripe: LocalStripe) -> None:
    """The search does not show the customer yet, and the name was changed in between: still one."""
    first = invoice()
    second = invoice(customer=first.customer.model_dump() | {"name": "Bird Ltd"})
    assert sink(local_stripe).hand_on(first, NOW) != sink(local_stripe).hand_on(second, NOW)
    assert len(local_stripe.customers(first.customer.id)) == 1


def test_what_people_change_in_stripe_stays(local_stripe: LocalStripe) -> None:
    """A customer who has a name there keeps it."""
    first = invoice()
    sink(local_stripe).hand_on(first, NOW)
    local_stripe.wire(index=True)
    second = invoice(customer=first.customer.model_dump() | {"name": "Another", "email": None})
    sink(local_stripe).hand_on(second, NOW)
    (customer,) = local_stripe.customers(first.customer.id)
    assert customer.name == first.customer.name


def test_a_credit_note_is_an_invoice_below_zero(local_stripe: LocalStripe) -> None:
    """Stripe then owes the customer the amount, and takes it off what comes next."""
    one = invoice(kind="credit_note", lines=[line(0, -400)])
    assert_there_once(local_stripe, one, sink(local_stripe).hand_on(one, NOW))


def test_stripe_charges_nobody_by_itself(local_stripe: LocalStripe) -> None:
    """Neither the invoice nor its finalization lets Stripe go on alone; nothing pending is taken in."""
    before = len(local_stripe.bodies())
    sink(local_stripe).hand_on(invoice(), NOW)
    sent = [(path, parse_qs(body)) for path, body in local_stripe.bodies()[before:]]
    made = next(body for path, body in sent if path == "/v1/invoices")
    assert (made["auto_advance"], made["pending_invoice_items_behavior"]) == (["false"], ["exclude"])
    assert next(body for path, body in sent if path.endswith("/finalize")) == {"auto_advance": ["false"]}


def test_a_total_that_differs_there_is_not_finalized(local_stripe: LocalStripe) -> None:
    """A person added a line to the draft: it stays a draft, and the error names both totals."""
    one = invoice()
    local_stripe.wire(lose=LINE_2)
    with pytest.raises(TemporaryError):
        sink(local_stripe).hand_on(one, NOW)
    (draft,) = local_stripe.invoices(one.id)
    local_stripe.add_line(draft, 100)
    with pytest.raises(InvalidSpec, match=f"comes to 37687 in {draft.id} there, and to 37587 here"):
        sink(local_stripe).hand_on(one, NOW)
    assert local_stripe.invoices(one.id)[0].status == "draft"
