"""What is to be handed on: open until a sink has given its reference."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import col, select

from domain.billing.document import InvoiceDocument
from domain.errors import capped
from runtime.clock import Clock
from store.engine import transaction
from store.tables import DeliveryRow, InvoiceRow


@dataclass(frozen=True)
class Delivery:
    document: InvoiceDocument
    first_tried: datetime
    """Written before anything is handed on: a sink must know how long ago it may have begun."""


class Deliveries:
    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def begin(self, after: str, limit: int) -> list[Delivery]:
        """The next that nobody has taken yet, in the order of their numbers. Raises Unavailable."""
        query = (
            select(DeliveryRow, InvoiceRow)
            .join(InvoiceRow, col(InvoiceRow.id) == col(DeliveryRow.invoice_id))
            .where(col(DeliveryRow.delivered_at).is_(None), col(InvoiceRow.number) > after)
            .order_by(col(InvoiceRow.number))
            .limit(limit)
        )
        found = []
        with transaction(self._engine) as session:
            for delivery, invoice in session.exec(query):
                delivery.first_tried_at = delivery.first_tried_at or self._clock.now()
                if invoice.issued:
                    found.append(Delivery(invoice.issued, delivery.first_tried_at))
        return found

    def end(self, invoice_id: str, reference: str) -> None:
        with transaction(self._engine) as session:
            row = session.get_one(DeliveryRow, invoice_id, with_for_update=True)
            row.delivered_at, row.reference, row.problem = self._clock.now(), reference, ""

    def fail(self, invoice_id: str, problem: str) -> None:
        """It stays open, and says why."""
        with transaction(self._engine) as session:
            row = session.get_one(DeliveryRow, invoice_id, with_for_update=True)
            row.problem = capped(problem)
