"""Closing a period, beside one SQL statement that computes the same sums."""

from bench.closing import Result
from bench.closing import measure as measure_one
from bench.figures import Figure, Section, Target

ROUNDS = 5
TENANTS = (1_000, 3_000)


def measure() -> Section:
    figures: list[Figure] = []
    for tenants in TENANTS:
        results = [measure_one(tenants) for _ in range(ROUNDS)]
        figures += _figures(tenants, results)
    return Section(
        "Invoices",
        figures,
        ["Three meters a tenant, with usage in every hour of the month; invoices with number and audit row."],
    )


def _figures(tenants: int, results: list[Result]) -> list[Figure]:
    invoices = f"invoices, {tenants:,} tenants"
    rates = tuple(one.rate for one in results)
    sums = tuple(one.tenants / one.sums_seconds for one in results)
    return [
        Figure(f"invoices-{tenants}", invoices, "", "per s", rates, Target("≥", 150)),
        Figure(f"sums-{tenants}", f"their sums by one SQL statement, {tenants:,} tenants", "", "per s", sums),
    ]
