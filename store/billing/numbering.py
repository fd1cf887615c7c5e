"""Numbers of final invoices: gapless within a year, and in the order in which invoices fell due.

Nothing of a run is numbered before all of it is written, so the order is the same wherever a run was killed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, text
from sqlmodel import Session, col, select

from domain.billing.document import InvoiceDocument, Letterhead
from domain.webhooks.events import InvoiceFinalized
from runtime.clock import Clock
from store.billing.documents import issue
from store.engine import transaction
from store.tables import InvoiceRow
from store.webhooks.telling import tell_all

_NEXT = text(
    """
    UPDATE invoice_counter SET last = last + :count WHERE year = :year RETURNING last
    """
)
_FIRST = text("INSERT INTO invoice_counter (year, last) VALUES (:year, 0) ON CONFLICT DO NOTHING")
_LOCK = text("SELECT last FROM invoice_counter WHERE year = :year FOR UPDATE")


@dataclass(frozen=True)
class Numbering:
    """How numbers are written, and where the day and the year begin."""

    form: str
    zone: ZoneInfo

    def written(self, year: int, number: int) -> str:
        return self.form.format(year=year, number=number)


class Numberer:
    def __init__(self, engine: Engine, numbering: Numbering, letterhead: Letterhead, clock: Clock) -> None:
        self._engine = engine
        self._numbering = numbering
        self._letterhead = letterhead
        self._clock = clock

    def page(self, size: int) -> int:
        """Numbers and dates the next invoices of one year; how many. Raises Unavailable."""
        with transaction(self._engine) as session:
            oldest = _unnumbered(session, 1)
            if not oldest:
                return 0
            year = self._year(oldest[0])
            # Whoever else numbers waits here, and then reads what is left.
            session.connection().execute(_FIRST, {"year": year})
            session.connection().execute(_LOCK, {"year": year})
            rows = [row for row in _unnumbered(session, size) if self._year(row) == year]
            if rows:
                last = session.connection().execute(_NEXT, {"year": year, "count": len(rows)}).scalar_one()
                self._issue(session, rows, year, last - len(rows) + 1)
            return len(rows)

    def _issue(self, session: Session, rows: Sequence[InvoiceRow], year: int, first: int) -> None:
        numbers = {row.id: self._numbering.written(year, first + place) for place, row in enumerate(rows)}
        dates = {row.id: row.due_at.astimezone(self._numbering.zone).date() for row in rows}
        issued = list(issue(session, rows, numbers, dates, self._letterhead))
        for row, document in issued:
            row.number, row.issued = numbers[row.id], document
        told = [(document.customer.id, _finalized(document)) for _, document in issued]
        tell_all(session, told, self._clock.now())

    def _year(self, row: InvoiceRow) -> int:
        return row.due_at.astimezone(self._numbering.zone).year


def _finalized(document: InvoiceDocument) -> InvoiceFinalized:
    return InvoiceFinalized(
        invoice_id=document.id,
        number=str(document.number),
        kind=document.kind,
        tenant_id=document.tenant.id,
        slug=document.tenant.slug,
        total_minor=document.total_minor,
        currency=document.currency,
    )


def _unnumbered(session: Session, size: int) -> list[InvoiceRow]:
    query = (
        select(InvoiceRow)
        .where(col(InvoiceRow.number).is_(None))
        .order_by(
            col(InvoiceRow.due_at), col(InvoiceRow.period_end), col(InvoiceRow.tenant_id), col(InvoiceRow.id)
        )
        .limit(size)
        .execution_options(populate_existing=True)
    )
    return list(session.exec(query))
