"""Invoices as people look at them: as they were issued, and drafts as the last closing run left them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlmodel import Session, col, or_, select

from domain.billing.document import InvoiceDocument
from domain.naming import TENANT_ID_PATTERN
from store.engine import transaction
from store.tables import DraftRow, InvoiceRow

_DRAFT = re.compile(rf"draft-(?P<tenant>{TENANT_ID_PATTERN.strip('^$')})-\w+")
_NAME = re.compile(r"[!-~]{1,100}")


@dataclass(frozen=True)
class InvoicePage:
    items: Sequence[InvoiceDocument]
    next_cursor: str | None


def list_invoices(engine: Engine, tenant_id: str, cursor: str | None, limit: int) -> InvoicePage:
    """One page, newest first; all drafts are on the first one, beside `limit` final ones."""
    query = select(InvoiceRow).where(
        col(InvoiceRow.tenant_id) == tenant_id, col(InvoiceRow.number).is_not(None)
    )
    if cursor is not None:
        query = query.where(col(InvoiceRow.sequence) < int(cursor))
    query = query.order_by(col(InvoiceRow.sequence).desc()).limit(limit + 1)
    with transaction(engine) as session:
        drafts = _drafts(session, tenant_id) if cursor is None else []
        rows = list(session.exec(query))
    page = rows[:limit]
    items = [*reversed(drafts), *(row.issued for row in page if row.issued)]
    return InvoicePage(items, str(page[-1].sequence) if len(rows) > limit else None)


def find_document(engine: Engine, name: str) -> InvoiceDocument | None:
    """By number or id; of a draft by its id."""
    with transaction(engine) as session:
        if draft := _DRAFT.fullmatch(name):
            drafts = _drafts(session, draft["tenant"])
            return next((one for one in drafts if one.id == name), None)
        row = find_invoice(session, name)
        return row.issued if row else None


def find_invoice(session: Session, name: str) -> InvoiceRow | None:
    """A final one, by number or id."""
    # Anything else is the name of none, and some of it cannot even be sent to the database.
    if not _NAME.fullmatch(name):
        return None
    query = select(InvoiceRow).where(or_(col(InvoiceRow.number) == name, col(InvoiceRow.id) == name))
    return session.exec(query.where(col(InvoiceRow.number).is_not(None))).first()


def final_of(engine: Engine, tenant_id: str) -> list[str]:
    """Numbers of a tenant's final invoices, oldest first."""
    query = select(InvoiceRow.number).where(InvoiceRow.tenant_id == tenant_id)
    with transaction(engine) as session:
        numbers = session.exec(query.order_by(col(InvoiceRow.sequence)))
        return [number for number in numbers if number]


def _drafts(session: Session, tenant_id: str) -> list[InvoiceDocument]:
    query = select(DraftRow).where(DraftRow.tenant_id == tenant_id).order_by(col(DraftRow.at))
    return [row.document for row in session.exec(query)]
