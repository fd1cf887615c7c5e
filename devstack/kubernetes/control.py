"""The control endpoints under `/_devstack`: recorded calls, delays, faults."""

import json
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from typing import Any, Final

from devstack.kubernetes.faults import Faults
from devstack.kubernetes.requests import Answer, Call, Request
from devstack.kubernetes.timers import Timers, checked

PREFIX: Final = "/_devstack/"
_KEPT_CALLS: Final = 50_000
Used = Mapping[str, Collection[tuple[str, str, str]]]


class Control:
    """Records calls of one cluster and changes its delays and faults."""

    def __init__(self, timers: Timers, used: Used) -> None:
        self.calls: deque[Call] = deque(maxlen=_KEPT_CALLS)
        self.faults = Faults()
        self._timers = timers
        self._used = used

    def answer(self, request: Request) -> Answer:
        """Answers a request to a control endpoint."""
        section, _, name = request.path.removeprefix(PREFIX).partition("/")
        try:
            return self._answer(request, section, name)
        except (ValueError, TypeError) as error:
            return Answer(400, {"error": str(error)})

    def _answer(self, request: Request, section: str, name: str) -> Answer:
        actions: dict[tuple[str, str], Callable[[], dict[str, Any]]] = {
            ("GET", "calls"): lambda: {"calls": [asdict(call) for call in self.calls]},
            ("DELETE", "calls"): self._forget_calls,
            ("GET", "rights"): lambda: {user: sorted(rights) for user, rights in self._used.items()},
            ("GET", "delays"): lambda: self._timers.delays,
            ("PUT", "delays"): lambda: self._change_delays(_body(request)),
            ("GET", "faults"): lambda: {"faults": self.faults.listed()},
            ("POST", "faults"): lambda: self.faults.add(_body(request)).shown(),
            ("DELETE", "faults"): lambda: {"removed": self.faults.remove(name)},
        }
        act = actions.get((request.method, section))
        if act is None:
            return Answer(404, {"error": f"no control endpoint {request.method} {request.path}"})
        return Answer(201 if request.method == "POST" else 200, act())

    def _forget_calls(self) -> dict[str, Any]:
        count = len(self.calls)
        self.calls.clear()
        return {"removed": count}

    def _change_delays(self, wanted: Any) -> dict[str, Any]:
        if not isinstance(wanted, dict):
            raise TypeError("delays are an object of seconds by name")
        self._timers.change(checked(wanted))
        return self._timers.delays


def _body(request: Request) -> Any:
    body = request.body
    return json.loads(body) if isinstance(body, bytes) else body
