"""STS sessions of roles: who may begin one, what bounds it, and when it is over."""

import json
import re
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from moto.iam.models import Role

from devstack.aws.calls import Call
from devstack.aws.policy import Request, judge
from devstack.aws.protocol import RefusedError
from devstack.aws.state import Handlers, State
from devstack.aws.trust import as_list, role_of

KEY_PREFIX = "ASIA"
SHORTEST, USUAL = 900, 3600
POLICY_SIZE = 2048
_NAME = re.compile(r"[\w+=,.@-]{2,64}")

Documents = list[dict[str, Any]]


@dataclass(frozen=True)
class Session:
    """`bounds`: documents that must all allow what it does; the first are the role's."""

    arn: str
    role: str
    token: str
    expires_at: datetime
    bounds: tuple[Documents, ...]


class Sessions:
    """Safe for threads. A session dies by the front's clock, whatever becomes of its role."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._begun: dict[str, Session] = {}
        self._lock = threading.Lock()

    def handlers(self) -> Handlers:
        return {("sts", "AssumeRole"): self._assume, ("sts", "GetCallerIdentity"): self._identify}

    def of(self, call: Call) -> Session | None:
        """The session whose key signed the call; None for other keys. Raises RefusedError."""
        if not call.caller.startswith(KEY_PREFIX):
            return None
        with self._lock:
            session = self._begun.get(call.caller)
        name = "X-Amz-Security-Token"
        given = call.request.headers.get(name) or call.request.args.get(name)
        if session is None or given != session.token:
            code = "InvalidToken" if call.service == "s3" else "InvalidClientTokenId"
            message = "The security token included in the request is invalid."
            raise RefusedError(code, message, status=403)
        if self._state.clock.now() >= session.expires_at:
            message = "The security token included in the request is expired"
            raise RefusedError("ExpiredToken", message, status=400 if call.service == "s3" else 403)
        return session

    def _identify(self, call: Call) -> Mapping[str, Any]:
        session = self.of(call)
        arn = session.arn if session else f"arn:aws:iam::{call.account}:user/{call.caller}"
        return {"UserId": call.caller, "Account": call.account, "Arn": arn}

    def _assume(self, call: Call) -> Mapping[str, Any]:
        seconds, policy = _checked(call.params)
        name = call.params["RoleSessionName"]
        with self._state.moto.lock:
            role = role_of(call.account, call.params["RoleArn"])
            if role is None or not _trusts(role, call):
                raise _not_let_in(call)
            bounds: list[Documents] = [[json.loads(text) for text in role.policies.values()]]
        if policy:
            bounds.append([policy])
        key = KEY_PREFIX + secrets.token_hex(8).upper()
        arn = f"arn:aws:sts::{call.account}:assumed-role/{role.name}/{name}"
        expires_at = (self._state.clock.now() + timedelta(seconds=seconds)).replace(microsecond=0)
        session = Session(arn, role.name, secrets.token_urlsafe(120), expires_at, tuple(bounds))
        with self._lock:
            self._begun[key] = session
        return {
            "Credentials": {
                "AccessKeyId": key,
                "SecretAccessKey": secrets.token_urlsafe(30),
                "SessionToken": session.token,
                "Expiration": expires_at,
            },
            "AssumedRoleUser": {"AssumedRoleId": f"{role.id}:{name}", "Arn": arn},
        }


def _checked(params: Mapping[str, Any]) -> tuple[int, dict[str, Any] | None]:
    """How long, and the session policy."""
    seconds = int(params.get("DurationSeconds") or USUAL)
    if seconds < SHORTEST:
        raise _invalid(f"at 'durationSeconds' failed to satisfy constraint: value at least {SHORTEST}")
    if seconds > USUAL:
        raise _invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    if not _NAME.fullmatch(params.get("RoleSessionName") or ""):
        raise _invalid(f"at 'roleSessionName' failed to satisfy constraint: {_NAME.pattern}")
    text = params.get("Policy")
    if text is None:
        return seconds, None
    if len(text) > POLICY_SIZE:
        raise RefusedError("PackedPolicyTooLarge", f"The session policy exceeds {POLICY_SIZE} characters.")
    try:
        document: dict[str, Any] = json.loads(text)
        as_list(document["Statement"])[0]["Effect"]
    except (ValueError, KeyError, IndexError, TypeError):
        raise RefusedError("MalformedPolicyDocument", "The policy is not in the valid JSON format.") from None
    return seconds, document


def _trusts(role: Role, call: Call) -> bool:
    """Whether the role's trust policy lets the caller's account assume it, and tag the session."""
    tags = {tag["Key"]: tag["Value"] for tag in call.params.get("Tags") or []}
    context = {f"aws:requesttag/{key.lower()}": [value] for key, value in tags.items()}
    actions = ["sts:AssumeRole", *(["sts:TagSession"] if tags else [])]
    statements = [
        {**statement, "Resource": "*"}
        for statement in as_list(json.loads(role.assume_role_policy_document).get("Statement"))
        if _names(statement.get("Principal"), call.account)
    ]
    verdicts = [
        {judge(one, Request(action, role.arn, context)).effect for one in statements} for action in actions
    ]
    return all("Allow" in effects and "Deny" not in effects for effects in verdicts)


def _names(principal: object, account: str) -> bool:
    if not isinstance(principal, dict):
        return principal == "*"
    return bool({"*", account, f"arn:aws:iam::{account}:root"} & set(as_list(principal.get("AWS"))))


def _not_let_in(call: Call) -> RefusedError:
    who = f"arn:aws:iam::{call.account}:user/{call.caller}"
    what = f"sts:AssumeRole on resource: {call.params['RoleArn']}"
    message = f"User: {who} is not authorized to perform: {what}"
    return RefusedError("AccessDenied", message, status=403)


def _invalid(message: str) -> RefusedError:
    return RefusedError("ValidationError", message, status=400)
