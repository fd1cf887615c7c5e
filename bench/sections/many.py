"""What does not cost more where there is more of it: invoices and the usage of a month."""

from bench.closing import measure as closed
from bench.figures import Figure, Section, Target
from bench.month import FEW, MANY, measured

FEWER, MORE = 1_000, 10_000
ROUNDS = 3


def measure() -> Section:
    fewer, more = ([closed(tenants) for _ in range(ROUNDS)] for tenants in (FEWER, MORE))
    ratios = tuple(one.rate / other.rate for one, other in zip(fewer, more, strict=True))
    grown = tuple(one.memory_end / one.memory_begin for one in more)
    few, *_, many = measured()
    return Section(
        "Much of it",
        [
            Figure("invoices-few", f"invoices, {FEWER:,} tenants", "", "per s", tuple(r.rate for r in fewer)),
            Figure("invoices-many", f"invoices, {MORE:,} tenants", "", "per s", tuple(r.rate for r in more)),
            Figure(
                "invoice-cost",
                f"an invoice among {MORE:,} tenants",
                f"one among {FEWER:,}",
                "times",
                ratios,
                Target("≤", 1.2),
            ),
            Figure(
                "closing-memory",
                f"memory after {MORE:,} invoices",
                "after the first page",
                "times",
                grown,
                Target("≤", 1.1),
            ),
            Figure("month-few", f"a month's usage, {FEW:,} events", "", "ms", (few,)),
            Figure("month-many", f"a month's usage, {MANY:,} events", "", "ms", (many,), Target("≤", 20)),
        ],
    )
