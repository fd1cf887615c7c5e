"""What was called: names and outcomes, never bodies or secrets."""

import re
import threading
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

from devstack.aws.calls import Call
from devstack.aws.protocol import Answer

LIMIT = 20_000
"""the oldest calls are forgotten beyond this many"""

_XML_CODE = re.compile(rb"<Code>([^<]+)</Code>")
_JSON_CODE = re.compile(rb'"__type"\s*:\s*"(?:[^"#]*#)?([^"]+)"')


@dataclass(frozen=True)
class Recorded:
    """One call as it is shown by `/_devstack/calls`."""

    at: str
    service: str
    operation: str
    resources: tuple[str, ...]
    region: str
    caller: str
    status: int
    code: str | None
    """the AWS error code of a refusal"""
    dropped: bool
    """the effect took place, and the client was told nothing"""
    fault: str | None
    """the injected fault that refused, delayed or dropped it"""
    milliseconds: float


class CallLog:
    """Safe for threads."""

    def __init__(self) -> None:
        self._calls: deque[Recorded] = deque(maxlen=LIMIT)
        self._lock = threading.Lock()

    def add(self, recorded: Recorded) -> None:
        with self._lock:
            self._calls.append(recorded)

    def matching(self, **equal: str) -> list[dict[str, Any]]:
        """The calls whose fields equal those given; `resource` asks for one of the names."""
        with self._lock:
            calls = list(self._calls)
        resource = equal.pop("resource", None)
        return [
            asdict(call)
            for call in calls
            if all(str(getattr(call, name, None)) == value for name, value in equal.items())
            and (resource is None or resource in call.resources)
        ]

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()


def error_code(answer: Answer) -> str | None:
    """The error code of a refusal, in whichever protocol it was written."""
    if answer.status < 300:
        return None
    header = next((v for k, v in answer.headers.items() if k.lower() == "x-amzn-errortype"), None)
    if header:
        return header.partition(":")[0]
    found = _XML_CODE.search(answer.body) or _JSON_CODE.search(answer.body)
    return found[1].decode() if found else str(answer.status)


def recorded(
    call: Call, answer: Answer, *, at: str, dropped: bool, fault: str | None, seconds: float
) -> Recorded:
    return Recorded(
        at=at,
        service=call.service,
        operation=call.name,
        resources=call.resources,
        region=call.region,
        caller=call.caller,
        status=answer.status,
        code=error_code(answer),
        dropped=dropped,
        fault=fault,
        milliseconds=round(seconds * 1000, 2),
    )
