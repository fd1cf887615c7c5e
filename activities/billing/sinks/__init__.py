"""Where final invoices are handed on to: one interface, and the sinks that come with Tenantry."""

from datetime import datetime
from typing import Protocol

from domain.billing.document import InvoiceDocument


class Sink(Protocol):
    """Somebody else's books, which hold an invoice once however often it is handed on."""

    def hand_on(self, document: InvoiceDocument, first_tried: datetime) -> str:
        """Returns the reference there. Safe to call again after any failure, with the same arguments.

        Raises a TemporaryError where a later call may succeed, a PermanentError where a person has to act.
        """
        ...
