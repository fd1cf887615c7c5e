"""Invoices for people to read: every line with its arithmetic."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.markup import escape

from cli.output import styled, table
from domain.billing.invoices import Invoice
from domain.billing.ledger import InvoiceLine
from domain.billing.money import Currency
from domain.billing.words import instant_text, minor_text, number_text

COLUMNS = ("FROM", "TO", "QUANTITY", "AMOUNT", "WHAT")


def print_invoices(console: Console, invoices: Sequence[Invoice], currency: Currency) -> None:
    if not invoices:
        console.print("no invoices")
    for invoice in invoices:
        begin, end = _when(invoice.period.begin), _when(invoice.period.end)
        kind = invoice.kind.replace("_", " ")
        total = escape(minor_text(invoice.total, currency))
        console.print(f"[bold]{kind}[/] {styled(invoice.status)}, {begin} to {end}: [bold]{total}[/]")
        console.print(table(COLUMNS, (_row(entry, currency) for entry in invoice.lines)))
        console.print()


def _row(entry: InvoiceLine, currency: Currency) -> list[str]:
    line = entry.line
    said = entry.description + (f" (corrects {entry.corrects})" if entry.corrects else "")
    return [
        _when(line.span.begin),
        _when(line.span.end),
        number_text(line.quantity),
        escape(minor_text(line.amount, currency)),
        escape(said),
    ]


def _when(instant: datetime) -> str:
    """A date where it is midnight in UTC, as it mostly is."""
    return instant_text(instant).removesuffix("T00:00:00Z")
