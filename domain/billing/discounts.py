"""Discounts: a part of the price for a part of the time, taken off before a line is rounded."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import prod

from domain.billing.account import Discount
from domain.billing.money import Exact
from domain.billing.spans import Span
from domain.billing.words import number_text, share_text

WHOLE = Fraction(1)


def part_left(discounts: Sequence[Discount], span: Span) -> Exact:
    """What is left of 1 over a span, by time. Of several at once each takes its percent of the rest."""
    held = _held(discounts, span)
    if not held:
        return WHOLE
    edges = sorted(
        {span.begin, span.end, *(edge for window, _ in held for edge in (window.begin, window.end))}
    )
    left = sum(
        Span(begin, end).micros * prod(1 - percent / 100 for window, percent in held if begin in window)
        for begin, end in pairwise(edges)
    )
    return Fraction(left) / span.micros


def discount_text(discounts: Sequence[Discount], span: Span) -> str:
    """How a line's arithmetic goes on; empty without a discount."""
    held = _held(discounts, span)
    if not held:
        return ""
    if len(held) > 1:
        return f" × {number_text(part_left(discounts, span) * 100)} % after discounts"
    window, percent = held[0]
    part = share_text((window,), span)
    return f" less {number_text(percent)} %" + (f" for {part}" if part else "")


def _held(discounts: Sequence[Discount], span: Span) -> list[tuple[Span, Fraction]]:
    windows = ((_window(discount, span), Fraction(discount.percent)) for discount in discounts)
    return [(window, percent) for window, percent in windows if window]


def _window(discount: Discount, span: Span) -> Span | None:
    return Span(discount.begin, span.end if discount.end is None else discount.end).common(span)
