"""Which calls the stand-ins answered, by whom, since the count was begun."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import httpx

from bench.peers.endpoints import Endpoints

CALLS = "/_devstack/calls"
OTHERS = frozenset({"external-secrets"})
"""Callers that belong to the cluster: its operator fetches the values of secrets, whoever made the tenant."""


def begin(endpoints: Endpoints) -> None:
    for url in (endpoints.aws_url, *endpoints.clusters.values()):
        httpx.delete(f"{url}{CALLS}").raise_for_status()


def counted(endpoints: Endpoints) -> dict[str, int]:
    """By `s3:CreateBucket` or `kubernetes:patch deployments`; `kubernetes:get` asks what a cluster serves."""
    names = Counter(
        f"{call['service']}:{call['operation']}"
        for call in _calls(endpoints.aws_url)
        if call["caller"] not in OTHERS
    )
    for url in endpoints.clusters.values():
        names.update(f"kubernetes:{call['verb']} {call['resource']}".strip() for call in _calls(url))
    return dict(sorted(names.items()))


def totals(calls: Mapping[str, int]) -> dict[str, int]:
    """By service."""
    sums: Counter[str] = Counter()
    for name, count in calls.items():
        sums[name.partition(":")[0]] += count
    return dict(sums)


def _calls(url: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{url}{CALLS}", timeout=30)
    answer.raise_for_status()
    calls: list[dict[str, Any]] = answer.json()["calls"]
    return calls
