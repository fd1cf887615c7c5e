"""A closing run: drafts what has ended, oldest first, and finalizes what is due; again changes nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from domain.billing.account import Account
from domain.billing.closings import Closing, closings
from domain.billing.events import LATEST
from domain.billing.ledger import Booked, InvoiceLine, book, differences
from domain.billing.lines import Line
from domain.billing.rating import Window
from domain.billing.spans import Span


class Kind(StrEnum):
    INVOICE = "invoice"
    SUPPLEMENTARY = "supplementary"
    CREDIT_NOTE = "credit_note"


class Status(StrEnum):
    DRAFT = "draft"
    FINAL = "final"


@dataclass(frozen=True)
class Invoice:
    kind: Kind
    at: datetime
    """The closing, or the run that found what came after the last one."""
    period: Span
    status: Status
    lines: tuple[InvoiceLine, ...]

    @property
    def total(self) -> int:
        """In minor units: the sum of the lines, nothing else."""
        return sum(entry.line.amount for entry in self.lines)


@dataclass(frozen=True)
class Books:
    """All that was made final for an account, and the drafts of the last run."""

    final: tuple[Invoice, ...] = ()
    drafts: tuple[Invoice, ...] = ()
    booked: Booked = field(default_factory=dict)
    """What the final invoices add up to."""
    closed_until: datetime | None = None
    """The last closing that is final, with an invoice or, for want of lines, without."""


def reach(books: Books) -> datetime | None:
    """How far back the next run has to rate: what is older was known when the last closing was made final."""
    return None if books.closed_until is None else books.closed_until - LATEST


def run(window: Window, rated: Sequence[Line], books: Books, grace: timedelta) -> Books:
    """The books after a run at the window's end, with lines that were rated just now."""
    moment = window.until
    books, open_booked = replace(books, drafts=()), None
    for closing in window.closings:
        if books.closed_until is not None and closing.at <= books.closed_until:
            continue
        booked = books.booked if open_booked is None else open_booked
        invoice = _invoice(window, rated, closing, booked, books.closed_until)
        if closing.at + grace <= moment:
            books = _finalized(books, invoice, closing)
        else:
            open_booked = book(booked, invoice.lines)
            books = replace(books, drafts=(*books.drafts, *([invoice] if invoice.lines else [])))
    return _after_the_end(window, rated, books)


def _invoice(
    window: Window, rated: Sequence[Line], closing: Closing, booked: Booked, closed_until: datetime | None
) -> Invoice:
    due = [line for line in rated if line.due and line.due <= closing.at]
    known = {key: line for key, line in booked.items() if line.due and window.holds(line)}
    lines = differences(due, known, window.account.currency, closed_until)
    return Invoice(Kind.INVOICE, closing.at, closing.period, Status.DRAFT, tuple(lines))


def _finalized(books: Books, invoice: Invoice, closing: Closing) -> Books:
    final = replace(invoice, status=Status.FINAL)
    return replace(
        books,
        final=(*books.final, final) if final.lines else books.final,
        booked=book(books.booked, final.lines),
        closed_until=closing.at,
    )


def _after_the_end(window: Window, rated: Sequence[Line], books: Books) -> Books:
    """What comes when no closing will: at once, as there is nothing left to wait for."""
    ended = is_ended(window.account, window.until)
    last = _last_closing(window.account, window.until) if ended else None
    if last and last.at == books.closed_until:
        known = {key: line for key, line in books.booked.items() if window.holds(line)}
        books = _supplemented(
            books, window, last, differences(rated, known, window.account.currency, books.closed_until)
        )
    by_hand = [line for line in rated if line.due is None and line.key not in books.booked]
    for closing, lines in _by_last_closing(window.account, by_hand, books).items():
        books = _supplemented(books, window, closing, [InvoiceLine(line) for line in lines])
    return books


def _by_last_closing(account: Account, lines: Iterable[Line], books: Books) -> dict[Closing, list[Line]]:
    found: dict[Closing, list[Line]] = {}
    for line in lines:
        last = _last_closing(account, line.span.begin)
        if last and books.closed_until and last.at <= books.closed_until:
            found.setdefault(last, []).append(line)
    return found


def _supplemented(books: Books, window: Window, last: Closing, lines: Sequence[InvoiceLine]) -> Books:
    if not lines:
        return books
    total = sum(entry.line.amount for entry in lines)
    kind = Kind.CREDIT_NOTE if total < 0 else Kind.SUPPLEMENTARY
    invoice = Invoice(kind, window.until, last.period, Status.FINAL, tuple(lines))
    return replace(books, final=(*books.final, invoice), booked=book(books.booked, lines))


def _last_closing(account: Account, until: datetime) -> Closing | None:
    return closings(account, None, until).last


def is_ended(account: Account, instant: datetime) -> bool:
    """Whether nothing is billed at an instant, though something was, or was to be, before."""
    return instant > account.start and not any(
        segment.begin <= instant and (segment.end is None or instant < segment.end)
        for segment in account.segments
    )
