"""The tables of docs/scale.md, from the arithmetic of `bench/scale_model.py`."""

from collections.abc import Iterable
from math import ceil, floor

from bench.scale_model import (
    CELLS_PER_ACCOUNT,
    DRIFT_PER_MINUTE,
    EVENT_MONTHS,
    EVENTS,
    HOURS,
    INVOICES_PER_SECOND,
    MONTH_HOURS,
    QUOTAS,
    RESOURCES,
    ROUTE53,
    SIZES,
    accounts,
    actions,
    burst_seconds,
    compute_dollars,
    database_dollars,
    database_gb,
    knee,
    processors,
    scan_hours,
    temporal_dollars,
)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """In Markdown."""
    columns = list(head)
    lines = [columns, ["---"] * len(columns), *map(list, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def quota_table() -> str:
    head = ("thing, of one", "a tenant takes", "default", "tenants", "highest named by AWS", "tenants")
    return table(
        head,
        (
            (
                one.thing,
                f"{one.per_tenant:,}",
                f"{one.default:,}",
                f"{one.tenants(one.default):,}",
                f"{one.raised:,}" if one.raised else "-",
                f"{one.tenants(one.raised):,}" if one.raised else "-",
            )
            for one in QUOTAS
        ),
    )


def sharding_table() -> str:
    least = min(one.tenants(one.default) for one in QUOTAS)
    head = (
        "tenants",
        "accounts at default quotas",
        "accounts, raised",
        "cells",
        "one scan for drift",
        "hourly needs",
    )
    return table(
        head,
        (
            (
                f"{tenants:,}",
                f"{ceil(tenants / least):,}",
                f"{accounts(tenants):,}",
                f"{accounts(tenants) * CELLS_PER_ACCOUNT:,}",
                f"{scan_hours(tenants):,.1f} h",
                f"{ceil(tenants / 60):,} a minute",
            )
            for tenants in SIZES
        ),
    )


def route53_table() -> str:
    head = (
        "Route 53 takes",
        "sign-ups a second",
        "an hour",
        "beside a scan, an hour",
        "1,000 at once, at least",
    )
    return table(
        head,
        (
            (
                name,
                f"{knee(limit):.2f}",
                f"{floor(knee(limit) * HOURS):,}",
                f"{floor(knee(limit, DRIFT_PER_MINUTE) * HOURS):,}",
                f"{burst_seconds(limit, 1_000) / 60:.0f} min",
            )
            for name, limit in ROUTE53.items()
        ),
    )


def temporal_table() -> str:
    head = ("tenants", "one installation", "a tenant", "a second", "one for each account", "a tenant")
    return table(
        head,
        (
            (
                f"{tenants:,}",
                f"{(one := actions(tenants, 1)) / 1e6:,.2f} M",
                f"{one / tenants:,.0f}",
                f"{one / MONTH_HOURS / HOURS:.2f}",
                f"{(many := actions(tenants, accounts(tenants))) / 1e6:,.2f} M",
                f"{many / tenants:,.0f}",
            )
            for tenants in SIZES
        ),
    )


def database_table() -> str:
    head = ("tenants", "rows of inventory", "events kept", "after a month", "after a year", "after three")
    return table(
        head,
        (
            (
                f"{tenants:,}",
                f"{tenants * RESOURCES / 1e6:,.2f} M",
                f"{tenants * EVENTS * EVENT_MONTHS / 1e9:,.2f} G",
                *(f"{database_gb(tenants, months):,.0f} GB" for months in (1, 12, 36)),
            )
            for tenants in SIZES
        ),
    )


def processor_table() -> str:
    head = ("tenants", "operations", "usage", "drift, each hour", "invoices of all in one run")
    return table(
        head,
        (
            (
                f"{tenants:,}",
                f"{(cpu := processors(tenants))['operations']:.3f}",
                f"{cpu['usage']:.3f}",
                f"{cpu['drift']:.2f}",
                f"{tenants / INVOICES_PER_SECOND:,.0f} s",
            )
            for tenants in SIZES
        ),
    )


def dollar_table() -> str:
    head = (
        "tenants",
        "installations",
        "Temporal",
        "database",
        "workers, API",
        "a month",
        "a tenant and month",
    )
    return table(head, (_dollars(tenants, engines) for tenants in SIZES for engines in _engines(tenants)))


def _engines(tenants: int) -> list[int]:
    return sorted({1, accounts(tenants)})


def _dollars(tenants: int, engines: int) -> tuple[str, ...]:
    costs = (
        temporal_dollars(actions(tenants, engines), tenants),
        database_dollars(tenants),
        compute_dollars(tenants, engines),
    )
    total = sum(costs)
    each = (f"${cost:,.0f}" for cost in (*costs, total))
    return (f"{tenants:,}", f"{engines:,}", *each, f"${total / tenants:.3f}")


TABLES = {
    "quotas": quota_table,
    "sharding": sharding_table,
    "route53": route53_table,
    "temporal": temporal_table,
    "database": database_table,
    "processors": processor_table,
    "dollars": dollar_table,
}
