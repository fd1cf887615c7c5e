"""Minimum spend: what fee and usage of a period lack is topped up in one line."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction

from domain.billing.account import Account
from domain.billing.closings import Closings
from domain.billing.lines import CHARGE, MINIMUM, Line, key_of
from domain.billing.money import to_minor
from domain.billing.spans import Span
from domain.billing.tallies import Tally
from domain.billing.words import minor_text, price_text, share_text

COMPONENT = "minimum"


def top_up(account: Account, tally: Tally, spent: int, closings: Closings) -> Line | None:
    """`spent` is what the tally's fee and usage lines add up to; None if that is enough.

    Each price version asks for its minimum by the seconds for which it held.
    """
    parts = list(_parts(tally))
    wanted = sum(
        Fraction(minimum) * sum(span.micros for span in spans) / tally.period.micros
        for minimum, spans in parts
    )
    lacking = to_minor(Fraction(wanted), account.currency) - spent
    if lacking <= 0:
        return None
    span = tally.span
    return Line(
        key=key_of(COMPONENT, span.begin, CHARGE),
        span=span,
        due=closings.due(span.end),
        description=f"minimum: {_text(account, tally, parts)} less {minor_text(spent, account.currency)}",
        quantity=Fraction(1),
        amount=lacking,
        rank=MINIMUM,
    )


def _parts(tally: Tally) -> Iterator[tuple[Decimal, tuple[Span, ...]]]:
    spans: dict[Decimal, list[Span]] = {}
    for piece in tally.pieces:
        spans.setdefault(piece.segment.price.minimum, []).append(piece.span)
    for minimum, found in spans.items():
        if minimum:
            yield minimum, tuple(found)


def _text(account: Account, tally: Tally, parts: Iterable[tuple[Decimal, tuple[Span, ...]]]) -> str:
    texts = []
    for minimum, spans in parts:
        part = share_text(spans, tally.period)
        texts.append(f"{part + ' × ' if part else ''}{price_text(minimum, account.currency)}")
    return " + ".join(texts)
