"""An invoice as one HTML file that needs nothing beside it."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from documents.shown import HEADINGS, shown
from domain.billing.document import InvoiceDocument


def to_html(document: InvoiceDocument) -> str:
    invoice = shown(document)
    return _template().render(
        invoice=invoice, title=invoice.title, number=dict(invoice.facts).get("Number"), headings=HEADINGS
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("documents", "."),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    return environment.get_template("invoice.html.j2")
