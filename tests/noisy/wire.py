"""What goes wrong at the wire on a noisy day, and what the providers saw of it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import yaml

from devstack.stack import Stack
from tests.noisy.signups import SPARED

THROTTLED_SHARE = 0.05
LOST_SHARE = 0.01
THROTTLING = {"action": "refuse", "code": "Throttling", "status": 400, "message": "Rate exceeded"}
OF_OTHERS = f"*-[!{SPARED}]{'?' * 11}[-.]*"
"""Names with a tenant id of none that is spared."""
TOO_MANY = {"action": "refuse", "status": 429, "reason": "TooManyRequests", "retry_after": 1}
LOST = {"action": "drop_answer"}


@dataclass
class Calls:
    """What AWS and the clusters were asked."""

    aws: list[dict[str, Any]] = field(default_factory=list)
    clusters: int = 0

    @property
    def throttled(self) -> int:
        return sum(call["fault"] == "throttled" for call in self.aws)

    @property
    def lost(self) -> int:
        return sum(bool(call["dropped"]) for call in self.aws)

    def per_window(self, service: str, since: datetime, seconds: float) -> list[int]:
        """Calls to one service by windows of that many seconds."""
        moments = (datetime.fromisoformat(call["at"]) for call in self.aws if call["service"] == service)
        counts = Counter(int((moment - since).total_seconds() // seconds) for moment in moments)
        return [counts[window] for window in range(max(counts, default=-1) + 1)]


class Wire:
    """The control endpoints of the stand-ins of one stack."""

    def __init__(self, stack: Stack) -> None:
        self._aws = f"{stack.aws.url}/_devstack"
        self._clusters = [f"{url}/_devstack" for url in _servers(stack.clusters.kubeconfig)]

    def noise(self, seed: int) -> None:
        """A call in twenty is throttled, one in a hundred loses its answer, and none of a spared tenant."""
        throttled = {"share": THROTTLED_SHARE, "seed": seed}
        lost = {"share": LOST_SHARE, "seed": seed + 1}
        match = {"resource": OF_OTHERS}
        self._post(self._aws, {**THROTTLING, **throttled, "id": "throttled", "match": match})
        self._post(self._aws, {**LOST, **lost, "id": "lost", "match": match})
        for place in ("namespace", "name"):  # of objects, and of namespaces themselves
            for cluster in self._clusters:
                match = {place: OF_OTHERS}
                self._post(cluster, {**TOO_MANY, **throttled, "id": f"throttled {place}", "match": match})
                self._post(cluster, {**LOST, **lost, "id": f"lost {place}", "match": match})

    def storm(self, service: str) -> None:
        """Every call to one service of AWS is throttled."""
        self._post(self._aws, {**THROTTLING, "id": "storm", "match": {"service": service}})

    def calm(self) -> None:
        for url in (self._aws, *self._clusters):
            httpx.delete(f"{url}/faults").raise_for_status()

    def forget(self) -> None:
        for url in (self._aws, *self._clusters):
            httpx.delete(f"{url}/calls").raise_for_status()

    def calls(self) -> Calls:
        """Since the last `forget`."""
        aws = httpx.get(f"{self._aws}/calls", timeout=30).json()["calls"]
        clusters = [httpx.get(f"{url}/calls", timeout=30).json()["calls"] for url in self._clusters]
        return Calls(aws, sum(map(len, clusters)))

    @staticmethod
    def _post(url: str, fault: dict[str, Any]) -> None:
        httpx.post(f"{url}/faults", json=fault).raise_for_status()


def _servers(kubeconfig: Path) -> list[str]:
    clusters = yaml.safe_load(kubeconfig.read_text())["clusters"]
    return [entry["cluster"]["server"] for entry in clusters]
