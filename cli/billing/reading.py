"""`tenantry billing invoices` and `invoice`: what was issued, and what is to come."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from cli.billing.shown import print_document, when_text
from cli.changes import AsJson, Slug
from cli.connection import connect
from cli.output import out, print_json, styled, table
from client import models
from domain.billing.document import InvoiceDocument
from domain.billing.money import Currency
from domain.billing.words import minor_text


def named(text: str | None) -> str | None:
    """What may be an invoice's number or id. Raises typer.BadParameter for what people take for one."""
    if text is not None and not text.strip():
        raise typer.BadParameter("write an invoice's number, such as 2026-000042")
    if text is not None and text.endswith((".html", ".pdf")):
        number, _, suffix = text.rpartition(".")
        raise typer.BadParameter(f"for a file write the number and where to: {number} --{suffix} {text}")
    return text.strip() if text else text


Number = Annotated[
    str,
    typer.Argument(help="An invoice's number or id; of a draft its id.", show_default=False, callback=named),
]
COLUMNS = ("NUMBER", "KIND", "STATUS", "FROM", "TO", "ISSUED", "TOTAL")

app = typer.Typer()


@app.command()
def invoices(slug: Slug, as_json: AsJson = False) -> None:
    """A tenant's invoices, newest first, drafts included."""
    found = list(connect().tenant_invoices(slug))
    if as_json:
        print_json(found)
    elif found:
        out().print(table(COLUMNS, map(_row, found)))
    else:
        out().print(f"{slug} has no invoices")


@app.command()
def invoice(
    number: Number,
    as_json: AsJson = False,
    html: Annotated[Path | None, typer.Option(help="Write it to this file as HTML.")] = None,
    pdf: Annotated[Path | None, typer.Option(help="Write it to this file as PDF.")] = None,
) -> None:
    """One invoice with the arithmetic of each line."""
    client = connect()
    for file, content in ((html, client.invoice_html), (pdf, client.invoice_pdf)):
        if file:
            _write(file, content(number))
    if as_json:
        print_json(client.invoice(number))
    elif not (html or pdf):
        print_document(out(), InvoiceDocument.model_validate(client.invoice(number)))


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise typer.BadParameter(f"cannot write {file}: {error.strerror}") from None


def _row(one: models.InvoiceSummary) -> list[Any]:
    currency = Currency(one["currency"], one["currency_exponent"], one["currency_sign"])
    return [
        escape(one["number"] or one["id"]),
        one["kind"].replace("_", " "),
        styled(one["status"]),
        *(when_text(one["period"][edge]) for edge in ("from", "to")),
        one["issue_date"],
        escape(minor_text(one["total_minor"], currency)),
    ]
