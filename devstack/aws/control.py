"""`/_devstack/…`: reading calls, injecting faults, setting delays and the clock."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from devstack.aws.config import Delays
from devstack.aws.faults import Fault
from devstack.aws.guard import Guard
from devstack.aws.protocol import Answer
from devstack.aws.state import State

PREFIX = "/_devstack/"


class ClockChange(BaseModel):
    """Either a moment to move to, or seconds to move by."""

    model_config = ConfigDict(extra="forbid")

    now: datetime | None = None
    advance_seconds: float | None = None


class Capacity(BaseModel):
    """The DB instance classes of which AWS has none left."""

    model_config = ConfigDict(extra="forbid")

    insufficient: list[str]


class Control:
    """Answers JSON; an unusable body is a 422 that says why."""

    def __init__(self, state: State, guard: Guard) -> None:
        self._state = state
        self._routes: dict[tuple[str, str], Callable[[str, bytes], Any]] = {
            ("GET", "healthz"): lambda _query, _body: {"ok": True},
            ("GET", "calls"): lambda query, _body: {"calls": state.log.matching(**dict(parse_qsl(query)))},
            ("DELETE", "calls"): lambda _query, _body: state.log.clear(),
            ("GET", "rights"): lambda _query, _body: guard.needed(),
            ("GET", "delays"): lambda _query, _body: state.delays.model_dump(),
            ("PUT", "delays"): self._put_delays,
            ("GET", "clock"): lambda _query, _body: self._clock(),
            ("PUT", "clock"): self._put_clock,
            ("GET", "capacity"): lambda _query, _body: {"insufficient": sorted(state.insufficient)},
            ("PUT", "capacity"): self._put_capacity,
            ("GET", "faults"): lambda _query, _body: {
                "faults": [fault.model_dump() for fault in state.faults.all()]
            },
            ("POST", "faults"): self._post_fault,
            ("DELETE", "faults"): lambda _query, _body: state.faults.clear(),
        }

    def answer(self, method: str, path: str, query: str, body: bytes) -> Answer:
        name = path.removeprefix(PREFIX).strip("/")
        if method == "DELETE" and name.startswith("faults/"):
            return self._delete_fault(name.removeprefix("faults/"))
        route = self._routes.get((method, name))
        if route is None:
            return _json(404, {"error": f"no {method} {path} here"})
        try:
            value = route(query, body)
        except ValidationError as error:
            return _json(422, {"error": json.loads(error.json(include_url=False))})
        return _json(204, None) if value is None else _json(200, value)

    def _put_delays(self, _query: str, body: bytes) -> dict[str, float]:
        changes = TypeAdapter(dict[str, float]).validate_json(body)
        self._state.delays = Delays(**{**self._state.delays.model_dump(), **changes})
        return self._state.delays.model_dump()

    def _put_clock(self, _query: str, body: bytes) -> dict[str, Any]:
        change = ClockChange.model_validate_json(body)
        if change.now is not None:
            self._state.clock.move_to(change.now)
        if change.advance_seconds is not None:
            self._state.clock.advance(change.advance_seconds)
        return self._clock()

    def _clock(self) -> dict[str, Any]:
        clock = self._state.clock
        return {"now": clock.now().isoformat(), "offset_seconds": clock.offset_seconds}

    def _put_capacity(self, _query: str, body: bytes) -> dict[str, Any]:
        self._state.insufficient = frozenset(Capacity.model_validate_json(body).insufficient)
        return {"insufficient": sorted(self._state.insufficient)}

    def _post_fault(self, _query: str, body: bytes) -> dict[str, Any]:
        fault = Fault.model_validate_json(body)
        self._state.faults.add(fault)
        return fault.model_dump()

    def _delete_fault(self, fault_id: str) -> Answer:
        if self._state.faults.remove(fault_id):
            return _json(204, None)
        return _json(404, {"error": f"no fault {fault_id}"})


def _json(status: int, value: Any) -> Answer:
    body = b"" if value is None else json.dumps(value).encode()
    return Answer(status, {"Content-Type": "application/json"}, body)
