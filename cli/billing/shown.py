"""Invoices for people to read: every line with its arithmetic."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.markup import escape

from cli.output import styled, table
from domain.billing.document import DocumentLine, InvoiceDocument
from domain.billing.invoices import Invoice
from domain.billing.money import Currency
from domain.billing.words import instant_text, minor_text

COLUMNS = ("FROM", "TO", "QUANTITY", "AMOUNT", "WHAT")
KEYED = ("KEY", *COLUMNS)


def print_invoices(console: Console, invoices: Sequence[Invoice], currency: Currency) -> None:
    if not invoices:
        console.print("no invoices")
    for invoice in invoices:
        begin, end = when_text(invoice.period.begin), when_text(invoice.period.end)
        kind = invoice.kind.replace("_", " ")
        total = escape(minor_text(invoice.total, currency))
        console.print(f"[bold]{kind}[/] {styled(invoice.status)}, {begin} to {end}: [bold]{total}[/]")
        console.print(table(COLUMNS, (line_row(DocumentLine.of(entry), currency) for entry in invoice.lines)))
        console.print()


def print_document(console: Console, document: InvoiceDocument) -> None:
    kind = " ".join([document.kind.replace("_", " "), *([document.number] if document.number else [])])
    total = escape(minor_text(document.total_minor, document.money))
    begin, end = when_text(document.period.begin), when_text(document.period.end)
    issued = f", issued {document.issue_date}" if document.issue_date else ""
    console.print(f"[bold]{escape(kind)}[/] {styled(document.status)}, {begin} to {end}: [bold]{total}[/]")
    console.print(f"{escape(document.customer.name)}, {document.tenant.slug}{issued}")
    console.print(table(KEYED, ([line.key, *line_row(line, document.money)] for line in document.lines)))


def line_row(line: DocumentLine, currency: Currency) -> list[str]:
    said = line.description + (f" (corrects {line.corrects})" if line.corrects else "")
    return [
        when_text(line.begin),
        when_text(line.end),
        line.quantity,
        escape(minor_text(line.amount_minor, currency)),
        escape(said),
    ]


def when_text(instant: datetime | str) -> str:
    """A date where it is midnight in UTC, as it mostly is."""
    told = instant if isinstance(instant, str) else instant_text(instant)
    return told.removesuffix("T00:00:00Z")
