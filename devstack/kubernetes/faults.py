"""Faults at the wire: a request is refused, delayed, or loses its answer after it took effect."""

import asyncio
import contextlib
import fnmatch
import itertools
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from devstack.kubernetes.errors import ApiError
from devstack.kubernetes.requests import Answer, Target

_ACTIONS: Final = ("refuse", "delay", "drop_answer")
_MATCHED: Final = ("verb", "resource", "namespace", "name", "dry_run")


@dataclass(slots=True)
class Fault:
    """One fault: `times` counts down to nothing; None is without end. `taken` counts up.

    `share` is the part of the matching requests that it takes, drawn from `seed`.
    """

    id: str
    match: dict[str, str]
    action: str
    times: int | None = None
    status: int = 503
    reason: str = "ServiceUnavailable"
    message: str = "the server is currently unable to handle the request"
    retry_after: int | None = None
    seconds: float = 0.0
    share: float = 1.0
    seed: int = 0
    taken: int = 0
    draws: Random = field(default_factory=Random, compare=False)
    removed: asyncio.Event = field(default_factory=asyncio.Event, compare=False)

    def __post_init__(self) -> None:
        self.draws.seed(self.seed)

    def hits(self, target: Target, *, dry_run: bool) -> bool:
        """Whether this fault concerns a request; asked once for each."""
        found = {
            "verb": target.verb,
            "resource": target.full_resource,
            "namespace": target.namespace,
            "name": target.name,
            "dry_run": str(dry_run).lower(),
        }
        if not all(fnmatch.fnmatchcase(found[key], pattern) for key, pattern in self.match.items()):
            return False
        return self.share == 1 or self.draws.random() < self.share

    def refusal(self) -> Answer:
        """The answer of a refusing fault."""
        details = {"retryAfterSeconds": self.retry_after} if self.retry_after is not None else None
        headers = {"Retry-After": str(self.retry_after)} if self.retry_after is not None else {}
        return Answer(self.status, ApiError(self.status, self.reason, self.message, details).body(), headers)

    def shown(self) -> dict[str, Any]:
        """The fault as the control endpoint lists it."""
        return {name: getattr(self, name) for name in _SHOWN}


_SHOWN: Final = tuple(name for name in Fault.__dataclass_fields__ if name not in {"draws", "removed"})


class Faults:
    """The faults of one cluster, tried in the order in which they were set."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}
        self._holding: dict[str, Fault] = {}
        self._numbers = itertools.count(1)

    def listed(self) -> list[dict[str, Any]]:
        """Every fault that is still in force."""
        return [fault.shown() for fault in self._faults.values()]

    def add(self, given: Any) -> Fault:
        """Sets a fault; ValueError names what is wrong with it."""
        if not isinstance(given, dict) or given.get("action") not in _ACTIONS:
            raise ValueError(f"a fault is an object whose action is one of {', '.join(_ACTIONS)}")
        if unknown := sorted(set(given) - set(_SHOWN)):
            raise ValueError(f"unknown members of a fault: {', '.join(unknown)}")
        match = given.get("match") or {}
        if unknown := sorted(set(match) - set(_MATCHED)):
            raise ValueError(f"unknown members of match: {', '.join(unknown)}")
        fault = Fault(**{"id": f"fault-{next(self._numbers)}", **given, "match": match})
        if not 0 < fault.share <= 1:
            raise ValueError("share is a part of the requests: above 0, at most 1")
        self._faults[fault.id] = fault
        return fault

    def remove(self, name: str = "") -> int:
        """Removes one fault or all, and lets go of what they delay; returns how many there were."""
        gone = [name] if name in self._faults else [] if name else list(self._faults)
        for item in gone:
            self._faults.pop(item).removed.set()
        # One that is used up may still hold what it took.
        for item in [name] if name in self._holding else [] if name else list(self._holding):
            self._holding.pop(item).removed.set()
        return len(gone)

    def take(self, target: Target, *, dry_run: bool) -> Fault | None:
        """The first fault that concerns a request, counted as used."""
        fault = next((item for item in self._faults.values() if item.hits(target, dry_run=dry_run)), None)
        if fault is not None:
            fault.taken += 1
        if fault is not None and fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                del self._faults[fault.id]
        return fault

    async def before(self, target: Target, *, dry_run: bool) -> tuple[Answer | None, bool]:
        """A refusal that takes the place of the answer, if any, and whether the answer is dropped."""
        fault = self.take(target, dry_run=dry_run) if self._faults else None
        if fault is None:
            return None, False
        if fault.action == "delay":
            self._holding[fault.id] = fault
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(fault.removed.wait(), fault.seconds)
            self._holding.pop(fault.id, None)
        return (fault.refusal() if fault.action == "refuse" else None), fault.action == "drop_answer"
