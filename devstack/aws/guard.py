"""Callers that have policies may do what those allow and nothing else; which right let them is remembered."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from devstack.aws.calls import Call
from devstack.aws.policy import Request, judge
from devstack.aws.protocol import RefusedError
from devstack.aws.rights import needs_of
from devstack.aws.sessions import Sessions
from devstack.aws.tagged import Tagged
from devstack.aws.trust import as_list

XML_SERVICES = frozenset({"iam", "rds", "route53", "s3", "sts"})
"""whose refusal is called AccessDenied, and not AccessDeniedException"""

NEEDS_NO_RIGHT = frozenset({("sts", "GetCallerIdentity")})
"""AWS answers it to every caller, also where a policy denies it."""


@dataclass(frozen=True)
class Right:
    """One action of one statement on one resource pattern."""

    sid: str
    action: str
    resource: str


class Bound:
    """What some policies allow and deny together."""

    def __init__(self, documents: Sequence[Mapping[str, Any]]) -> None:
        self._allowing: dict[str, list[tuple[Right, dict[str, Any]]]] = {}
        self._denying: list[Mapping[str, Any]] = []
        for statement in (one for document in documents for one in as_list(document["Statement"])):
            if statement["Effect"] == "Deny":
                self._denying.append(statement)
                continue
            for right, alone in _parts(statement):
                candidates = self._allowing.setdefault(right.action.lower(), [])
                # Of several installations many statements are alike.
                if (right, alone) not in candidates:
                    candidates.append((right, alone))

    def denies(self, request: Request) -> bool:
        return any(judge(statement, request).effect for statement in self._denying)

    def allowing(self, request: Request) -> set[Right]:
        candidates = self._allowing.get(request.action.lower(), [])
        return {right for right, statement in candidates if judge(statement, request).effect}


@dataclass(frozen=True)
class Principal:
    """Who asks, and what bounds it: every one of them has to allow a request."""

    arn: str
    known_as: str
    """under which what it needed is told"""
    bounds: Sequence[tuple[str, Bound]]
    """each with the kind of policy, as refusals name it; the first is what it was given"""


class Guard:
    """Safe for threads. A caller without policies may do anything; one of a session what it is bound to."""

    def __init__(
        self, policies: Mapping[str, list[dict[str, Any]]], tagged: Tagged, sessions: Sessions
    ) -> None:
        self._tagged = tagged
        self._sessions = sessions
        self._bounds = {caller: Bound(documents) for caller, documents in policies.items()}
        self._needed: dict[str, set[Right]] = {caller: set() for caller in policies}
        self._lock = threading.Lock()

    def admit(self, call: Call) -> None:
        """Raises RefusedError, in AWS's words, for what the caller's policies do not allow."""
        principal = self._principal(call)
        if principal is None or (call.service, call.name) in NEEDS_NO_RIGHT:
            return
        try:
            needs = list(needs_of(call))
        except LookupError:
            raise _refusal(call, f"{call.service}:{call.name} is not in devstack/aws/rights.yaml") from None
        request_context = {**_of_request(call), "s3:resourceaccount": [self._tagged.owner(call)]}
        for action, resource, more in needs:
            extra = {name.lower(): [value] for name, value in more.items()}
            tags = self._tagged.tags(call, resource)
            context = request_context | extra | _keyed("aws:resourcetag", tags)
            self._require(call, principal, Request(action, resource, context))

    def needed(self) -> dict[str, list[list[str]]]:
        """By caller, the rights without which some call would have been refused."""
        with self._lock:
            return {
                caller: sorted([one.sid, one.action, one.resource] for one in rights)
                for caller, rights in self._needed.items()
            }

    def _principal(self, call: Call) -> Principal | None:
        """None: it may do anything."""
        session = self._sessions.of(call)
        if session is not None:
            kinds = ("identity-based policy", "session policy")
            bounds = [(kind, Bound(one)) for kind, one in zip(kinds, session.bounds, strict=False)]
            return Principal(session.arn, f"role/{session.role}", bounds)
        if call.caller not in self._bounds:
            return None
        arn = f"arn:aws:iam::{call.account}:user/{call.caller}"
        return Principal(arn, call.caller, [("identity-based policy", self._bounds[call.caller])])

    def _require(self, call: Call, principal: Principal, request: Request) -> None:
        for kind, bound in principal.bounds:
            if bound.denies(request):
                raise _denied(call, principal, request, f"with an explicit deny in an {kind}")
            if not bound.allowing(request):
                why = f"because no {kind} allows the {request.action} action"
                raise _denied(call, principal, request, why)
        allowed = principal.bounds[0][1].allowing(request)
        if len(allowed) == 1:
            with self._lock:
                self._needed.setdefault(principal.known_as, set()).update(allowed)


def _parts(statement: dict[str, Any]) -> Iterator[tuple[Right, dict[str, Any]]]:
    """The statement for each action and resource alone."""
    for action in as_list(statement["Action"]):
        for resource in as_list(statement["Resource"]):
            right = Right(str(statement.get("Sid", "")), str(action), str(resource))
            yield right, {**statement, "Action": action, "Resource": resource}


def _of_request(call: Call) -> dict[str, Sequence[str]]:
    """Condition keys that the request itself tells."""
    given = call.params.get("Tags") or (call.params.get("CreateBucketConfiguration") or {}).get("Tags") or []
    tags = {tag["Key"]: tag.get("Value", "") for tag in given} or call.params.get("tags") or {}
    changes = (call.params.get("ChangeBatch") or {}).get("Changes") or []
    records = [change.get("ResourceRecordSet") or {} for change in changes]
    keys: dict[str, Sequence[str]] = {"aws:requestedregion": [call.region], **_keyed("aws:requesttag", tags)}
    if records:
        prefix = "route53:changeresourcerecordsets"
        keys[f"{prefix}actions"] = [str(change.get("Action")) for change in changes]
        keys[f"{prefix}recordtypes"] = [str(record.get("Type")) for record in records]
        keys[f"{prefix}normalizedrecordnames"] = [_normal(str(record.get("Name"))) for record in records]
    return keys


def _normal(name: str) -> str:
    """As IAM compares names: in lower case, without the last dot, `*` as its code."""
    return name.lower().removesuffix(".").replace("*", r"\052")


def _keyed(prefix: str, tags: Mapping[str, str]) -> dict[str, Sequence[str]]:
    return {f"{prefix}/{key.lower()}": [value] for key, value in tags.items()}


def _denied(call: Call, principal: Principal, request: Request, why: str) -> RefusedError:
    what = f"{request.action} on resource: {request.resource}"
    return _refusal(call, f"User: {principal.arn} is not authorized to perform: {what} {why}")


def _refusal(call: Call, message: str) -> RefusedError:
    code = "AccessDenied" if call.service in XML_SERVICES else "AccessDeniedException"
    return RefusedError(code, message, status=403)
