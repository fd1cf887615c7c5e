"""Usage over time, as charts show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from domain.billing.prices import Aggregate
from domain.billing.spans import Span
from domain.billing.usage import Demand
from store.usage_parts import Question
from store.usage_read import UsageReader

MICROS_A_SECOND = 1_000_000


@dataclass(frozen=True)
class Point:
    span: Span
    value: Fraction
    """What was used in the span; of a state that is averaged, its average over the span."""


def series(
    reader: UsageReader,
    tenant_id: str,
    meter: str,
    aggregate: Aggregate,
    spans: Sequence[Span],
    group: str | None = None,
) -> list[Point]:
    """A point for each span, in their order; of all groups together if none is named.

    Raises UsageGone, Unavailable.
    """
    questions = [Question(tenant_id, Demand(meter, aggregate, (span,)), group) for span in spans]
    return [
        Point(span, _value(aggregate, span, Fraction(answer)))
        for span, answer in zip(spans, reader.answers(questions), strict=True)
    ]


def _value(aggregate: Aggregate, span: Span, answer: Fraction) -> Fraction:
    return Fraction(answer * MICROS_A_SECOND, span.micros) if aggregate is Aggregate.WEIGHTED else answer
