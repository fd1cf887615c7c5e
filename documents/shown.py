"""What is read on an invoice, whatever it is drawn with."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from domain.billing.document import DocumentLine, InvoiceDocument
from domain.billing.invoices import Kind
from domain.billing.words import minor_text

TITLES = {
    Kind.INVOICE: "Invoice",
    Kind.SUPPLEMENTARY: "Supplementary invoice",
    Kind.CREDIT_NOTE: "Credit note",
}
DRAFT_MARK = "Draft: not due, and its amounts may still change"
HEADINGS = ("From", "To", "What", "Quantity", "Amount")
TURNS_TEXT = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""With these a name could make digits beside it read backwards."""

RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_GIVEN = re.compile(r"(?P<what>credit|charge) for (?P<reason>.+): (?P<amount>[^:]+)")
"""As lines of what is given by hand are worded."""

CONTROLS = frozenset({"Cc", "Zl", "Zp"})


@dataclass(frozen=True)
class Row:
    begin: str
    end: str
    """Empty for what happened at one instant."""
    what: str
    reason: str
    """In letters that run from right to left, and so a line of its own: within another one it would take the
    amount beside it along. Empty where `what` says all."""
    small: tuple[str, ...]
    """The line's key, by which later invoices name it, and that of the line that it corrects."""
    quantity: str
    amount: str


@dataclass(frozen=True)
class Shown:
    title: str
    mark: str | None
    """In large letters across the head; None if there is nothing to warn of."""
    is_credit: bool
    facts: tuple[tuple[str, str], ...]
    issuer: tuple[str, ...]
    customer: tuple[str, ...]
    rows: tuple[Row, ...]
    total_label: str
    total: str
    notes: tuple[str, ...]


def shown(document: InvoiceDocument) -> Shown:
    zone = ZoneInfo(document.time_zone)
    is_credit = document.kind is Kind.CREDIT_NOTE
    issuer, customer = document.issuer, document.customer
    return Shown(
        title=TITLES[document.kind],
        mark=DRAFT_MARK if document.is_draft else None,
        is_credit=is_credit,
        facts=_facts(document, zone),
        issuer=_block(issuer.name, *issuer.address, issuer.tax_id and f"Tax id {issuer.tax_id}"),
        customer=_block(customer.name, customer.email, f"Customer {customer.id}"),
        rows=tuple(_row(line, document, zone) for line in document.lines),
        total_label="Total in your favour" if document.total_minor < 0 else "Total",
        total=clean(minor_text(document.total_minor, document.money)),
        notes=(
            f"Dates and times are those of {document.time_zone}; a span ends where its second date begins.",
            *(["The total is credited to you."] if is_credit else []),
        ),
    )


def clean(text: str) -> str:
    """As it can be drawn: composed letters, blanks for ends of lines, nothing that turns text around."""
    composed = unicodedata.normalize("NFC", text)
    kept = (
        " " if unicodedata.category(char) in CONTROLS else char for char in composed if char not in TURNS_TEXT
    )
    return "".join(kept).strip()


def when_text(instant: datetime, zone: ZoneInfo) -> str:
    """A date where it is midnight, as it mostly is; else with the time, to the second."""
    local = instant.astimezone(zone)
    if local.time() == time():
        return local.date().isoformat()
    unit = "seconds" if local.second or local.microsecond else "minutes"
    return local.replace(tzinfo=None).isoformat(" ", timespec=unit)


def _facts(document: InvoiceDocument, zone: ZoneInfo) -> tuple[tuple[str, str], ...]:
    period = document.period
    facts = (
        ("Number", document.number),
        ("Issued", _date_text(document.issue_date)),
        ("Period", f"{when_text(period.begin, zone)} to {when_text(period.end, zone)}"),
        ("Tenant", f"{document.tenant.slug} ({document.tenant.id})"),
        ("Reference", document.id),
    )
    return tuple((name, clean(value)) for name, value in facts if value)


def _date_text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _row(line: DocumentLine, document: InvoiceDocument, zone: ZoneInfo) -> Row:
    what, reason = _said(clean(line.description))
    return Row(
        begin=when_text(line.begin, zone),
        end="" if line.end == line.begin else when_text(line.end, zone),
        what=what,
        reason=reason,
        small=_small(line),
        quantity=line.quantity,
        amount=clean(minor_text(line.amount_minor, document.money)),
    )


def _said(description: str) -> tuple[str, str]:
    """What it is, and a reason that cannot stand on the same line."""
    given = _GIVEN.fullmatch(description)
    if given is None or not any(unicodedata.bidirectional(char) in RIGHT_TO_LEFT for char in given["reason"]):
        return description, ""
    return f"{given['what']}: {given['amount']}", given["reason"]


def _small(line: DocumentLine) -> tuple[str, ...]:
    """A correction mostly has the key of what it corrects, which is said once then."""
    corrects = [f"corrects {clean(line.corrects)}"] if line.corrects else []
    return (*corrects, *([] if line.corrects == line.key else [clean(line.key)]))


def _block(*lines: str | None) -> tuple[str, ...]:
    return tuple(cleaned for line in lines if line and (cleaned := clean(line)))
