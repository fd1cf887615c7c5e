"""An invoice as PDF on A4."""

from collections.abc import Iterator
from datetime import UTC, datetime, time

from documents.fonts import drawable, faces_for
from documents.paper import Paper
from documents.shown import HEADINGS, Shown, shown
from domain.billing.document import InvoiceDocument


def to_pdf(document: InvoiceDocument) -> bytes:
    invoice = shown(document)
    texts = (drawable(text) for text in _texts(invoice))
    paper = Paper(faces_for(texts), invoice, _made(document))
    paper.draw()
    return bytes(paper.output())


def _texts(invoice: Shown) -> Iterator[str]:
    yield from (invoice.title, invoice.total_label, invoice.total, *HEADINGS, *invoice.notes)
    yield from (*invoice.issuer, *invoice.customer)
    for fact in invoice.facts:
        yield from fact
    for row in invoice.rows:
        yield from (row.what, row.reason, row.amount, *row.small)


def _made(document: InvoiceDocument) -> datetime:
    """Never now, or no two files would be the same."""
    if document.issue_date is None:
        return document.period.end.astimezone(UTC)
    return datetime.combine(document.issue_date, time(), UTC)
