"""Explaining a line of an issued invoice, from its closing rated again and from the ledger."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Engine, text

from domain.billing.document import DocumentLine, DocumentPeriod
from domain.billing.explain import origin
from domain.billing.explanation import Booking, Explanation, discounts_of, measured_of, segments_of, terms_of
from domain.billing.ledger import InvoiceLine
from domain.billing.words import number_text
from store.billing.books import entry_of
from store.billing.replay import Rated, Replayer
from store.engine import transaction

_BOOKED = text(
    """
    SELECT entry.*, invoice.number AS name, invoice.id AS id
      FROM ledger_entry entry JOIN invoice ON invoice.id = entry.invoice_id
     WHERE entry.tenant_id = :tenant AND entry.key = ANY(:keys)
     ORDER BY entry.number
    """
)


class NoSuchLine(LookupError):
    """The invoice has no line with this key."""


def explain(engine: Engine, replayer: Replayer, name: str, key: str) -> Explanation | None:
    """None if there is no final invoice of this number or id. Raises NoSuchLine, UsageGone."""
    rated = replayer.rated(name)
    if rated is None:
        return None
    line = next((line for line in rated.issued.lines if line.key == key), None)
    if line is None:
        raise NoSuchLine(key)
    entries = _entries(engine, rated.row.tenant_id, {key, line.corrects or key})
    return _explanation(rated, line, entries)


def _explanation(
    rated: Rated, line: DocumentLine, entries: Sequence[tuple[str, str, InvoiceLine]]
) -> Explanation:
    under = [(invoice_id, entry.line) for invoice_id, _, entry in entries if entry.line.key == line.key]
    place = [invoice_id for invoice_id, _ in under].index(rated.row.id)
    booked = under[place][1]
    owed = next((one for one in rated.rated if one.key == line.key), None)
    found = origin(rated.window, booked)
    return Explanation(
        invoice=rated.issued.number or rated.issued.id,
        currency=rated.issued.currency,
        currency_exponent=rated.issued.currency_exponent,
        currency_sign=rated.issued.currency_sign,
        line=line,
        formula=owed.said(rated.issued.meters) if owed else "",
        before_minor=sum(one.amount for _, one in under[:place]),
        owed_minor=owed.amount if owed else 0,
        period=DocumentPeriod.of(found.period) if found else None,
        segments=segments_of(found) if found else (),
        measured=measured_of(found, rated.quantities, rated.cut_off) if found else None,
        terms=terms_of(found, line.key) if found else (),
        discounts=discounts_of(rated.window.account, found, booked) if found else (),
        booked=tuple(_booking(number, entry, rated.issued.meters) for _, number, entry in entries),
    )


def _entries(engine: Engine, tenant_id: str, keys: set[str]) -> list[tuple[str, str, InvoiceLine]]:
    """Id and number of the invoice, and the entry."""
    with transaction(engine) as session:
        rows = session.connection().execute(_BOOKED, {"tenant": tenant_id, "keys": list(keys)})
        return [(row.id, row.name or row.id, entry_of(row)) for row in rows]


def _booking(invoice: str, entry: InvoiceLine, titles: Mapping[str, str]) -> Booking:
    return Booking(
        invoice=invoice,
        key=entry.line.key,
        quantity=number_text(entry.line.quantity),
        amount_minor=entry.line.amount,
        description=entry.said(titles),
    )
