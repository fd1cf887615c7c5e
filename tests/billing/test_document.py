"""Invoices as documents: their form, what they refuse, and that they are the same every time."""

import json
from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from catalog.scenario import read_scenario
from documents.html import to_html
from domain.billing.document import InvoiceBody, InvoiceDocument
from domain.billing.simulation import simulate
from runtime.settings import ROOT
from tests.documents.samples import AROUND, correction, document, played_documents

INVOICE_FIELDS = ["number", "kind", "period", "status", "lines", "total_minor", "currency"]


def test_it_begins_as_a_simulated_invoice_does() -> None:
    """Whoever reads what `simulate --json` prints can read a document: same names, same order, same form."""
    for one in played_documents():
        printed = json.loads(one.to_json())
        assert list(printed)[: len(INVOICE_FIELDS)] == INVOICE_FIELDS
        body = InvoiceBody.model_validate({name: printed[name] for name in INVOICE_FIELDS})
        assert printed | body.model_dump(mode="json") == printed


def test_it_is_the_same_to_the_byte_after_a_round_trip() -> None:
    """Stored as JSON and read again, a document prints the same bytes, not just the same values."""
    for one in [*played_documents(), document(), correction()]:
        assert InvoiceDocument.model_validate_json(one.to_json()).to_json() == one.to_json()


def test_a_meter_is_called_by_its_title() -> None:
    """On its lines and on corrections of them; lines of meters without a title are left alone."""
    scenario = read_scenario(ROOT / "examples" / "billing" / "late.yaml")
    titles = {"seats": "Seats taken", "mau": "Monthly active users", "fee": "Fee"}
    currency, (first, second) = scenario.account.currency, simulate(scenario)
    around = {"id": "i", "number": "1", "issue_date": date(2024, 3, 1), **AROUND}
    told = InvoiceDocument.of(second, currency, titles=titles, **around)
    assert told.lines[0].description == (
        "correction, €0.00 instead of €150.00: Seats taken: tier 1: 15 × €10.00"
    )
    assert told.meters == json.loads(told.to_json())["meters"] == {"seats": "Seats taken"}
    assert "Seats taken: tier 1: 15" in to_html(told)
    plain = InvoiceDocument.of(first, currency, titles={"mau": "Monthly active users"}, **around)
    assert plain.lines[0].description == "seats: tier 1: 15 × €10.00"
    assert "meters" not in json.loads(plain.to_json())


def test_instants_are_in_utc_with_z_and_names_as_they_are_written() -> None:
    """Whatever zone an instant came in; no escapes for letters outside ASCII."""
    printed = document(customer_name="Überschall Λάμδα 株式会社").to_json().decode()
    assert "Überschall Λάμδα 株式会社" in printed
    assert json.loads(printed)["period"] == {"from": "2023-12-31T23:00:00Z", "to": "2024-01-31T23:00:00Z"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"total_minor": 1}, "not the sum"),
        ({"number": None}, "belong to a final invoice"),
        ({"issue_date": None}, "belong to a final invoice"),
        ({"status": "draft"}, "to no draft"),
        ({"time_zone": "Mars/Olympus"}, "no time zone"),
        ({"time_zone": "../etc"}, "no time zone"),
        ({"currency": "euro"}, "pattern"),
        ({"sum": 1}, "Extra inputs"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, object], said: str) -> None:
    """A document that contradicts itself never gets as far as paper."""
    right = document().model_dump(mode="json")
    with pytest.raises(ValidationError, match=said):
        InvoiceDocument.model_validate(right | change)


def test_a_time_without_a_zone_is_refused() -> None:
    """Nobody has to guess which clock was meant."""
    wrong = document().model_dump() | {"period": {"from": datetime(2024, 1, 1), "to": datetime(2024, 2, 1)}}  # noqa: DTZ001
    with pytest.raises(ValidationError, match="timezone"):
        InvoiceDocument.model_validate(wrong)


def test_a_draft_has_neither_number_nor_date() -> None:
    """They come when it is made final."""
    draft = document(status="draft", number=None, issue_date=None)
    assert (draft.is_draft, draft.number, draft.issue_date) == (True, None, None)
    assert document().issue_date == date(2024, 2, 1)
    assert document().period.begin.astimezone(UTC).hour == 23
