"""Invoices as they were issued, and drafts of those to come."""

from typing import Annotated

import anyio.to_thread
from fastapi import Query, Response
from pydantic import Field

from api.docs import READS, errors
from api.find import find_invoice_document, find_tenant
from api.guard import GuardedRouter
from api.invoice_views import InvoicePage, InvoiceSummary
from api.paths import InvoiceName, Slug
from api.routes.tenants import Which
from api.services import Served
from documents.html import to_html
from documents.pdf import to_pdf
from domain.billing.document import InvoiceDocument
from store.billing.reading import list_invoices
from store.tenants import MAX_PAGE

router = GuardedRouter(tags=["billing"])

_READ = errors("InvoiceNotFound", *READS)


class Listing(Which):
    cursor: str | None = Field(
        default=None, pattern="^[0-9]{1,18}$", description="`next` of the page before."
    )
    limit: int = Field(default=50, ge=1, le=MAX_PAGE)


@router.get(
    "/v1/tenants/{slug}/invoices",
    summary="List a tenant's invoices",
    responses=errors("TenantNotFound", "InvalidSpec", *READS),
)
async def tenant_invoices(services: Served, slug: Slug, listing: Annotated[Listing, Query()]) -> InvoicePage:
    """Newest first. Drafts are on the first page, beside `limit` final ones."""
    tenant = await find_tenant(services, slug, listing.id)
    page = await services.query(list_invoices, tenant.id, listing.cursor, listing.limit)
    return InvoicePage(items=[InvoiceSummary.of(one) for one in page.items], next=page.next_cursor)


@router.get(
    "/v1/invoices/{name}.html",
    summary="An invoice as HTML",
    responses=_READ | {200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
    response_class=Response,
)
async def invoice_html(services: Served, name: InvoiceName) -> Response:
    """One file that needs nothing beside it."""
    document = await find_invoice_document(services, name)
    return Response(await anyio.to_thread.run_sync(to_html, document), media_type="text/html")


@router.get(
    "/v1/invoices/{name}.pdf",
    summary="An invoice as PDF",
    responses=_READ
    | {200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}},
    response_class=Response,
)
async def invoice_pdf(services: Served, name: InvoiceName) -> Response:
    """On A4."""
    document = await find_invoice_document(services, name)
    shown = f'inline; filename="{document.number or document.id}.pdf"'
    pdf = await anyio.to_thread.run_sync(to_pdf, document)
    return Response(pdf, media_type="application/pdf", headers={"Content-Disposition": shown})


@router.get("/v1/invoices/{name}", summary="Show an invoice", responses=_READ)
async def invoice(services: Served, name: InvoiceName) -> InvoiceDocument:
    """The document as it was issued: it never changes. A draft is as the last closing run saw it. With
    `.html` or `.pdf` behind the number the same is for people."""
    return await find_invoice_document(services, name)
