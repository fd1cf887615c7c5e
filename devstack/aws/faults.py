"""Faults injected at the wire, by what a call is and by whom."""

import threading
from fnmatch import fnmatchcase
from random import Random
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveInt

from devstack.aws.calls import Call


class Match(BaseModel):
    """Patterns (`*`, `?`) that must all fit; what is left out fits anything."""

    model_config = ConfigDict(extra="forbid")

    service: str | None = None
    operation: str | None = None
    resource: str | None = None
    """fits if any of the call's resource names does"""
    caller: str | None = None

    def fits(self, call: Call) -> bool:
        pairs = ((self.service, call.service), (self.operation, call.name), (self.caller, call.caller))
        if any(pattern is not None and not fnmatchcase(value, pattern) for pattern, value in pairs):
            return False
        return self.resource is None or any(fnmatchcase(name, self.resource) for name in call.resources)


class Fault(BaseModel):
    """What happens to the calls that match, and how often."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(default_factory=lambda: uuid4().hex[:8])
    match: Match = Match()
    action: Literal["refuse", "delay", "drop_answer"]
    code: str = "InternalFailure"
    status: int = Field(default=500, ge=300, le=599)
    message: str = "An injected fault."
    retry_after: NonNegativeFloat | None = None
    seconds: NonNegativeFloat = 0.0
    times: PositiveInt | None = None
    """how many calls it takes; None takes all"""
    share: float = Field(default=1.0, gt=0, le=1)
    """which part of the matching calls it takes, drawn from `seed`"""
    seed: int = 0
    taken: int = 0


class Faults:
    """The faults in force, oldest first. Safe for threads."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}
        self._removed: dict[str, threading.Event] = {}
        self._draws: dict[str, Random] = {}
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Replaces one of the same id."""
        with self._lock:
            self._forget(fault.id)
            self._faults[fault.id] = fault.model_copy(update={"taken": 0})
            self._removed[fault.id] = threading.Event()
            self._draws[fault.id] = Random(fault.seed)

    def all(self) -> list[Fault]:
        with self._lock:
            return [fault.model_copy() for fault in self._faults.values()]

    def remove(self, fault_id: str) -> bool:
        with self._lock:
            return self._forget(fault_id)

    def clear(self) -> None:
        with self._lock:
            for fault_id in list(self._faults):
                self._forget(fault_id)

    def wait(self, fault: Fault) -> None:
        """Returns after the fault's seconds, or as soon as it is removed: what it holds goes on then."""
        with self._lock:
            removed = self._removed.get(fault.id)
        if removed is not None:
            removed.wait(fault.seconds)

    def take(self, call: Call) -> list[Fault]:
        """The faults that befall this call, each counted once; nothing follows a refusal."""
        taken: list[Fault] = []
        with self._lock:
            for fault in self._faults.values():
                spent = fault.times is not None and fault.taken >= fault.times
                if spent or not fault.match.fits(call) or not self._drawn(fault):
                    continue
                fault.taken += 1
                taken.append(fault.model_copy())
                if fault.action == "refuse":
                    break
        return taken

    def _drawn(self, fault: Fault) -> bool:
        return fault.share == 1 or self._draws[fault.id].random() < fault.share

    def _forget(self, fault_id: str) -> bool:
        if removed := self._removed.pop(fault_id, None):
            removed.set()
        return self._faults.pop(fault_id, None) is not None
