"""Rating the closing of an issued invoice again, from nothing but what is stored.

What was known then is found by what the invoice and its run have noted: the last fact, the cut-off of usage,
what was closed before, and the ledger up to the run's first entry.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import Engine, text
from sqlmodel import Session, col, select

from domain.billing.account import Account
from domain.billing.closing import close, look
from domain.billing.document import InvoiceDocument
from domain.billing.invoices import Kind
from domain.billing.ledger import InvoiceLine, differences
from domain.billing.lines import Line
from domain.billing.rating import Window, demands, rate, window
from domain.billing.replays import Replay
from domain.billing.usage import Demand
from runtime.clock import Clock
from store.billing.accounts import account
from store.billing.books import ALL, booked
from store.billing.facts import facts_of
from store.billing.invoices import invoice_id
from store.billing.kept import RatedUsage
from store.billing.prices import price_versions
from store.billing.reading import find_invoice
from store.engine import transaction
from store.tables import ClosingRow, InvoiceRow, SubscriptionRow
from store.usage_read import EVERYTHING

_FIRST_ENTRY = text(
    """
    SELECT min(entry.number) FROM ledger_entry entry JOIN invoice ON invoice.id = entry.invoice_id
     WHERE invoice.tenant_id = :tenant AND invoice.closing = :closing
    """
)


@dataclass(frozen=True)
class Rated:
    """An issued invoice, and its closing as it is rated now."""

    row: InvoiceRow
    issued: InvoiceDocument
    window: Window
    cut_off: int
    quantities: Mapping[Demand, Decimal]
    rated: tuple[Line, ...]
    lines: tuple[InvoiceLine, ...]
    """Of the same invoice; none if the closing makes no such invoice."""


class Replayer:
    """Everything raises UsageGone and Unavailable."""

    def __init__(self, engine: Engine, clock: Clock, grace: timedelta) -> None:
        self._engine = engine
        # By the sums that the invoice was made from, a wrong sum would replay to nothing.
        self._usage = RatedUsage(engine, clock, by_events=True)
        self._grace = grace

    def replay(self, name: str, *, latest: bool = False) -> Replay | None:
        """None if there is no final invoice of this number or id. `latest`: also what is to be corrected."""
        rated = self.rated(name)
        if rated is None:
            return None
        return Replay.of(rated.issued, rated.lines, self._to_come(rated) if latest else None)

    def rated(self, name: str) -> Rated | None:
        with transaction(self._engine) as session:
            row = find_invoice(session, name)
            if row is None or row.issued is None:
                return None
            run = session.get_one(ClosingRow, row.closing)
            seen = look(_account(session, row, row.known_fact), row.closed_before, run.moment)
            before = _first_entry(session, row)
            known = booked(session, {row.tenant_id: seen.since}, before)[row.tenant_id]
            grace = _grace_of(session, row, self._grace)
        quantities = self._quantities(row, seen, run.cut_off)
        final = close(seen, quantities, known, row.closed_before, grace).final
        lines = [one.lines for one in final if invoice_id(row.tenant_id, one) == row.id]
        return Rated(
            row=row,
            issued=row.issued,
            window=seen,
            cut_off=run.cut_off,
            quantities=quantities,
            rated=tuple(rate(seen, quantities)),
            lines=lines[0] if lines else (),
        )

    def _to_come(self, then: Rated) -> Sequence[InvoiceLine]:
        """By all that is known now, of what was due by then; what is corrected already is not told again."""
        row, since = then.row, then.window.since
        with transaction(self._engine) as session:
            now = window(_account(session, row, ALL), then.window.until, since)
            known = booked(session, {row.tenant_id: since})[row.tenant_id]
            subscription = session.get_one(SubscriptionRow, row.tenant_id)
        lines = [line for line in rate(now, self._quantities(row, now, EVERYTHING)) if _is_due(line, row)]
        there = {key: line for key, line in known.items() if _is_due(line, row) and now.holds(line)}
        return differences(lines, there, now.account.currency, subscription.closed_until)

    def _quantities(self, row: InvoiceRow, seen: Window, cut_off: int) -> Mapping[Demand, Decimal]:
        return self._usage.answers({row.tenant_id: demands(seen)}, cut_off)[row.tenant_id].quantities


def _is_due(line: Line, row: InvoiceRow) -> bool:
    return line.due is not None and line.due <= row.at


def _account(session: Session, row: InvoiceRow, known_fact: int) -> Account:
    subscription = session.get_one(SubscriptionRow, row.tenant_id)
    facts = facts_of(session, [row.tenant_id], known_fact)[row.tenant_id]
    return account(subscription, facts, price_versions(session))


def _first_entry(session: Session, row: InvoiceRow) -> int:
    values = {"tenant": row.tenant_id, "closing": row.closing}
    first: int = session.connection().execute(_FIRST_ENTRY, values).scalar_one()
    return first


def _grace_of(session: Session, row: InvoiceRow, otherwise: timedelta) -> timedelta:
    """As it was then, which the last invoice that waited for it tells."""
    query = select(InvoiceRow).where(
        InvoiceRow.tenant_id == row.tenant_id,
        InvoiceRow.kind == Kind.INVOICE,
        col(InvoiceRow.closing) <= row.closing,
    )
    waited = session.exec(query.order_by(col(InvoiceRow.sequence).desc()).limit(1)).first()
    return waited.due_at - waited.at if waited else otherwise
