"""Handing invoices on to the Stripe that tests have."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from activities.billing.sinks.stripe_sink import StripeSink
from domain.billing.document import InvoiceDocument
from tests.documents.samples import document, line
from tests.sinks.conftest import KEY, LocalStripe

NOW = datetime(2024, 2, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=30)
numbers = count(1)


def sink(stripe: LocalStripe, now: datetime = NOW) -> StripeSink:
    return StripeSink(KEY, lambda: now, api_base=stripe.url)


def invoice(**changes: Any) -> InvoiceDocument:
    """With an id, a number and a customer of its own, and two lines, one of them negative."""
    place = next(numbers)
    given = {
        "id": f"inv{place}",
        "number": f"ACME-2024-{place:06}",
        "customer": {"id": f"it's \\{place}", "name": "Bird & Sons Ltd", "email": "money@bird.example"},
        "lines": [line(0, 45_173), line(1, -7_586)],
    }
    return document(**given | changes)
