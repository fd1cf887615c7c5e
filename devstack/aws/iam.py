"""IAM's limits on roles and their policies, most of which moto lets pass."""

import json
import re
from collections.abc import Mapping
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.exceptions import MalformedPolicyDocument
from moto.iam.models import iam_backends
from moto.iam.policy_validation import IAMTrustPolicyDocumentValidator

from devstack.aws.calls import Call
from devstack.aws.protocol import Answer, RefusedError
from devstack.aws.state import Handlers, State

ROLE_NAME_LENGTH = 64
POLICY_NAME_LENGTH = 128
DESCRIPTION_LENGTH = 1000
TRUST_POLICY_SIZE = 2048
INLINE_POLICIES_SIZE = 10_240
"""all of a role's inline policies together, without white space"""
SESSION_SECONDS = (3600, 43_200)

_NAME = re.compile(r"[\w+=,.@-]+")
_BLANKS = re.compile(r"\s")


class Iam:
    """Checks first; what passes is moto's."""

    def __init__(self, state: State) -> None:
        self._moto = state.moto
        self._roles = state.config.roles

    def start(self) -> None:
        """Makes the roles that exist from the start; moto's state outlives a front."""
        with self._moto.lock:
            backend = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
            there = {role.name for role in backend.roles.values()}
            for role in self._roles:
                if role.name not in there:
                    trust = json.dumps(role.trust)
                    backend.create_role(role.name, trust, "/", None, "", [], None)
                backend.put_role_policy(role.name, "given", json.dumps(role.policy))

    def handlers(self) -> Handlers:
        return {
            ("iam", "CreateRole"): self._create_role,
            ("iam", "UpdateRole"): self._update_role,
            ("iam", "UpdateAssumeRolePolicy"): self._update_trust,
            ("iam", "PutRolePolicy"): self._put_role_policy,
        }

    def _create_role(self, call: Call) -> Answer:
        params = call.params
        name = params["RoleName"]
        _check_name(name, "roleName", ROLE_NAME_LENGTH)
        _check_role(params)
        self._check_trust(params["AssumeRolePolicyDocument"])
        with self._moto.lock:
            roles = iam_backends[call.account]["aws"].roles.values()
            if any(role.name.lower() == name.lower() for role in roles):
                raise RefusedError("EntityAlreadyExists", f"Role with name {name} already exists.")
            return self._moto.forward(call)

    def _update_role(self, call: Call) -> Answer:
        _check_role(call.params)
        return self._moto.forward(call)

    def _update_trust(self, call: Call) -> Answer:
        self._check_trust(call.params["PolicyDocument"])
        return self._moto.forward(call)

    def _put_role_policy(self, call: Call) -> Answer:
        params = call.params
        _check_name(params["PolicyName"], "policyName", POLICY_NAME_LENGTH)
        with self._moto.lock:
            roles = iam_backends[call.account]["aws"].roles.values()
            role = next((role for role in roles if role.name == params["RoleName"]), None)
            kept = {**role.policies} if role is not None else {}
            kept[params["PolicyName"]] = params["PolicyDocument"]
            if sum(_size(document) for document in kept.values()) > INLINE_POLICIES_SIZE:
                raise RefusedError(
                    "LimitExceeded",
                    f"Maximum policy size of {INLINE_POLICIES_SIZE} bytes exceeded for role "
                    f"{params['RoleName']}",
                )
            return self._moto.forward(call)

    @staticmethod
    def _check_trust(document: str) -> None:
        if _size(document) > TRUST_POLICY_SIZE:
            message = f"Cannot exceed quota for ACLSizePerRole: {TRUST_POLICY_SIZE}"
            raise RefusedError("LimitExceeded", message)
        try:
            IAMTrustPolicyDocumentValidator(document).validate()
        except MalformedPolicyDocument as error:
            raise RefusedError("MalformedPolicyDocument", str(error.message)) from None


def _check_role(params: Mapping[str, Any]) -> None:
    description = params.get("Description") or ""
    if len(description) > DESCRIPTION_LENGTH:
        raise _constraint(description, "description", f"length less than or equal to {DESCRIPTION_LENGTH}")
    seconds = params.get("MaxSessionDuration")
    least, most = SESSION_SECONDS
    if seconds is not None and not least <= seconds <= most:
        bound = f"value greater than or equal to {least}"
        if seconds > most:
            bound = f"value less than or equal to {most}"
        raise _constraint(str(seconds), "maxSessionDuration", bound)


def _check_name(name: str, member: str, longest: int) -> None:
    if len(name) > longest:
        raise _constraint(name, member, f"length less than or equal to {longest}")
    if not _NAME.fullmatch(name):
        message = (
            f"The specified value for {member} is invalid. It must contain only alphanumeric characters "
        )
        raise RefusedError("ValidationError", f"{message}and/or the following: +=,.@_-")


def _constraint(value: str, member: str, bound: str) -> RefusedError:
    return RefusedError(
        "ValidationError",
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: "
        f"Member must have {bound}",
    )


def _size(document: str) -> int:
    return len(_BLANKS.sub("", document))
