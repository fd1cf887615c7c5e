"""Who asks, and under which key: what makes the repeat of a change recognisable."""

import hashlib
import json
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request

from api.reasons import GivenReason
from domain.access import Caller
from domain.audit.origin import ActorKind, Author, Origin
from domain.messages import JsonObject

NOBODY = Caller("nobody", frozenset(), customer_id="")
"""Sees nothing: no customer has this id."""

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
    origin: Origin
    """For the audit log; no part of what makes a repeat recognisable."""

    @property
    def author(self) -> Author:
        return Author(self.caller, self.origin)

    @property
    def digest(self) -> str:
        """Hex digits that are the same for each repeat."""
        return hashlib.sha256(f"{self.caller}\n{self.key}".encode()).hexdigest()

    def fingerprint(self, body: JsonObject) -> str:
        """Hash of method, path and canonical body: equal for equal wishes."""
        canonical = json.dumps([self.method, self.path, body], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


def caller_of(request: Request) -> Caller:
    """Whom the guard let in."""
    caller: Caller = getattr(request.state, "caller", NOBODY)
    return caller


def asked(request: Request, key: IdempotencyKey, reason: GivenReason) -> Asked:
    caller = caller_of(request)
    origin = Origin(
        kind=ActorKind.STAFF if caller.customer_id is None else ActorKind.CUSTOMER,
        roles=sorted(caller.roles),
        reason=reason,
        request_id=request.state.request_id,
    )
    return Asked(caller=caller.subject, key=key, method=request.method, path=request.url.path, origin=origin)


AskedFor = Annotated[Asked, Depends(asked)]
