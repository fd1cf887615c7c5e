"""Discounts: a part of the price for a part of the time, taken off before a line is rounded."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from domain.billing.account import Discount
from domain.billing.money import Exact
from domain.billing.spans import Span, micros
from domain.billing.words import number_text, part_text

WHOLE = Fraction(1)


def part_left(discounts: Sequence[Discount], spans: Sequence[Span]) -> Exact:
    """What is left of 1 over spans, by time. Of several at once each takes its percent of the rest."""
    if not discounts:
        return WHOLE
    return sum((_left(discounts, span) for span in spans), Fraction(0)) / micros(spans)


def holding(discounts: Sequence[Discount], spans: Sequence[Span]) -> list[Discount]:
    """Those that hold at some time within spans."""
    return [discount for discount in discounts if _windows(discount, spans)]


def discount_text(discounts: Sequence[Discount], spans: Sequence[Span]) -> str:
    """How a line's arithmetic goes on; empty without a discount."""
    held = holding(discounts, spans)
    if not held:
        return ""
    if len(held) > 1:
        return f" × {number_text(part_left(discounts, spans) * 100)} % after discounts"
    [discount] = held
    covered, whole = micros(_windows(discount, spans)), micros(spans)
    part = "" if covered == whole else f" for {part_text(covered, whole)}"
    return f" less {number_text(discount.percent)} %{part}"


def _left(discounts: Sequence[Discount], span: Span) -> Exact:
    """Microseconds of a span, each times what is left of a price in it."""
    held = [(window, discount) for discount in discounts for window in _windows(discount, [span])]
    edges = {span.begin, span.end, *(edge for window, _ in held for edge in (window.begin, window.end))}
    found = Fraction(0)
    for begin, end in pairwise(sorted(edges)):
        left = WHOLE
        for window, discount in held:
            if begin in window:
                left *= 1 - Fraction(discount.percent) / 100
        found += left * Span(begin, end).micros
    return found


def _windows(discount: Discount, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Where a discount holds within spans."""
    common = (Span(discount.begin, discount.end or span.end).common(span) for span in spans)
    return tuple(window for window in common if window)
