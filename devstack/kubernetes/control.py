"""The control endpoints under `/_devstack`: recorded calls, delays, faults."""

import json
from collections import deque
from dataclasses import asdict
from typing import Any, Final

from devstack.kubernetes.faults import Faults
from devstack.kubernetes.requests import Answer, Call, Request
from devstack.kubernetes.timers import Timers, checked

PREFIX: Final = "/_devstack/"
_KEPT_CALLS: Final = 50_000


class Control:
    """Records calls of one cluster and changes its delays and faults."""

    def __init__(self, timers: Timers) -> None:
        self.calls: deque[Call] = deque(maxlen=_KEPT_CALLS)
        self.faults = Faults()
        self._timers = timers

    def answer(self, request: Request) -> Answer:
        """Answers a request to a control endpoint."""
        section, _, name = request.path.removeprefix(PREFIX).partition("/")
        try:
            return self._answer(request, section, name)
        except (ValueError, TypeError) as error:
            return Answer(400, {"error": str(error)})

    def _answer(self, request: Request, section: str, name: str) -> Answer:
        match request.method, section:
            case "GET", "calls":
                return Answer(200, {"calls": [asdict(call) for call in self.calls]})
            case "DELETE", "calls":
                count = len(self.calls)
                self.calls.clear()
                return Answer(200, {"removed": count})
            case "GET", "delays":
                return Answer(200, self._timers.delays)
            case "PUT", "delays":
                self._timers.change(checked(_body(request)))
                return Answer(200, self._timers.delays)
            case "GET", "faults":
                return Answer(200, {"faults": self.faults.listed()})
            case "POST", "faults":
                return Answer(201, self.faults.add(_body(request)).shown())
            case "DELETE", "faults":
                return Answer(200, {"removed": self.faults.remove(name)})
            case _:
                return Answer(404, {"error": f"no control endpoint {request.method} {request.path}"})


def _body(request: Request) -> Any:
    body = request.body
    return json.loads(body) if isinstance(body, bytes) else body
