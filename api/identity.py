"""Who asks, and under which key: what makes the repeat of a change recognisable."""

import hashlib
import json
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request

from domain.messages import JsonObject


def caller() -> str:
    """Who asks. Everyone is one caller until requests are authenticated."""
    return "anonymous"


IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{1,255}$",
        description=(
            "New for each change, the same for its repeats: 1 to 255 visible ASCII characters. "
            "A repeat answers what the first one became, also when the first answer was lost."
        ),
        openapi_examples={"uuid": {"value": "7d4ac1f2-6a0e-4c39-9a52-0c1f3e8b5d17"}},
    ),
]


@dataclass(frozen=True)
class Asked:
    """One change as it was asked for, before its body is known."""

    caller: str
    key: str
    method: str
    path: str

    def fingerprint(self, body: JsonObject) -> str:
        """Hash of method, path and canonical body: equal for equal wishes."""
        canonical = json.dumps([self.method, self.path, body], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


def asked(request: Request, key: IdempotencyKey, who: Annotated[str, Depends(caller)]) -> Asked:
    return Asked(caller=who, key=key, method=request.method, path=request.url.path)


AskedFor = Annotated[Asked, Depends(asked)]
