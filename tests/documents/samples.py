"""Documents to render: of simulated invoices, and made by hand for what is to be seen on them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from catalog.currencies import currency_of
from catalog.scenario import read_scenario
from domain.billing.document import InvoiceDocument
from domain.billing.invoices import Status
from domain.billing.simulation import simulate
from runtime.settings import ROOT

EXAMPLES = sorted((ROOT / "examples" / "billing").glob("*.yaml"))
PARIS_MIDNIGHT = datetime(2023, 12, 31, 23, tzinfo=UTC)

AROUND: dict[str, Any] = {
    "issuer": {
        "name": "Acme Tenancies SAS",
        "address": ["12 rue de la Paix", "75002 Paris", "France"],
        "tax_id": "FR 40 303 265 045",
    },
    "customer": {"id": "cust-7", "name": "Bird & Sons Ltd", "email": "money@bird.example"},
    "tenant": {"id": "t3n4ntid0001", "slug": "bird"},
    "time_zone": "Europe/Paris",
}


def played_documents() -> Iterator[InvoiceDocument]:
    """Of every invoice in every example of docs/billing.md."""
    for file in EXAMPLES:
        scenario = read_scenario(file)
        for place, invoice in enumerate(simulate(scenario)):
            final = invoice.status is Status.FINAL
            yield InvoiceDocument.of(
                invoice,
                scenario.account.currency,
                id=f"inv-{file.stem}-{place}",
                number=f"ACME-{invoice.at.year}-{place + 1:06}" if final else None,
                issue_date=invoice.at.date() if final else None,
                **AROUND,
            )


def line(place: int = 0, amount: int = 10_000, **changes: Any) -> dict[str, Any]:
    """A day's line; two of different places have different keys."""
    begin = PARIS_MIDNIGHT + timedelta(days=place % 31)
    given = {
        "key": f"fee/{begin:%Y-%m-%dT%H:%M:%SZ}/charge-{place}",
        "description": "team fee: €100.00",
        "from": begin,
        "to": begin + timedelta(days=1),
        "quantity": "1",
        "amount_minor": amount,
        "corrects": None,
    }
    return given | changes


def document(
    *, lines: list[dict[str, Any]] | None = None, customer_name: str | None = None, **changes: Any
) -> InvoiceDocument:
    """A final invoice over January in Paris, with what is to be different."""
    lines = [line()] if lines is None else lines
    currency = currency_of(changes.get("currency", "EUR"))
    given = {
        "number": "ACME-2024-000007",
        "kind": "invoice",
        "period": {"from": PARIS_MIDNIGHT, "to": PARIS_MIDNIGHT + timedelta(days=31)},
        "status": "final",
        "lines": lines,
        "total_minor": sum(one["amount_minor"] for one in lines),
        "currency": currency.code,
        "currency_exponent": currency.exponent,
        "currency_sign": currency.sign,
        "id": "inv000000000007",
        "issue_date": date(2024, 2, 1),
        **AROUND,
    } | changes
    if customer_name is not None:
        given["customer"] = given["customer"] | {"name": customer_name}
    return InvoiceDocument.model_validate(given)


def correction() -> InvoiceDocument:
    """A credit note with one line that corrects another."""
    wrong = "calls/2024-01-01T00:00:00Z/1"
    said = "correction, €4.00 instead of €8.00: calls: 2 packages of 10 × €2.00"
    return document(
        kind="credit_note",
        lines=[line(amount=-400, key=wrong, description=said, quantity="-2", corrects=wrong)],
    )
